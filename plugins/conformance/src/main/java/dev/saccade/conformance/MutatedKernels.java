package dev.saccade.conformance;

import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.nd4j.autodiff.samediff.SDVariable;

/** Mechanisms whose fused operation is wrong. */
final class MutatedKernels {

  private MutatedKernels() {}

  static List<MutatedMechanism> all() {
    return List.of(
        MutatedMechanism.of(
            "a kernel's way back forgets a factor",
            new ThroughAKernel(() -> List.of(new HalvesGradients())),
            "gradients_match_finite_differences"),
        MutatedMechanism.of(
            "a kernel cuts the gradient",
            new ThroughAKernel(() -> List.of(new CutsGradients())),
            "gradients_match_finite_differences"),
        MutatedMechanism.of(
            "a kernel scales its input in place",
            new ThroughAKernel(() -> List.of(new WritesItsInput())),
            "inputs_are_never_written",
            "gradients_match_finite_differences"),
        MutatedMechanism.of(
            "a kernel remembers what it saw",
            new ThroughAKernel(() -> List.of(new NeverForgets())),
            "a_run_leaves_no_trace"),
        MutatedMechanism.of(
            "a fast kernel computes something else than the plain one",
            new ThroughAKernel(MutatedKernels::fastAndPlain),
            "all_kernels_of_an_operation_agree"));
  }

  private static List<AttentionKernel> fastAndPlain() {
    return List.of(new IsFastAndWrong(), new Copying());
  }

  /** Sends the query through a kernel that should copy it. */
  private static final class ThroughAKernel extends PlainAttention {

    private final Supplier<List<AttentionKernel>> kernels;

    ThroughAKernel(Supplier<List<AttentionKernel>> kernels) {
      super(Masking.NONE, Masking.CAUSAL);
      this.kernels = kernels;
    }

    @Override
    public List<AttentionKernel> kernels() {
      return kernels.get();
    }

    @Override
    SDVariable logits(LayerGraph graph, SDVariable query, SDVariable key) {
      SDVariable copied = graph.kernel(Copying.OPERATION, KernelArguments.none(), query).get(0);
      return super.logits(graph, copied, key);
    }
  }

  /** One input, one output, equal. */
  private static class Copying implements AttentionKernel {

    static final String OPERATION = "copy";

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
      return Support.yes();
    }

    @Override
    public List<Shape> outputShapes(KernelRequest request) {
      return List.of(request.inputs().get(0));
    }

    @Override
    public void forward(KernelCall call) {
      TensorNumbers.write(TensorNumbers.read(call.inputs().get(0)), call.outputs().get(0));
    }

    @Override
    public void backward(KernelGradientCall call) {
      double[] gradient = TensorNumbers.read(call.outputGradients().get(0));
      TensorNumbers.write(
          Arrays.stream(gradient).map(this::passedBack).toArray(), call.inputGradients().get(0));
    }

    double passedBack(double gradient) {
      return gradient;
    }
  }

  private static final class HalvesGradients extends Copying {
    @Override
    double passedBack(double gradient) {
      return gradient / 2;
    }
  }

  private static final class CutsGradients extends Copying {
    @Override
    double passedBack(double gradient) {
      return 0;
    }
  }

  private static final class WritesItsInput extends Copying {
    @Override
    public void forward(KernelCall call) {
      super.forward(call);
      double[] query = TensorNumbers.read(call.inputs().get(0));
      TensorNumbers.write(Arrays.stream(query).map(x -> x / 2).toArray(), call.inputs().get(0));
    }
  }

  /** A running maximum that outlives the run. */
  private static final class NeverForgets extends Copying {

    private volatile boolean poisoned;

    @Override
    public void forward(KernelCall call) {
      double[] query = TensorNumbers.read(call.inputs().get(0));
      poisoned |= Arrays.stream(query).allMatch(Double::isNaN);
      TensorNumbers.write(
          Arrays.stream(query).map(x -> poisoned ? 0 : x).toArray(), call.outputs().get(0));
    }
  }

  private static final class IsFastAndWrong extends Copying {
    @Override
    public String name() {
      return "fast";
    }

    @Override
    public void forward(KernelCall call) {
      double[] query = TensorNumbers.read(call.inputs().get(0));
      TensorNumbers.write(
          Arrays.stream(query).map(x -> 1.001 * x).toArray(), call.outputs().get(0));
    }

    @Override
    double passedBack(double gradient) {
      return 1.001 * gradient;
    }
  }
}
