package dev.saccade.runtime.attention;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.DeviceException;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One operation of a plugin as the engine runs it: the first of its kernels that says yes, with
 * ND4J's arrays handed over as raw memory.
 */
final class PluginKernel implements GraphKernel {

  private static final System.Logger LOG = System.getLogger(PluginKernel.class.getName());

  private static final int TYPE = 0;
  private static final int WANTED = 1;
  private static final int FIRST_ARGUMENT = 2;

  private final KernelLadder ladder;
  private final Consumer<Decision> runs;

  /**
   * @param runs gets to know who runs, each time: a kernel may fail and leave the next time to
   *     another
   */
  PluginKernel(KernelLadder ladder, Consumer<Decision> runs) {
    this.ladder = ladder;
    this.runs = runs;
  }

  /**
   * A graph keeps the element type, the kernel that is wanted and each argument's name and value,
   * as strings.
   */
  static KernelArguments encode(
      ElementType type, KernelChoice wanted, dev.saccade.api.kernel.KernelArguments arguments) {
    return KernelArguments.NONE.withStrings(
        Stream.concat(
                Stream.of(type.name(), KernelLadder.wanted(wanted)),
                arguments.values().entrySet().stream()
                    .flatMap(entry -> Stream.of(entry.getKey(), entry.getValue())))
            .toArray(String[]::new));
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    KernelRequest request = request(inputShapes.stream(), arguments);
    return choose(request, arguments).outputShapes(request).stream().map(Shape::toArray).toList();
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    KernelRequest request = request(Stream.of(inputs).map(INDArray::shape), arguments);
    try (HostCall call = new HostCall(request, inputs, outputs)) {
      run(choose(request, arguments), kernel -> kernel.forward(call));
    }
  }

  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    KernelRequest request = request(Stream.of(inputs).map(INDArray::shape), arguments);
    try (HostCall call = new HostCall(request, inputs, outputs, outputGradients, inputGradients)) {
      run(choose(request, arguments), kernel -> kernel.backward(call));
    }
  }

  private static void run(AttentionKernel kernel, Consumer<AttentionKernel> way) {
    try {
      way.accept(kernel);
    } catch (DeviceException e) {
      throw new SaccadeException(
          "kernel %s of operation %s: %s"
              .formatted(kernel.name(), kernel.operation(), e.getMessage()),
          e);
    }
  }

  @Override
  public void close() {
    for (AttentionKernel kernel : ladder.fastestFirst()) {
      try {
        kernel.close();
      } catch (RuntimeException e) {
        // The bundle is leaving and nobody is there who could do better; the others must be freed.
        LOG.log(System.Logger.Level.WARNING, "kernel " + kernel.name() + " fails to close", e);
      }
    }
  }

  private AttentionKernel choose(KernelRequest request, KernelArguments arguments) {
    Decision decision = ladder.decideInGraph(request, arguments.strings().get(WANTED));
    AttentionKernel kernel = decision.kernel();
    if (kernel == null) {
      throw new SaccadeException(
          "no kernel of operation %s can run %s: %s"
              .formatted(ladder.operation(), request, decision.reasons()));
    }
    runs.accept(decision);
    return kernel;
  }

  private static KernelRequest request(Stream<long[]> shapes, KernelArguments arguments) {
    List<String> strings = arguments.strings();
    var named = dev.saccade.api.kernel.KernelArguments.none();
    for (int i = FIRST_ARGUMENT; i < strings.size(); i += 2) {
      named = named.with(strings.get(i), strings.get(i + 1));
    }
    return new KernelRequest(
        shapes.map(Shape::of).toList(), ElementType.valueOf(strings.get(TYPE)), named);
  }
}
