package dev.saccade.runtime.model;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Growth;
import dev.saccade.api.Initializer;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.nio.FloatBuffer;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * A mechanism whose results tell which one made them: the values, times a factor and a parameter of
 * ones. Its kernel can be held up, so that a call is in flight for as long as a test needs it.
 */
final class Scaling implements AttentionMechanism {

  /** How many numbers the parameter has, so that options can change its shape. */
  static final Option<Integer> GAINS =
      Option.integer("gains", 1, "how many gains, of which the first is used").between(1, 64);

  /** Refuses a value, as a mechanism may that looks at several options at once. */
  static final Option<Boolean> REFUSE = Option.flag("refuse", false, "refuses the model");

  /** Read by nobody; a graph's own array, whose end shows when a binding is freed. */
  static final Option<Double> LIVE = Option.decimal("live", 1, "unused").changeableLive();

  private final String name;
  private final double factor;
  private final Gate gate;

  Scaling(String name, double factor) {
    this(name, factor, new Gate());
  }

  Scaling(String name, double factor, Gate gate) {
    this.name = name;
    this.factor = factor;
    this.gate = gate;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String summary() {
    return "the values times " + factor;
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.linear("H·T·D"), Growth.linear("H·T·D"));
  }

  @Override
  public List<Option<?>> options() {
    return List.of(GAINS, REFUSE, LIVE);
  }

  @Override
  public Support check(AttentionSpec spec, Options options) {
    Support own = options.get(REFUSE) ? Support.no("it was told to refuse") : Support.yes();
    return capabilities().check(spec).and(own);
  }

  @Override
  public List<AttentionKernel> kernels() {
    return List.of(new Kernel(factor, gate));
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    return new Layer(options.get(GAINS));
  }

  private record Layer(int gains) implements AttentionLayer {

    @Override
    public List<Parameter> parameters() {
      return List.of(Parameter.trained("gain", Shape.of(gains), Initializer.constant(1)));
    }

    @Override
    public AttentionOutput attend(
        LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
      SDVariable visible = graph.sameDiff().permute(mask.visible(), 0, 1, 3, 2); // [B, 1, S, 1]
      SDVariable gain = graph.sameDiff().max(graph.parameter("gain"));
      return AttentionOutput.of(
          graph
              .kernel("scale", KernelArguments.none(), value.mul(visible).mul(gain))
              .get(0)); // [B, H, T, D]
    }
  }

  private record Kernel(double factor, Gate gate) implements AttentionKernel {

    @Override
    public String operation() {
      return "scale";
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
      return request.inputs();
    }

    @Override
    public void forward(KernelCall call) {
      gate.pass();
      FloatBuffer from = call.inputs().get(0).bytes().asFloatBuffer();
      FloatBuffer to = call.outputs().get(0).bytes().asFloatBuffer();
      while (to.hasRemaining()) {
        to.put((float) (factor * from.get()));
      }
    }

    @Override
    public void backward(KernelGradientCall call) {
      throw new UnsupportedOperationException("these tests do not train");
    }

    @Override
    public void close() {
      gate.kernelClosed();
    }
  }
}
