package dev.saccade.plugins.baselines;

import dev.saccade.api.LayerGraph;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * The positions of a sequence in n pieces of C, the last filled up, each next to its neighbours:
 * all that a window of C to the left and to the right can reach.
 *
 * @param count n
 * @param size C
 * @param before whether the piece before is a neighbour
 * @param after whether the piece after is
 */
record Pieces(LayerGraph graph, long count, long size, boolean before, boolean after) {

  /** Says whether a query sees a key, both by position. */
  interface Sees {
    boolean test(long query, long key);
  }

  static Pieces of(LayerGraph graph, long window, boolean causal) {
    long length = graph.keys();
    long size = Math.min(window, length);
    long count = (length + size - 1) / size;
    return new Pieces(graph, count, size, count > 1, count > 1 && !causal);
  }

  /** W, the keys that a piece meets. */
  long width() {
    return size * (1 + (before ? 1 : 0) + (after ? 1 : 0));
  }

  /** {@code [B, H, T, D]} filled up with zeros to {@code [B, H, n·C, D]}. */
  SDVariable fill(SDVariable x) {
    long missing = count * size - graph.keys();
    if (missing == 0) {
      return x;
    }
    long heads = graph.spec().heads();
    SDVariable nothing =
        Tables.zeros(graph, graph.batch(), heads, missing, graph.spec().headSize());
    return graph.sameDiff().concat(2, x, nothing);
  }

  /** {@code [B, H, T, D]} as {@code [B·H, n, C, D]}. */
  SDVariable cut(SDVariable x) {
    return fill(x).reshape(together(), count, size, graph.spec().headSize());
  }

  /** {@code [B·H, n, C, D]} as {@code [B, H, T, D]}. */
  SDVariable join(SDVariable x) {
    long heads = graph.spec().heads();
    return uncovered(x.reshape(graph.batch(), heads, count * size, graph.spec().headSize()));
  }

  /** {@code [B, H, n·C, D]} without what it was filled up with. */
  SDVariable uncovered(SDVariable x) {
    return count * size == graph.keys() ? x : Axes.slice(x, 4, 2, 0, graph.keys());
  }

  /** {@code [B·H, n, C, W]} as {@code [B, H, n·C, W]}. */
  SDVariable rows(SDVariable x) {
    return x.reshape(graph.batch(), graph.spec().heads(), count * size, width());
  }

  /** {@code [B, H, n·C, W]} as {@code [B·H, n, C, W]}. */
  SDVariable piecewise(SDVariable x) {
    return x.reshape(together(), count, size, width());
  }

  /** Puts the neighbours' positions around every piece's: {@code [B·H, n, W, D]}. */
  SDVariable withNeighbours(SDVariable pieces) {
    SDVariable none = Tables.zeros(graph, together(), 1, size, graph.spec().headSize());
    return withNeighbours(pieces, none, 2);
  }

  /**
   * Which keys of the neighbourhood every query sees, {@code [B or 1, 1, n·C, W]}.
   *
   * @param real {@code [B, S]}, if there is padding
   */
  SDVariable visible(Sees sees, Optional<SDVariable> real) {
    long first = before ? -size : 0; // where the neighbourhood begins, seen from the piece
    SDVariable pattern =
        Tables.matrix(
            graph,
            count * size,
            width(),
            (query, column) -> {
              long key = query / size * size + first + column;
              boolean exists = key >= 0 && key < graph.keys();
              return exists && sees.test(query, key) ? 1 : 0;
            });
    if (real.isEmpty()) {
      return pattern.reshape(1, 1, count * size, width());
    }
    long missing = count * size - graph.keys();
    SDVariable keys = real.orElseThrow();
    SDVariable filled =
        missing == 0
            ? keys
            : graph.sameDiff().concat(1, keys, Tables.zeros(graph, graph.batch(), missing));
    SDVariable around =
        withNeighbours(
            filled.reshape(graph.batch(), count, 1, size),
            Tables.zeros(graph, graph.batch(), 1, 1, size),
            3); // [B, n, 1, W]
    return around
        .mul(pattern.reshape(1, count, size, width()))
        .reshape(graph.batch(), 1, count * size, width());
  }

  /** Which of the first positions every query sees, {@code [B or 1, 1, n·C, first]}. */
  SDVariable visibleGlobals(long first, Optional<SDVariable> real) {
    boolean causal = graph.spec().masking().causal();
    SDVariable pattern =
        Tables.matrix(graph, count * size, first, (query, key) -> causal && key > query ? 0 : 1)
            .reshape(1, 1, count * size, first);
    return real.map(
            keys ->
                pattern.mul(Axes.slice(keys, 2, 1, 0, first).reshape(graph.batch(), 1, 1, first)))
        .orElse(pattern);
  }

  /**
   * @param none what stands before the first piece and after the last
   * @param axis along which the neighbours are put
   */
  private SDVariable withNeighbours(SDVariable pieces, SDVariable none, int axis) {
    SameDiff sd = graph.sameDiff();
    List<SDVariable> all = new ArrayList<>();
    if (before) {
      all.add(sd.concat(1, none, Axes.slice(pieces, 4, 1, 0, count - 1)));
    }
    all.add(pieces);
    if (after) {
      all.add(sd.concat(1, Axes.slice(pieces, 4, 1, 1, count), none));
    }
    return all.size() == 1 ? pieces : sd.concat(axis, all.toArray(SDVariable[]::new));
  }

  private long together() {
    return graph.batch() * graph.spec().heads();
  }
}
