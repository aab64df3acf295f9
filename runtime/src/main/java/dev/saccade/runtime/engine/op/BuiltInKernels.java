package dev.saccade.runtime.engine.op;

import dev.saccade.api.kernel.BlockMath;
import dev.saccade.runtime.blocks.BlockArithmetic;
import dev.saccade.runtime.engine.kernel.KernelRegistry;

/** The ids of the kernels that are always there, and their registration. */
public final class BuiltInKernels {

  public static final String SOFTMAX = "saccade.softmax";
  public static final String LOG_SOFTMAX = "saccade.log-softmax";
  public static final String LOG_SUM_EXP = "saccade.log-sum-exp";
  public static final String LAYER_NORM = "saccade.layer-norm";
  public static final String GELU = "saccade.gelu";
  public static final String FAST_LAYER_NORM = "saccade.fast-layer-norm";
  public static final String FAST_GELU = "saccade.fast-gelu";
  public static final String RELU = "saccade.relu";
  public static final String EMBEDDING = "saccade.embedding";
  public static final String SPARSE_CROSS_ENTROPY = "saccade.sparse-cross-entropy";
  public static final String CUMULATIVE_SUM = "saccade.cumulative-sum";
  public static final String LINEAR = "saccade.linear";
  public static final String SUM = "saccade.sum";
  public static final String MEAN = "saccade.mean";
  public static final String MAX = "saccade.max";
  public static final String TOP_MASK = "saccade.top-mask";
  public static final String SPARSE_ROWS = "saccade.sparse-rows";
  public static final String SPLIT_HEADS = "saccade.split-heads";
  public static final String MERGE_HEADS = "saccade.merge-heads";
  public static final String EXACT_CONTEXT = "saccade.exact-context";

  private static final String ORIGIN = "the runtime";

  private BuiltInKernels() {}

  /** Registers all of them, to compute with that many threads. */
  public static void register(KernelRegistry registry, int threads) {
    Rows rows = new Rows(threads);
    registry.register(SOFTMAX, ORIGIN, new SoftmaxKernel(rows));
    registry.register(LAYER_NORM, ORIGIN, new LayerNormKernel(rows));
    registry.register(GELU, ORIGIN, new GeluKernel(rows));
    if (BlockArithmetic.check(dev.saccade.api.kernel.Arithmetic.SIMD).isYes()) {
      BlockMath math = BlockArithmetic.of(dev.saccade.api.kernel.Arithmetic.SIMD);
      registry.register(FAST_LAYER_NORM, ORIGIN, new BlockedLayerNorm(rows, math));
      registry.register(FAST_GELU, ORIGIN, new BlockedGelu(rows, math));
    } else {
      registry.register(FAST_LAYER_NORM, ORIGIN, new LayerNormKernel(rows));
      registry.register(FAST_GELU, ORIGIN, new GeluKernel(rows));
    }
    registry.register(LOG_SOFTMAX, ORIGIN, new LogSoftmaxKernel(rows));
    registry.register(LOG_SUM_EXP, ORIGIN, new LogSumExpKernel(rows));
    registry.register(RELU, ORIGIN, new ReluKernel(rows));
    registry.register(EMBEDDING, ORIGIN, new EmbeddingKernel());
    registry.register(SPARSE_CROSS_ENTROPY, ORIGIN, new SparseCrossEntropyKernel(rows));
    registry.register(CUMULATIVE_SUM, ORIGIN, new CumulativeSumKernel(rows));
    registry.register(LINEAR, ORIGIN, new LinearKernel(rows));
    registry.register(SUM, ORIGIN, new ReductionKernel(rows, ReductionKernel.Kind.SUM));
    registry.register(MEAN, ORIGIN, new ReductionKernel(rows, ReductionKernel.Kind.MEAN));
    registry.register(MAX, ORIGIN, new ReductionKernel(rows, ReductionKernel.Kind.MAX));
    registry.register(TOP_MASK, ORIGIN, new TopMaskKernel(rows));
    registry.register(SPARSE_ROWS, ORIGIN, new SparseRowsKernel());
    registry.register(SPLIT_HEADS, ORIGIN, new HeadsKernel(rows, HeadsKernel.Direction.SPLIT));
    registry.register(MERGE_HEADS, ORIGIN, new HeadsKernel(rows, HeadsKernel.Direction.MERGE));
    registry.register(EXACT_CONTEXT, ORIGIN, new ExactContextKernel(rows));
  }
}
