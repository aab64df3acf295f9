package dev.saccade.runtime.engine;

import dev.saccade.runtime.engine.kernel.GraphKernel.BackwardReads;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import dev.saccade.runtime.engine.kernel.KernelOp;
import dev.saccade.runtime.engine.op.BuiltInKernels;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * The ops of transformers, right in value and gradient, for use in any SameDiff graph.
 *
 * <p>Use these instead of SameDiff's own where there is a choice: those are slow, or wrong in their
 * gradient; {@link GraphGuard} knows which. Each adds to the graph of its first argument. All take
 * FLOAT or DOUBLE; ids and labels are INT32 or INT64.
 */
public final class GraphOps {

  private GraphOps() {}

  /** Σ over one axis, negative from the end, which stays with length 1. */
  public static SDVariable sum(SDVariable x, int axis) {
    return reduce(BuiltInKernels.SUM, x, axis);
  }

  /** The mean over one axis; see {@link #sum}. */
  public static SDVariable mean(SDVariable x, int axis) {
    return reduce(BuiltInKernels.MEAN, x, axis);
  }

  /** The greatest over one axis; see {@link #sum}. Of equal ones the first gets the gradient. */
  public static SDVariable max(SDVariable x, int axis) {
    return reduce(BuiltInKernels.MAX, x, axis);
  }

  /** exp(x) / Σ exp(x) over the last axis; zeros where the whole row is −∞. */
  public static SDVariable softmax(SDVariable x) {
    return add(BuiltInKernels.SOFTMAX, BackwardReads.OUTPUTS, KernelArguments.NONE, x);
  }

  /** log softmax(x) over the last axis. */
  public static SDVariable logSoftmax(SDVariable x) {
    return add(BuiltInKernels.LOG_SOFTMAX, BackwardReads.OUTPUTS, KernelArguments.NONE, x);
  }

  /** log Σ exp(x) over the last axis, which stays with length 1. */
  public static SDVariable logSumExp(SDVariable x) {
    return add(
        BuiltInKernels.LOG_SUM_EXP, BackwardReads.INPUTS_AND_OUTPUTS, KernelArguments.NONE, x);
  }

  /**
   * gain · (x − mean) / √(variance + epsilon) + bias over the last axis.
   *
   * @param x {@code [..., N]}
   * @param gain {@code [N]}
   * @param bias {@code [N]}
   */
  public static SDVariable layerNorm(
      SDVariable x, SDVariable gain, SDVariable bias, double epsilon) {
    return add(
        BuiltInKernels.LAYER_NORM,
        BackwardReads.INPUTS,
        KernelArguments.NONE.withReals(epsilon),
        x,
        gain,
        bias);
  }

  /** x · Φ(x), exactly (the "gelu" of BERT, not "gelu_new"). */
  public static SDVariable gelu(SDVariable x) {
    return add(BuiltInKernels.GELU, BackwardReads.INPUTS, KernelArguments.NONE, x);
  }

  /**
   * {@link #layerNorm} that rounds float32 at every step, in the processor's vectors: for models,
   * while recipes, which others are measured by, round once.
   */
  public static SDVariable fastLayerNorm(
      SDVariable x, SDVariable gain, SDVariable bias, double epsilon) {
    return add(
        BuiltInKernels.FAST_LAYER_NORM,
        BackwardReads.INPUTS,
        KernelArguments.NONE.withReals(epsilon),
        x,
        gain,
        bias);
  }

  /** {@link #gelu} as {@link #fastLayerNorm} is to {@link #layerNorm}. */
  public static SDVariable fastGelu(SDVariable x) {
    return add(BuiltInKernels.FAST_GELU, BackwardReads.INPUTS, KernelArguments.NONE, x);
  }

  /** max(x, 0). */
  public static SDVariable relu(SDVariable x) {
    return add(BuiltInKernels.RELU, BackwardReads.OUTPUTS, KernelArguments.NONE, x);
  }

  /**
   * Rows of a table.
   *
   * @param table {@code [V, D]}
   * @param ids {@code [...]}, each from 0 to V − 1, which is checked on every run
   * @return {@code [..., D]}
   */
  public static SDVariable embedding(SDVariable table, SDVariable ids) {
    return add(BuiltInKernels.EMBEDDING, BackwardReads.INPUTS, KernelArguments.NONE, table, ids);
  }

  /**
   * As {@link #embedding(SDVariable, SDVariable)}, but the row of padding gets no gradient here, so
   * that it stays as it is unless it is read elsewhere.
   */
  public static SDVariable embedding(SDVariable table, SDVariable ids, int paddingId) {
    return add(
        BuiltInKernels.EMBEDDING,
        BackwardReads.INPUTS,
        KernelArguments.NONE.withIntegers(paddingId),
        table,
        ids);
  }

  /**
   * −log softmax(logits)[label], one for each position.
   *
   * @param logits {@code [..., V]}
   * @param labels {@code [...]}; negative ones count as loss 0
   * @return {@code [...]}
   */
  public static SDVariable sparseCrossEntropy(SDVariable logits, SDVariable labels) {
    return add(
        BuiltInKernels.SPARSE_CROSS_ENTROPY,
        BackwardReads.INPUTS_AND_OUTPUTS,
        KernelArguments.NONE,
        logits,
        labels);
  }

  /**
   * One for the {@code count} greatest along the last axis, zero elsewhere; of equal ones those at
   * lower indices. No gradient passes.
   *
   * @param x {@code [..., N]}
   * @param count {@code [..., 1]}, of the type of x; axes of length 1 serve every index
   */
  public static SDVariable topMask(SDVariable x, SDVariable count) {
    return add(BuiltInKernels.TOP_MASK, BackwardReads.INPUTS, KernelArguments.NONE, x, count);
  }

  /**
   * The entries of x where {@code kept} is not zero, in compressed sparse rows along the last axis.
   *
   * @param x {@code [..., N]}
   * @param kept {@code [..., N]}; if it is zero everywhere, one entry of zero is given
   * @return row pointers {@code [rows + 1]}, columns and values {@code [entries]}
   */
  public static SDVariable[] sparseRows(SDVariable x, SDVariable kept) {
    return KernelOp.add(
        null, BuiltInKernels.SPARSE_ROWS, BackwardReads.INPUTS, 3, KernelArguments.NONE, x, kept);
  }

  /**
   * softmax(QKᵀ)·V without the matrix, over the keys that a query sees. No gradient passes; FLOAT
   * only.
   *
   * @param query scaled, {@code [B, H, T, D]}
   * @param key {@code [B, K, S, D]}, K a divisor of H
   * @param value {@code [B, K, S, D]}
   * @param causal whether a query sees no later key
   * @param real one for a real key and zero for padding, {@code [B, S]}; null if all are real
   * @return {@code [B, H, T, D]}; zeros for a query that sees no key
   */
  public static SDVariable exactContext(
      SDVariable query,
      SDVariable key,
      SDVariable value,
      boolean causal,
      @Nullable SDVariable real) {
    SDVariable[] inputs =
        real == null
            ? new SDVariable[] {query, key, value}
            : new SDVariable[] {query, key, value, real};
    return add(
        BuiltInKernels.EXACT_CONTEXT,
        BackwardReads.INPUTS,
        KernelArguments.NONE.withIntegers(causal ? 1 : 0),
        inputs);
  }

  /** Running sums along an axis, negative from the end; the element itself is included. */
  public static SDVariable cumulativeSum(SDVariable x, int axis) {
    return add(
        BuiltInKernels.CUMULATIVE_SUM,
        BackwardReads.NOTHING,
        KernelArguments.NONE.withIntegers(axis),
        x);
  }

  /**
   * x · weight + bias over the last axis.
   *
   * @param x {@code [..., I]}
   * @param weight {@code [I, O]}
   * @param bias {@code [O]}
   * @return {@code [..., O]}
   */
  public static SDVariable linear(SDVariable x, SDVariable weight, SDVariable bias) {
    return add(BuiltInKernels.LINEAR, BackwardReads.INPUTS, KernelArguments.NONE, x, weight, bias);
  }

  /**
   * x · weight + bias + base, as in a residual connection; see {@link #linear(SDVariable,
   * SDVariable, SDVariable)}.
   *
   * @param base {@code [..., O]}
   */
  public static SDVariable linear(
      SDVariable x, SDVariable weight, SDVariable bias, SDVariable base) {
    return add(
        BuiltInKernels.LINEAR, BackwardReads.INPUTS, KernelArguments.NONE, x, weight, bias, base);
  }

  /** x · weight over the last axis; see {@link #linear(SDVariable, SDVariable, SDVariable)}. */
  public static SDVariable linear(SDVariable x, SDVariable weight) {
    return add(BuiltInKernels.LINEAR, BackwardReads.INPUTS, KernelArguments.NONE, x, weight);
  }

  /**
   * Splits hidden states into heads.
   *
   * @param x {@code [B·T, H·D]}
   * @return {@code [B, H, T, D]}
   */
  public static SDVariable splitHeads(SDVariable x, long batch, long heads) {
    return heads(BuiltInKernels.SPLIT_HEADS, x, batch, heads);
  }

  /**
   * Puts heads side by side.
   *
   * @param x {@code [B, H, T, D]}
   * @return {@code [B·T, H·D]}
   */
  public static SDVariable mergeHeads(SDVariable x, long batch, long heads) {
    return heads(BuiltInKernels.MERGE_HEADS, x, batch, heads);
  }

  private static SDVariable heads(String kernelId, SDVariable x, long batch, long heads) {
    return add(kernelId, BackwardReads.INPUTS, KernelArguments.NONE.withIntegers(batch, heads), x);
  }

  private static SDVariable reduce(String kernelId, SDVariable x, int axis) {
    return add(kernelId, BackwardReads.INPUTS, KernelArguments.NONE.withIntegers(axis), x);
  }

  private static SDVariable add(
      String kernelId, BackwardReads reads, KernelArguments arguments, SDVariable... inputs) {
    return KernelOp.add(null, kernelId, reads, 1, arguments, inputs)[0];
  }
}
