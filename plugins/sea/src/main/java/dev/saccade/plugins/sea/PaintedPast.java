package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * The picture of the attention matrix in causal attention: convolutions that look back only refine
 * the strips, every column is widened to four, and the strips of all heads are joined to one
 * picture a head, which is then resized to M columns. Before and after, rows are normalised.
 *
 * <p>A query sees itself and, with two convolutions, four queries before it at distances of 2 to 8.
 * The outermost columns that the joining adds hold its bias alone, as published.
 *
 * @param normalised the strips, {@code [B, 2H, T′, W]}
 * @param refined after each convolution, before its ReLU, {@code [B, 2H, T′, W]}
 * @param wide {@code [B, 2H, T′, 4W]}
 * @param joined {@code [B, H, T′, 4W + 2]}
 * @param resized {@code [B, H, T′, M]}
 * @param scores resized and normalised, {@code [B, H, T′, M]}
 */
record PaintedPast(
    SDVariable normalised,
    List<SDVariable> refined,
    SDVariable wide,
    SDVariable joined,
    SDVariable resized,
    SDVariable scores)
    implements Painting {

  /** How many columns one column of a strip becomes. */
  static final int WIDENING = 4;

  /**
   * @param strips {@code [B, 2H, T′, W]}
   */
  static PaintedPast of(LayerGraph graph, SeaOptions options, QuerySkip skip, SDVariable strips) {
    SameDiff sd = graph.sameDiff();
    Strips size = Strips.of(graph.spec(), options);
    long batch = graph.batch();
    long heads = graph.spec().heads();
    long channels = size.perHead() * heads;
    long rows = skip.estimated(); // T′
    int columns = size.width(); // W

    SDVariable normalised = normalised(graph, strips, SeaParameters.STRIPS_NORM);
    SDVariable picture = normalised; // [B, 2H, T′, W]
    List<SDVariable> refined = new ArrayList<>();
    for (String name : SeaParameters.refinements(options)) {
      SDVariable convolved = Convolution.backward(graph, picture, name, channels, columns);
      refined.add(convolved);
      picture = sd.nn().relu(convolved, 0);
    }
    SDVariable[] copies = new SDVariable[WIDENING];
    Arrays.fill(copies, picture.reshape(batch, channels, rows, columns, 1));
    SDVariable wide =
        sd.concat(4, copies).reshape(batch, channels, rows, (long) WIDENING * columns);
    SDVariable joined = Convolution.mixing(graph, wide, SeaParameters.PAINT_JOIN);
    // [B, H, T′, 4W + 2]
    SDVariable resized =
        Stretch.columns(
                graph, joined, batch * heads * rows, WIDENING * columns + 2, options.width())
            .reshape(batch, heads, rows, options.width()); // [B, H, T′, M]
    SDVariable scores = normalised(graph, resized, SeaParameters.SCORES_NORM); // [B, H, T′, M]
    return new PaintedPast(normalised, List.copyOf(refined), wide, joined, resized, scores);
  }

  private static SDVariable normalised(LayerGraph graph, SDVariable x, String name) {
    SDVariable gain = graph.parameter(SeaParameters.weight(name));
    SDVariable bias = graph.parameter(SeaParameters.bias(name));
    return graph.math().layerNorm(x, gain, bias, Estimate.NORM_EPSILON);
  }
}
