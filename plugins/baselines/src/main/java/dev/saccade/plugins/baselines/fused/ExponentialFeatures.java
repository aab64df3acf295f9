package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import java.util.Arrays;

/**
 * φ(x) = (exp(ω·x − |x|²/2 − shift) + {@value #EPSILON})/√F, for x scaled by ∜(1/D).
 *
 * <p>The shift keeps exponents from growing. Of a query it is its own greatest ω·x; of keys, whose
 * features must all be scaled alike, that of all of them, or none. It does not quite cancel,
 * because of the epsilon; so a gradient passes it.
 */
abstract sealed class ExponentialFeatures implements BlockFeatures
    permits ExponentialFeatures.OfQueries, ExponentialFeatures.OfKeys, ShiftedKeyFeatures {

  private static final float EPSILON = 1e-4f;

  final FeatureRoom room;
  final Projection projection;
  private final Block scaled; // [C, D]
  private final Block exponentials; // [C, F]
  private final Block features; // [C, F]
  private final float[] greatest;
  private final float[] shifts;
  private final float[] sums;
  private final float ratio;
  private int rows;

  ExponentialFeatures(FeatureRoom room, Projection projection) {
    this.room = room;
    this.projection = projection;
    this.scaled = room.block(room.headSize());
    this.exponentials = room.block(room.width());
    this.features = room.block(room.width());
    this.greatest = new float[room.rows()];
    this.shifts = new float[room.rows()];
    this.sums = new float[room.rows()];
    this.ratio = (float) (1 / Math.sqrt(projection.features()));
  }

  /** The shift of a position whose own greatest ω·x is known. */
  abstract float shift(float greatest);

  /**
   * Puts the gradient of the shift of one position where it belongs.
   *
   * @param gradients of its projections; begins at {@code start}
   * @param strongest the feature with the greatest projection
   */
  abstract void backToShift(float gradient, float[] gradients, int start, int strongest);

  /** ω·x of all positions, and zeros as columns, until the next call. */
  final Block project(Block x) {
    rows = x.rows();
    projection.scale(x, scaled.rows(0, rows));
    room.math().product(scaled.rows(0, rows), projection.transposed(), exponentials.rows(0, rows));
    return exponentials.rows(0, rows);
  }

  @Override
  public final Block of(int sequence, Span span, Block x) {
    Block projected = project(x);
    Arrays.fill(greatest, Float.NEGATIVE_INFINITY);
    Arrays.fill(shifts, 0);
    room.math().rowMaxima(projected.columns(0, projection.features()), greatest);
    room.math().rowProducts(scaled.rows(0, rows), scaled.rows(0, rows), shifts);
    for (int row = 0; row < rows; row++) {
      shifts[row] = shifts[row] / 2 + shift(greatest[row]);
    }
    room.math().exp(projected, shifts, sums);
    projection.blankRest(projected);
    for (int i = 0; i < rows * features.columns(); i++) {
      features.data()[i] = (exponentials.data()[i] + EPSILON) * ratio;
    }
    projection.blankRest(features.rows(0, rows));
    return features.rows(0, rows);
  }

  @Override
  public final void back(Block ofFeatures, Block into) {
    float[] gradients = ofFeatures.data();
    for (int i = 0; i < rows * features.columns(); i++) {
      gradients[i] *= exponentials.data()[i] * ratio;
    }
    Arrays.fill(sums, 0);
    room.math().rowSums(ofFeatures, sums);
    for (int row = 0; row < rows; row++) {
      backToShift(-sums[row], gradients, ofFeatures.at(row, 0), strongest(row));
    }
    room.math().product(ofFeatures, projection.directions(), into);
    for (int row = 0; row < rows; row++) {
      for (int d = 0; d < into.columns(); d++) {
        into.data()[into.at(row, d)] -= sums[row] * scaled.data()[scaled.at(row, d)];
      }
    }
    projection.scale(into, into);
  }

  /** The feature with the greatest projection of a position that was given last. */
  final int strongest(int row) {
    int strongest = 0;
    int start = exponentials.at(row, 0);
    for (int f = 1; f < projection.features(); f++) {
      if (exponentials.data()[start + f] > exponentials.data()[start + strongest]) {
        strongest = f;
      }
    }
    return strongest;
  }

  /** Of keys, as they are. */
  static final class OfKeys extends ExponentialFeatures {

    OfKeys(FeatureRoom room, Projection projection) {
      super(room, projection);
    }

    @Override
    float shift(float greatest) {
      return 0;
    }

    @Override
    void backToShift(float gradient, float[] gradients, int start, int strongest) {
      // There is none.
    }
  }

  /** Of queries: every one is shifted by its own greatest. */
  static final class OfQueries extends ExponentialFeatures {

    OfQueries(FeatureRoom room, Projection projection) {
      super(room, projection);
    }

    @Override
    float shift(float greatest) {
      return greatest;
    }

    @Override
    void backToShift(float gradient, float[] gradients, int start, int strongest) {
      gradients[start + strongest] += gradient;
    }
  }
}
