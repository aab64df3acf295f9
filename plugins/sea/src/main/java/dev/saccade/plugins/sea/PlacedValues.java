package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * The values with their positions beside them, for the {@link Performer} to mix: its context then
 * says where a query's attention goes, not only what it finds there.
 *
 * <p>A position is a soft one-hot vector of D: the first real position is the first unit vector,
 * the last one the last, and those between are blends of the two nearest.
 *
 * @param values {@code [B, H, S, D]}, zero for padding
 * @param placed position and value, {@code [B, H, S, 2D]}, zero for padding
 */
record PlacedValues(SDVariable values, SDVariable placed) {

  static PlacedValues of(LayerGraph graph, SDVariable value, RealPositions positions) {
    SameDiff sd = graph.sameDiff();
    int headSize = graph.spec().headSize();
    SDVariable real = positions.rows(graph); // [B, 1, S, 1]
    SDVariable values = value.mul(real); // [B, H, S, D]

    SDVariable at = positions.progress(graph).mul(headSize - 1.0); // [B, 1, S, 1]
    SDVariable unit = Tables.countingUp(graph, Tables.elements(graph), headSize); // [D]
    SDVariable distance = sd.math().abs(at.sub(unit.reshape(1, 1, 1, headSize))); // [B, 1, S, D]
    SDVariable place = sd.nn().relu(distance.rsub(1.0), 0).mul(real); // [B, 1, S, D]
    SDVariable everyHead = sd.tile(place, 1, graph.spec().heads(), 1, 1); // [B, H, S, D]
    return new PlacedValues(values, sd.concat(3, everyHead, values));
  }
}
