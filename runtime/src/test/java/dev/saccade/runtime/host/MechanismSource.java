package dev.saccade.runtime.host;

/** Java source of mechanisms that are sound, or flawed in one way. */
public final class MechanismSource {

  private static final String SOURCE =
      """
      package plugin.%1$s;

      import dev.saccade.api.*;
      import dev.saccade.api.option.Options;

      public final class Mechanism implements AttentionMechanism {

        %3$s

        @Override
        public String name() {
          %2$s
        }

        @Override
        public String summary() {
          return "a mechanism of the tests";
        }

        @Override
        public Capabilities capabilities() {
          return Capabilities.growing(Growth.quadratic("H·T²·D"), Growth.quadratic("H·T²"));
        }

        @Override
        public AttentionLayer layer(AttentionSpec spec, Options options) {
          return (graph, query, key, value, mask) -> {
            var logits = graph.sameDiff().mmul(query, key, false, true, false);
            var weights = graph.math().softmax(logits.add(mask.bias())).mul(mask.visible());
            return AttentionOutput.of(weights.mmul(value));
          };
        }
      }
      """;

  private MechanismSource() {}

  /** A mechanism that works. */
  public static String named(String name) {
    return SOURCE.formatted(name, "return \"" + name + "\";", "");
  }

  /** One with more members, such as a constructor. */
  public static String named(String name, String members) {
    return SOURCE.formatted(name, "return \"" + name + "\";", members);
  }

  /** One whose name is what a statement returns or throws. */
  public static String inPackageWithName(String packageName, String statement) {
    return SOURCE.formatted(packageName, statement, "");
  }
}
