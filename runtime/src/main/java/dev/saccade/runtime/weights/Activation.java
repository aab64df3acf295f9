package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;

/** The non-linearity between the two dense layers of a feed-forward block. */
public enum Activation {
  /** x · Φ(x), with the error function. */
  GELU("gelu"),
  /** x · Φ(x), with its approximation by tanh. */
  GELU_TANH("gelu_new"),
  /** max(x, 0). */
  RELU("relu");

  private final String id;

  Activation(String id) {
    this.id = id;
  }

  /** Returns what Hugging Face calls it. */
  public String id() {
    return id;
  }

  /**
   * Returns the activation that a Hugging Face {@code hidden_act} names.
   *
   * @throws SaccadeException when it is none of these
   */
  public static Activation named(String name) {
    return switch (name) {
      case "gelu", "gelu_python" -> GELU;
      case "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> GELU_TANH;
      case "relu" -> RELU;
      default ->
          throw new SaccadeException(
              "no activation is named %s; supported: gelu, gelu_new, gelu_pytorch_tanh, relu"
                  .formatted(name));
    };
  }
}
