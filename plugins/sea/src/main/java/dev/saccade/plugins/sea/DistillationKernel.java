package dev.saccade.plugins.sea;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * The terms of the {@link Distillation} that compare matrices, in one operation. Every query is
 * compared with every key, which is what exact attention takes, but no matrix is held: memory is
 * linear.
 *
 * <p>First the estimate is made for all rows, {@link ScoreRows H·T·M} numbers. Then every head goes
 * by, {@value AttentionStrip#QUERIES} queries at a time: {@link ComparedAttention} computes how
 * teacher and student attend, {@link ColumnAttention} compares the estimate with the teacher.
 * {@link DistillationInputs} says what goes in; four scalars come out, in the order of {@link
 * TermValues}, before their weights.
 *
 * <p>Scores are subtracted, never logarithms of weights, so nothing need be added to a weight of
 * zero. Without a causal mask the recipe adds 1e-12, as published; a divergence is greater by that
 * at most for every key of a query, which float32 does not show.
 */
record DistillationKernel(Arithmetic arithmetic) implements AttentionKernel {

  static final String OPERATION = "sea-distillation";

  private static final int TERMS = 4;

  /** All there are, fastest first. */
  static List<AttentionKernel> fastestFirst() {
    return List.of(
        new DistillationKernel(Arithmetic.SIMD), new DistillationKernel(Arithmetic.PLAIN));
  }

  @Override
  public String operation() {
    return OPERATION;
  }

  @Override
  public String name() {
    return arithmetic.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public int outputs() {
    return TERMS;
  }

  @Override
  public Support check(KernelRequest request, Device device) {
    List<String> reasons = new ArrayList<>(device.check(arithmetic).reasons());
    if (device.kind() != Device.Kind.CPU) {
      reasons.add("it runs on the CPU, not on " + device.kind());
    }
    if (request.elementType() != ElementType.F32) {
      reasons.add("it computes in F32, not in " + request.elementType());
    }
    long length = request.inputs().get(SeaInputs.QUERY).axis(2);
    long width =
        Math.max(
            DistillationInputs.teacherQuery(request.inputs()).axis(3),
            request.inputs().get(SeaInputs.QUERY).axis(3));
    // Keys of a head in whole tiles, and the attention of some queries to them.
    long numbers = (length + RankedKeys.TILE) * Math.max(width, AttentionStrip.QUERIES);
    if (numbers > Integer.MAX_VALUE) {
      reasons.add(
          "T·max(D, %d) numbers must be less than 2³¹: query=%s, teacher's query=%s"
              .formatted(
                  AttentionStrip.QUERIES,
                  request.inputs().get(SeaInputs.QUERY),
                  DistillationInputs.teacherQuery(request.inputs())));
    }
    return Support.unless(reasons);
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    KernelRequest student = DistillationInputs.student(request);
    SeaInputs.of(student, SeaOptions.from(request.arguments())).check(student);
    DistillationInputs.checkTeacher(request.inputs());
    return Collections.nCopies(TERMS, Shape.of());
  }

  @Override
  public void forward(KernelCall call) {
    SeaRun run = run(call);
    ScoreRows scores = run.mode().scores(run, call).rows();
    DistillationTerms.sum(run, call, scores).means(run).write(call.outputs());
  }

  @Override
  public void backward(KernelGradientCall call) {
    DistillationGradient.compute(run(call), call);
  }

  private SeaRun run(KernelCall call) {
    return SeaRun.of(call, arithmetic, DistillationInputs.student(call.inputs()));
  }
}
