package dev.saccade.it;

import dev.saccade.runtime.host.TestBundle;
import java.nio.file.Path;

/**
 * Plugins whose results tell which version made them: the values times a factor of the version.
 * Compiled from source, so that every installation has classes of its own.
 */
final class ScalingPlugin {

  private static final String API =
      "dev.saccade.api,dev.saccade.api.kernel,dev.saccade.api.option,org.nd4j.autodiff.samediff";

  /** How a version applies its factor. */
  enum Style {
    /** By operations of the graph. */
    GRAPH("return AttentionOutput.of(values.mul(graph.constant(FACTOR)));"),

    /** By a fused operation of its own, on the runtime's threads. */
    KERNEL(
        "return AttentionOutput.of(graph.kernel(\"scale\", KernelArguments.none(), values).get(0));"),

    /** By a parameter that a version finds as the one before left it, and by operations. */
    PARAMETER(
        "return AttentionOutput.of("
            + "values.mul(graph.parameter(\"gain\")).mul(graph.constant(FACTOR)));");

    private final String statement;

    Style(String statement) {
      this.statement = statement;
    }
  }

  private static final String SOURCE =
      """
      package plugin.NAME;

      import dev.saccade.api.*;
      import dev.saccade.api.kernel.*;
      import dev.saccade.api.option.Options;
      import java.nio.FloatBuffer;
      import java.util.List;
      import org.nd4j.autodiff.samediff.SDVariable;

      public final class Scaling implements AttentionMechanism {

        static final float FACTOR = FACTOR_OF_THIS_VERSION;

        public String name() {
          return "NAME";
        }

        public String summary() {
          return "the values times " + FACTOR;
        }

        public Capabilities capabilities() {
          return Capabilities.growing(Growth.linear("H·T·D"), Growth.linear("H·T·D"));
        }

        public AttentionLayer layer(AttentionSpec spec, Options options) {
          return new Layer();
        }

        public List<AttentionKernel> kernels() {
          return List.of(new Kernel());
        }

        static final class Layer implements AttentionLayer {

          public List<Parameter> parameters() {
            return List.of(
                Parameter.trained("gain", Shape.of(1, 1, 1, 1), Initializer.constant(1)));
          }

          public AttentionOutput attend(
              LayerGraph graph, SDVariable query, SDVariable key, SDVariable value,
              AttentionMask mask) {
            SDVariable visible = graph.sameDiff().permute(mask.visible(), 0, 1, 3, 2);
            SDVariable values = value.mul(visible);
            STATEMENT
          }
        }

        static final class Kernel implements AttentionKernel {

          public String operation() {
            return "scale";
          }

          public String name() {
            return "plain";
          }

          public int outputs() {
            return 1;
          }

          public Support check(KernelRequest request, Device device) {
            return Support.yes();
          }

          public List<Shape> outputShapes(KernelRequest request) {
            return request.inputs();
          }

          public void forward(KernelCall call) {
            Shape shape = call.inputs().get(0).shape();
            int rows = (int) (shape.axis(0) * shape.axis(1));
            int row = (int) (shape.axis(2) * shape.axis(3));
            FloatBuffer from = call.inputs().get(0).bytes().asFloatBuffer();
            FloatBuffer to = call.outputs().get(0).bytes().asFloatBuffer();
            call.parallel(
                rows,
                r -> {
                  for (int i = r * row; i < (r + 1) * row; i++) {
                    to.put(i, FACTOR * from.get(i));
                  }
                });
          }

          public void backward(KernelGradientCall call) {
            throw new UnsupportedOperationException("the test does not train");
          }
        }
      }
      """;

  private ScalingPlugin() {}

  /** Writes a version as a jar. */
  static Path write(Path jar, String name, String version, Style style, double factor) {
    String source =
        SOURCE
            .replace("FACTOR_OF_THIS_VERSION", factor + "f")
            .replace("NAME", name)
            .replace("STATEMENT", style.statement);
    return TestBundle.named("plugin." + name, version).imports(API).component(source).writeTo(jar);
  }
}
