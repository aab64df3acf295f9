package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.plugins.baselines.fused.FlashKernel;
import dev.saccade.plugins.baselines.fused.Sight;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * One layer of {@link SlidingWindowAttention}.
 *
 * @param window w
 * @param globals g
 */
record SlidingWindowLayer(AttentionSpec spec, int window, int globals) implements AttentionLayer {

  @Override
  public List<Probe> probes() {
    return List.of(Probe.ATTENTION);
  }

  @Override
  public AttentionOutput attend(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    long length = graph.keys();
    if (graph.queries() != length) {
      throw new IllegalArgumentException(
          "a window needs queries and keys at the same positions: queries=%d, keys=%d"
              .formatted(graph.queries(), length));
    }
    Sight sight = new Sight(spec.masking().causal(), window, globals);
    SDVariable context =
        FlashKernel.context(graph, sight, query, key, value, mask)
            .orElseGet(() -> recipe(graph, query, key, value, mask)); // [B, H, T, D]
    AttentionOutput output = AttentionOutput.of(context);
    return graph.wants(Probe.ATTENTION)
        ? output.withProbe(
            Probe.ATTENTION, new ProbeValue.Dense(attention(graph, query, key, mask)))
        : output;
  }

  @Override
  public Optional<IncrementalAttention> incremental() {
    return spec.masking().causal()
        ? Optional.of(
            setup -> HeadwiseDecoding.open(setup, head -> new WindowMemory(spec, window, globals)))
        : Optional.empty();
  }

  private SDVariable recipe(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    long seenByAll = Math.min(globals, graph.keys());
    SDVariable context = local(graph, query, key, value, mask, seenByAll); // [B, H, T, D]
    // With a causal mask, a global position sees the global ones up to it and nothing more.
    return seenByAll > 0 && !spec.masking().causal()
        ? withGlobalQueries(graph, query, key, value, mask, context, seenByAll)
        : context;
  }

  /** What every position takes from its window and from the global positions. */
  private SDVariable local(
      LayerGraph graph,
      SDVariable query,
      SDVariable key,
      SDVariable value,
      AttentionMask mask,
      long seenByAll) {
    SameDiff sd = graph.sameDiff();
    Pieces pieces = Pieces.of(graph, window, spec.masking().causal());
    SDVariable queries = pieces.fill(query); // [B, H, n·C, D]
    SDVariable near = pieces.withNeighbours(pieces.cut(key)); // [B·H, n, W, D]
    SDVariable nearValues = pieces.withNeighbours(pieces.cut(value)); // [B·H, n, W, D]
    Optional<SDVariable> real = mask.keys(); // [B, S]

    SDVariable visible = pieces.visible(this::inWindow, real); // [B or 1, 1, n·C, W]
    SDVariable logits =
        pieces.rows(sd.mmul(pieces.cut(query), near, false, true, false)); // [B, H, n·C, W]
    if (seenByAll > 0) {
      SDVariable everyones = Axes.slice(key, 4, 2, 0, seenByAll); // [B, H, g, D]
      SDVariable toEveryones = sd.mmul(queries, everyones, false, true, false);
      logits = sd.concat(3, logits, toEveryones); // [B, H, n·C, W + g]
      SDVariable alwaysVisible = pieces.visibleGlobals(seenByAll, real);
      visible = sd.concat(3, visible, alwaysVisible); // [B or 1, 1, n·C, W + g]
    }
    SDVariable weights = Masked.softmax(graph, logits.mul(spec.scale()), visible);
    SDVariable context =
        pieces.join(
            pieces.piecewise(Axes.slice(weights, 4, 3, 0, pieces.width())).mmul(nearValues));
    if (seenByAll > 0) {
      SDVariable ofEveryones =
          Axes.slice(weights, 4, 3, pieces.width(), pieces.width() + seenByAll)
              .mmul(Axes.slice(value, 4, 2, 0, seenByAll));
      context = context.add(pieces.uncovered(ofEveryones));
    }
    return context;
  }

  /** A global position takes from all; its row replaces the one by window. */
  private SDVariable withGlobalQueries(
      LayerGraph graph,
      SDVariable query,
      SDVariable key,
      SDVariable value,
      AttentionMask mask,
      SDVariable context,
      long count) {
    SameDiff sd = graph.sameDiff();
    SDVariable logits =
        sd.mmul(Axes.slice(query, 4, 2, 0, count), key, false, true, false).mul(spec.scale());
    SDVariable global = Masked.softmax(graph, logits, mask.visible()).mmul(value); // [B, H, g, D]
    return count == graph.queries()
        ? global
        : sd.concat(2, global, Axes.slice(context, 4, 2, count, graph.queries()));
  }

  /** The same as a dense matrix, {@code [B, H, T, S]}; only to be looked at. */
  private SDVariable attention(
      LayerGraph graph, SDVariable query, SDVariable key, AttentionMask mask) {
    SDVariable pattern =
        Tables.matrix(
            graph,
            graph.queries(),
            graph.keys(),
            (t, s) -> inWindow(t, s) || s < globals || t < globals ? 1 : 0);
    SDVariable logits = graph.sameDiff().mmul(query, key, false, true, false).mul(spec.scale());
    return Masked.softmax(graph, logits, mask.visible().mul(pattern));
  }

  /** Whether a query sees a key because it is near; global keys are counted elsewhere. */
  private boolean inWindow(long query, long key) {
    boolean near = Math.abs(query - key) <= window;
    boolean past = !spec.masking().causal() || key <= query;
    return near && past && key >= globals;
  }
}
