package dev.saccade.plugins.baselines;

import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.kernel.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Attention within hash buckets as one operation, in plain Java: sorting and looking up by indices
 * that depend on the data is what graphs do badly. All arithmetic is in float64.
 *
 * <p>Inputs:
 *
 * <ol start="0">
 *   <li>query, {@code [B, H, T, D]}
 *   <li>key, of any shape; it is not looked at, and stands here so that its gradient is zero rather
 *       than missing
 *   <li>value, {@code [B, H, T, width]}
 *   <li>rotations, {@code [D, hashes, R or more]}; no gradient passes
 *   <li>if there is padding, one for real keys and zero for others, {@code [B, T]}
 * </ol>
 *
 * Output: context, {@code [B, H, T, width]}.
 */
final class LshKernel implements AttentionKernel {

  static final String OPERATION = "lsh";

  private static final int QUERY = 0;
  private static final int VALUE = 2;
  private static final int ROTATIONS = 3;
  private static final int REAL = 4;

  @Override
  public String operation() {
    return OPERATION;
  }

  @Override
  public String name() {
    return "plain";
  }

  @Override
  public int outputs() {
    return 1;
  }

  @Override
  public Support check(KernelRequest request, Device device) {
    return device.kind() == Device.Kind.CPU
        ? Support.yes()
        : Support.no("it is plain Java and runs on the CPU only, not on " + device.name());
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    Shape query = request.inputs().get(QUERY);
    Shape value = request.inputs().get(VALUE);
    Shape rotations = request.inputs().get(ROTATIONS);
    if (query.rank() != 4 || value.rank() != 4 || !leading(query).equals(leading(value))) {
      throw new IllegalArgumentException(
          "query and value must be [B, H, T, D] and agree but for D, since every query is a key:"
              + " query=%s, value=%s".formatted(query, value));
    }
    LshSettings settings = LshSettings.from(request.arguments());
    int needed = settings.rotations(Math.toIntExact(query.axis(2)));
    if (rotations.rank() != 3
        || rotations.axis(0) != query.axis(3)
        || rotations.axis(1) != settings.hashes()
        || rotations.axis(2) < needed) {
      throw new IllegalArgumentException(
          "rotations must be [D, hashes, T/2b or more] = [%d, %d, %d or more] but are %s"
              .formatted(query.axis(3), settings.hashes(), needed, rotations));
    }
    if (request.inputs().size() > REAL) {
      Shape real = request.inputs().get(REAL);
      Shape expected = Shape.of(query.axis(0), query.axis(2));
      if (!real.equals(expected)) {
        throw new IllegalArgumentException(
            "what is real must be [B, T] = %s but is %s".formatted(expected, real));
      }
    }
    return List.of(value);
  }

  private static List<Long> leading(Shape shape) {
    return shape.axes().subList(0, 3);
  }

  @Override
  public void forward(KernelCall call) {
    forEachHead(
        call,
        (head, index) ->
            HeadElements.write(
                call.outputs().get(0),
                index,
                head.forward(HeadElements.read(call.inputs().get(VALUE), index))));
  }

  @Override
  public void backward(KernelGradientCall call) {
    forEachHead(
        call,
        (head, index) -> {
          double[] values = HeadElements.read(call.inputs().get(VALUE), index);
          Tensor queryGradient = call.inputGradients().get(QUERY);
          double[] ofQueries = new double[HeadElements.count(queryGradient)];
          double[] ofValues = new double[values.length];
          head.backward(
              values, HeadElements.read(call.outputGradients().get(0), index), ofQueries, ofValues);
          HeadElements.write(queryGradient, index, ofQueries);
          HeadElements.write(call.inputGradients().get(VALUE), index, ofValues);
        });
    for (int input = 0; input < call.inputs().size(); input++) {
      if (input != QUERY && input != VALUE) {
        HeadElements.zero(call.inputGradients().get(input));
      }
    }
  }

  private interface HeadWork {
    void accept(LshHead head, int index);
  }

  private static void forEachHead(KernelCall call, HeadWork work) {
    LshSettings settings = LshSettings.from(call.arguments());
    Tensor query = call.inputs().get(QUERY);
    double[] rotations = HeadElements.all(call.inputs().get(ROTATIONS));
    int heads = Math.toIntExact(query.shape().axis(1));
    int headSize = Math.toIntExact(query.shape().axis(3));
    call.parallel(
        Math.toIntExact(query.shape().axis(0)) * heads,
        index -> {
          double[] queries = HeadElements.read(query, index);
          double[] real = real(call, index / heads);
          work.accept(new LshHead(settings, headSize, queries, rotations, real), index);
        });
  }

  private static double @Nullable [] real(KernelCall call, int sequence) {
    if (call.inputs().size() <= REAL) {
      return null;
    }
    Tensor real = call.inputs().get(REAL);
    int length = Math.toIntExact(real.shape().axis(1));
    return HeadElements.read(real, sequence * length, length);
  }
}
