package dev.saccade.plugins.baselines;

import dev.saccade.api.decode.DecodingSetup;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The logits that a {@link SynthesizerLayer} makes up, for one query at a time. Those of earlier
 * keys do not depend on how many follow. Safe for use by many threads.
 */
final class SynthesizedLogits {

  private final int longest;
  private final @Nullable Dense dense;
  private final @Nullable Numbers random; // [H, L, L], left where it lies
  private final @Nullable Factors factors;

  private SynthesizedLogits(
      int longest, @Nullable Dense dense, @Nullable Numbers random, @Nullable Factors factors) {
    this.longest = longest;
    this.dense = dense;
    this.random = random;
    this.factors = factors;
  }

  static SynthesizedLogits of(SynthesizerLayer layer, DecodingSetup setup) {
    int longest = layer.spec().maxPositions();
    boolean factorised = layer.kind() == SynthesizerAttention.Kind.FACTORISED_RANDOM;
    return new SynthesizedLogits(
        longest,
        layer.kind().dense() ? Dense.of(setup) : null,
        layer.kind().random() ? Numbers.of(setup.parameter(SynthesizerLayer.RANDOM)) : null,
        factorised ? Factors.of(setup) : null);
  }

  /**
   * Writes the logits of the keys up to the query's own.
   *
   * @param query {@code [D]}
   * @param into {@code position} + 1 numbers or longer
   */
  void write(double[] query, int head, int position, double[] into) {
    int count = position + 1;
    if (random != null) {
      random.read(((long) head * longest + position) * longest, into, count);
    } else {
      Arrays.fill(into, 0, count, 0);
    }
    if (dense != null) {
      dense.add(query, count, into);
    }
    if (factors != null) {
      factors.add(head, position, into);
    }
  }

  /**
   * W₂·relu(W₁·q + b₁) + b₂, the matrices by rows of their inputs.
   *
   * @param inner {@code [D, hidden]}
   * @param innerBias {@code [1, hidden]}
   * @param outer {@code [hidden, L]}
   * @param outerBias {@code [1, L]}
   */
  private record Dense(
      WeightRows inner, WeightRows innerBias, WeightRows outer, WeightRows outerBias) {

    static Dense of(DecodingSetup setup) {
      return new Dense(
          WeightRows.transposed(setup.parameter(SynthesizerLayer.INNER_WEIGHT)),
          WeightRows.of(setup.parameter(SynthesizerLayer.INNER_BIAS)),
          WeightRows.transposed(setup.parameter(SynthesizerLayer.OUTER_WEIGHT)),
          WeightRows.of(setup.parameter(SynthesizerLayer.OUTER_BIAS)));
    }

    void add(double[] query, int count, double[] into) {
      double[] units = new double[inner.width()];
      innerBias.add(0, 1, units);
      for (int d = 0; d < query.length; d++) {
        inner.add(d, query[d], units);
      }
      outerBias.add(0, 1, into, count);
      for (int unit = 0; unit < units.length; unit++) {
        if (!(units[unit] <= 0)) { // NaN must show
          outer.add(unit, units[unit], into, count);
        }
      }
    }
  }

  /**
   * A row of one matrix times another.
   *
   * @param left {@code [H·L, rank]}
   * @param right {@code [H·rank, L]}
   */
  private record Factors(WeightRows left, WeightRows right) {

    static Factors of(DecodingSetup setup) {
      return new Factors(
          WeightRows.of(setup.parameter(SynthesizerLayer.LEFT)),
          WeightRows.of(setup.parameter(SynthesizerLayer.RIGHT)));
    }

    void add(int head, int position, double[] into) {
      int rank = left.width();
      int longest = right.width();
      for (int r = 0; r < rank; r++) {
        double factor = left.at(head * longest + position, r);
        right.add(head * rank + r, factor, into, position + 1);
      }
    }
  }
}
