package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * The values with their positions beside them, for the {@link Performer} to mix: its context then
 * says where a query's attention goes, not only what it finds there.
 *
 * @param values {@code [B, H, S, D]}, zero in {@linkplain RealPositions#rows rows left out}
 * @param placed position and value, {@code [B, H, S, 2D]}, zero in the same rows
 */
record PlacedValues(SDVariable values, SDVariable placed) {

  /**
   * A position is a soft one-hot vector of D: the first real position is the first unit vector, the
   * last one the last, and those between are blends of the two nearest.
   */
  static PlacedValues betweenEnds(LayerGraph graph, SDVariable value, RealPositions positions) {
    SameDiff sd = graph.sameDiff();
    int headSize = graph.spec().headSize();
    SDVariable at = positions.progress(graph).mul(headSize - 1.0); // [b, 1, S, 1]
    SDVariable unit = Tables.countingUp(graph, Tables.elements(graph), headSize); // [D]
    SDVariable distance = sd.math().abs(at.sub(unit.reshape(1, 1, 1, headSize))); // [b, 1, S, D]
    SDVariable place = sd.nn().relu(distance.rsub(1.0), 0); // [b, 1, S, D]
    return of(graph, value, place, positions);
  }

  /**
   * A position is a learned vector of D, the same for all heads: causal attention does not know
   * where a sequence will end.
   *
   * @throws IllegalArgumentException if the sequence is longer than there are vectors
   */
  static PlacedValues learned(LayerGraph graph, SDVariable value, RealPositions positions) {
    long known = graph.spec().maxPositions();
    long size = graph.spec().headSize();
    if (graph.keys() > known) {
      throw new IllegalArgumentException(
          "causal SEA has learned %d positions, the most that the model admits, but the sequence has %d"
              .formatted(known, graph.keys()));
    }
    SDVariable vectors = graph.parameter(SeaParameters.POSITIONS); // [1, 1, positions, D]
    SDVariable place = Tables.slice(vectors, 2, 0, graph.keys(), 1, 1, known, size); // [1, 1, S, D]
    return of(graph, value, place, positions);
  }

  /**
   * @param place {@code [b or 1, 1, S, D]}
   */
  private static PlacedValues of(
      LayerGraph graph, SDVariable value, SDVariable place, RealPositions positions) {
    SameDiff sd = graph.sameDiff();
    SDVariable values = value.mul(positions.rows()); // [B, H, S, D]
    int copies = Math.toIntExact(graph.batch() / positions.sequences());
    SDVariable everyHead =
        sd.tile(place.mul(positions.rows()), copies, graph.spec().heads(), 1, 1); // [B, H, S, D]
    return new PlacedValues(values, sd.concat(3, everyHead, values));
  }
}
