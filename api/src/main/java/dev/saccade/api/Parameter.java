package dev.saccade.api;

/**
 * A tensor that a layer needs besides its inputs. The runtime creates it, stores it under the
 * layer's prefix, saves it with the model and hands it to the graph; the plugin only declares it.
 *
 * <p>Between two versions of one mechanism a parameter survives when name and shape agree.
 *
 * @param name unique within the layer, such as {@code "encoder.weight"}
 * @param shape the same for every batch and length
 * @param initializer the values before training
 * @param update how training changes it
 */
public record Parameter(String name, Shape shape, Initializer initializer, Update update) {

  /** How training changes a parameter. */
  public sealed interface Update {}

  /**
   * Follows its gradient.
   *
   * @param learningRateScale times the run's learning rate; SEA's authors train new parameters ten
   *     times faster than pretrained ones
   */
  public record Trained(double learningRateScale) implements Update {
    public Trained {
      if (!(learningRateScale > 0 && learningRateScale < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "learningRateScale must be above 0 and finite but is " + learningRateScale);
      }
    }
  }

  /** Stays as it is, and is saved with the model. */
  public record Frozen() implements Update {}

  /**
   * Is drawn again from its initialiser while training, as random features are.
   *
   * @param everySteps training steps between two draws
   */
  public record Redrawn(int everySteps) implements Update {
    public Redrawn {
      if (everySteps < 1) {
        throw new IllegalArgumentException("everySteps must be at least 1 but is " + everySteps);
      }
    }
  }

  public Parameter {
    if (name.isBlank()) {
      throw new IllegalArgumentException("name must not be blank");
    }
  }

  /** A parameter that follows its gradient at the run's learning rate. */
  public static Parameter trained(String name, Shape shape, Initializer initializer) {
    return new Parameter(name, shape, initializer, new Trained(1));
  }

  /** A parameter that never changes. */
  public static Parameter frozen(String name, Shape shape, Initializer initializer) {
    return new Parameter(name, shape, initializer, new Frozen());
  }

  public Parameter withUpdate(Update update) {
    return new Parameter(name, shape, initializer, update);
  }
}
