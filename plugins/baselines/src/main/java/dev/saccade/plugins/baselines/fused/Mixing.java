package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.plugins.baselines.fused.BlockFeatures.Kind;
import java.util.List;

/**
 * How {@link MixingKernel} mixes: a key weighs φ(q)·φ(k), over the sum of that with something that
 * keeps it from zero: max(φ(q)·(Σφ(k) + perFeature) + added, least).
 *
 * @param kind the feature map
 * @param causal whether a query sees no later key
 * @param shiftByAll whether the exponents of exponential features of keys are shifted by the
 *     greatest of all
 * @param added to the sum of the weights
 * @param perFeature added to every feature of the keys that is divided by
 * @param least that is divided by; 0 if there is no least
 */
record Mixing(
    Kind kind, boolean causal, boolean shiftByAll, float added, float perFeature, float least) {

  /** Two vectors of the widest processors. */
  private static final int COLUMNS = 32;

  private static final String KIND = "features";
  private static final String CAUSAL = "causal";
  private static final String SHIFT_BY_ALL = "shiftByAll";
  private static final String ADDED = "added";
  private static final String PER_FEATURE = "perFeature";
  private static final String LEAST = "least";

  static Mixing of(KernelArguments arguments) {
    return new Mixing(
        Kind.valueOf(arguments.text(KIND)),
        arguments.flag(CAUSAL),
        arguments.flag(SHIFT_BY_ALL),
        (float) arguments.decimal(ADDED),
        (float) arguments.decimal(PER_FEATURE),
        (float) arguments.decimal(LEAST));
  }

  KernelArguments arguments() {
    return KernelArguments.none()
        .with(KIND, kind.name())
        .with(CAUSAL, causal)
        .with(SHIFT_BY_ALL, shiftByAll)
        .with(ADDED, added)
        .with(PER_FEATURE, perFeature)
        .with(LEAST, least);
  }

  /** What the mixed values are divided by, of the sum of the weights. */
  float divisor(float mass) {
    return Math.max(mass + added, least);
  }

  /** Returns F, by the inputs' shapes. */
  int features(List<Shape> inputs) {
    int headSize = Math.toIntExact(inputs.get(MixingKernel.QUERY).axis(3));
    return switch (kind) {
      case ELU -> headSize;
      case EXPONENTIAL, RECTIFIED -> Math.toIntExact(inputs.get(MixingKernel.FIRST_OF_MAP).axis(0));
      case TURNED -> 2 * headSize;
    };
  }

  /**
   * Returns how wide blocks of features are. Random features are as many as it happens; they are
   * filled up with zeros, since {@link dev.saccade.api.kernel.BlockMath products} are slow in odd
   * columns: of 266 features, the last ten took more time than all others.
   */
  int width(List<Shape> inputs) {
    return width(kind, features(inputs));
  }

  /** The same for F features. */
  static int width(Kind kind, int features) {
    return kind == Kind.EXPONENTIAL || kind == Kind.RECTIFIED
        ? (features + COLUMNS - 1) / COLUMNS * COLUMNS
        : features;
  }

  /**
   * Checks the inputs' shapes.
   *
   * @throws IllegalArgumentException if they do not fit together
   */
  AttentionSize size(List<Shape> inputs) {
    AttentionSize size = AttentionSize.of(inputs);
    if (size.kvHeads() != size.heads()) {
      throw new IllegalArgumentException(
          "every query head needs keys of its own: heads=%d, kvHeads=%d"
              .formatted(size.heads(), size.kvHeads()));
    }
    int own = kind.inputs();
    int given = inputs.size() - MixingKernel.FIRST_OF_MAP;
    if (given != own && given != own + 1) {
      throw new IllegalArgumentException(
          "%s features take query, key, value, %d more inputs and at most a padding mask, but were given %s"
              .formatted(kind, own, inputs));
    }
    if (kind == Kind.EXPONENTIAL || kind == Kind.RECTIFIED) {
      Shape projection = inputs.get(MixingKernel.FIRST_OF_MAP);
      Shape expected = Shape.of(features(inputs), size.headSize());
      AttentionSize.require("projection", "[F, D]", expected, projection);
    }
    if (given > own) {
      size.requireReal(inputs.get(MixingKernel.FIRST_OF_MAP + own));
    }
    return size;
  }
}
