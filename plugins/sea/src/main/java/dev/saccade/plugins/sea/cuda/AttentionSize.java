package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * The sizes of one exact attention, as kernels are told them ({@code attention.cuh}).
 *
 * @param batch B
 * @param heads H
 * @param kvHeads K, a divisor of H
 * @param queries T
 * @param keys S
 * @param headSize D
 * @param causal whether later keys are hidden
 * @param scale of the logits
 */
record AttentionSize(
    int batch,
    int heads,
    int kvHeads,
    int queries,
    int keys,
    int headSize,
    boolean causal,
    float scale) {

  static final String SCALE = "scale";
  static final String CAUSAL = "causal";

  /**
   * Reads the shapes of query, key, value and, if there is one, what says which keys are real.
   *
   * @throws IllegalArgumentException if they do not fit together
   */
  static AttentionSize of(List<Shape> inputs, KernelArguments arguments) {
    if (inputs.size() < 3 || inputs.size() > 4) {
      throw new IllegalArgumentException(
          "there must be a query, a key, a value and perhaps what says which keys are real but there are "
              + inputs);
    }
    Shape query = inputs.get(0);
    Shape key = inputs.get(1);
    if (query.rank() != 4 || key.rank() != 4) {
      throw new IllegalArgumentException(
          "query must be [B, H, T, D] and key [B, K, S, D] but they are %s and %s"
              .formatted(query, key));
    }
    AttentionSize size =
        new AttentionSize(
            Math.toIntExact(query.axis(0)),
            Math.toIntExact(query.axis(1)),
            Math.toIntExact(key.axis(1)),
            Math.toIntExact(query.axis(2)),
            Math.toIntExact(key.axis(2)),
            Math.toIntExact(query.axis(3)),
            arguments.flag(CAUSAL),
            (float) arguments.decimal(SCALE));
    require("key", "[B, K, S, D]", size.keyShape(), key);
    require("value", "[B, K, S, D]", size.keyShape(), inputs.get(2));
    inputs.stream()
        .skip(3)
        .forEach(real -> require("real", "[B, S]", Shape.of(size.batch, size.keys), real));
    if (size.kvHeads == 0 || size.heads % size.kvHeads != 0) {
      throw new IllegalArgumentException(
          "K must divide H, so that each key head serves as many query heads as the next: H=%d, K=%d"
              .formatted(size.heads, size.kvHeads));
    }
    return size;
  }

  private static void require(String name, String axes, Shape expected, Shape given) {
    if (!given.equals(expected)) {
      throw new IllegalArgumentException(
          "%s must be %s = %s but is %s".formatted(name, axes, expected, given));
    }
  }

  /** Why no kernel of this package computes it; empty if nothing is in the way. */
  static List<String> reasonsAgainst(KernelRequest request) {
    AttentionSize size = of(request.inputs(), request.arguments());
    List<String> reasons = new ArrayList<>();
    if (request.elementType() == ElementType.F64) {
      reasons.add("it takes F32, F16 or BF16, not " + request.elementType());
    }
    for (int input = 0; input < request.inputs().size(); input++) {
      ElementType expected = input < 3 ? request.elementType() : ElementType.F32;
      ElementType type = request.inputTypes().get(input);
      if (type != expected && request.elementType() != ElementType.F64) {
        reasons.add(
            "query, key and value must be of one type, and what says which keys are real F32, but"
                + " they are "
                + request.inputTypes());
        break;
      }
    }
    if ((long) size.batch * size.heads >= Grid.LIMIT) {
      reasons.add(
          "B·H must be below %d but B=%d, H=%d".formatted(Grid.LIMIT, size.batch, size.heads));
    }
    if (size.queryShape().elements() == 0 || size.keyShape().elements() == 0) {
      reasons.add("there is nothing to compute: " + request.inputs());
    }
    return reasons;
  }

  Shape queryShape() {
    return Shape.of(batch, heads, queries, headSize);
  }

  Shape keyShape() {
    return Shape.of(batch, kvHeads, keys, headSize);
  }

  /** {@code [B, H, T]} */
  Shape rowShape() {
    return Shape.of(batch, heads, queries);
  }

  /** The struct of {@code attention.cuh}. */
  int[] words() {
    return new int[] {
      heads, kvHeads, queries, keys, headSize, causal ? 1 : 0, Float.floatToRawIntBits(scale)
    };
  }

  /** What kernels that store numbers of a type are called behind the underscore. */
  static String suffix(ElementType type) {
    return switch (type) {
      case F32 -> "float";
      case F16 -> "f16";
      case BF16 -> "bf16";
      case F64 -> throw new IllegalArgumentException("kernels store F32, F16 or BF16, not " + type);
    };
  }
}
