package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.Tensor;
import java.util.function.IntToDoubleFunction;

/** relu(x)·sin and relu(x)·cos side by side, of an angle for every position. */
final class TurnedFeatures implements BlockFeatures {

  private final Angles angles;
  private final Block all; // [C, 2D]
  private Block x;
  private Block features;
  private int first;

  TurnedFeatures(FeatureRoom room, Angles angles) {
    this.angles = angles;
    this.all = room.block(room.width());
    this.x = all;
    this.features = all;
  }

  @Override
  public Block of(int sequence, Span span, Block positions) {
    x = positions;
    features = all.rows(0, positions.rows());
    first = angles.place(sequence, span);
    int size = x.columns();
    for (int row = 0; row < x.rows(); row++) {
      float sine = angles.sines()[first + row];
      float cosine = angles.cosines()[first + row];
      int from = x.at(row, 0);
      int to = features.at(row, 0);
      for (int d = 0; d < size; d++) {
        float rectified = Math.max(x.data()[from + d], 0);
        features.data()[to + d] = rectified * sine;
        features.data()[to + size + d] = rectified * cosine;
      }
    }
    return features;
  }

  @Override
  public void back(Block ofFeatures, Block into) {
    int size = x.columns();
    for (int row = 0; row < x.rows(); row++) {
      float sine = angles.sines()[first + row];
      float cosine = angles.cosines()[first + row];
      int from = ofFeatures.at(row, 0);
      int to = into.at(row, 0);
      int own = x.at(row, 0);
      for (int d = 0; d < size; d++) {
        float turned =
            ofFeatures.data()[from + d] * sine + ofFeatures.data()[from + size + d] * cosine;
        into.data()[to + d] = x.data()[own + d] > 0 ? turned : 0;
      }
    }
  }

  /**
   * Sines and cosines of the positions' angles, for all threads of a call.
   *
   * @param sequences B, or 1 if the angles are those of every sequence
   * @param positions T or S
   */
  @SuppressWarnings("ArrayRecordComponent") // tables to read from
  record Angles(int sequences, int positions, float[] sines, float[] cosines) {

    /**
     * @param tensor {@code [B or 1, 1, positions, 1]}
     */
    static Angles of(MixingCall call, Tensor tensor) {
      int count = Math.toIntExact(tensor.shape().elements());
      float[] sines = call.floats(count);
      float[] cosines = call.floats(count);
      tensor.read(0, sines, 0, count);
      for (int i = 0; i < count; i++) {
        double angle = sines[i];
        sines[i] = (float) Math.sin(angle);
        cosines[i] = (float) Math.cos(angle);
      }
      return new Angles(
          Math.toIntExact(tensor.shape().axis(0)),
          Math.toIntExact(tensor.shape().axis(2)),
          sines,
          cosines);
    }

    /** Those of one sequence, by how many of its positions are real up to each. */
    static Angles of(int[] places, IntToDoubleFunction angleOfPlace) {
      float[] sines = new float[places.length];
      float[] cosines = new float[places.length];
      for (int i = 0; i < places.length; i++) {
        double angle = angleOfPlace.applyAsDouble(places[i]);
        sines[i] = (float) Math.sin(angle);
        cosines[i] = (float) Math.cos(angle);
      }
      return new Angles(1, places.length, sines, cosines);
    }

    /** Where the first of some positions stands in the tables. */
    int place(int sequence, Span span) {
      return (sequences == 1 ? 0 : sequence * positions) + span.first();
    }
  }
}
