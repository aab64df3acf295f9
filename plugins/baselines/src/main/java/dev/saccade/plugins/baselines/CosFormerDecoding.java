package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.decode.DecodingStep;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.plugins.baselines.fused.MixingLayer;
import java.nio.DoubleBuffer;

/**
 * {@link CosFormerLayer} with a horizon that does not move, position by position: its projections,
 * which mix the heads of a position, and then running sums.
 */
record CosFormerDecoding(AttentionSpec spec, PaddedKeys paddedKeys)
    implements IncrementalAttention {

  @Override
  public DecodingState open(DecodingSetup setup) {
    Projection query = Projection.of(setup, CosFormerLayer.OF_QUERY);
    Projection key = Projection.of(setup, CosFormerLayer.OF_KEY);
    Projection value = Projection.of(setup, CosFormerLayer.OF_VALUE);
    return HeadwiseDecoding.open(
        setup,
        (unused, arithmetic, first, step) -> {
          NextPositions entering = NextPositions.of(spec, arithmetic, first, step);
          return new NextPositions(
              spec,
              first,
              entering.count(),
              projected(step, entering, query, entering.query()),
              projected(step, entering, key, entering.key()),
              projected(step, entering, value, entering.value()),
              blanked() ? null : entering.visible(),
              entering.context(),
              entering.math());
        },
        FeatureMemory.ofHeads(
            setup,
            PaddedKeys.HIDDEN,
            unused -> MixingLayer.turned(spec.headSize(), this::angle, CosFormerLayer.LEAST_MASS),
            unused -> new Features(this)));
  }

  /** Whether padding enters as zeros, and then counts as anything else. */
  private boolean blanked() {
    return paddedKeys == PaddedKeys.COUNTED;
  }

  /**
   * W·x + b over all heads of a position together.
   *
   * @param from {@code [B, H, n, D]}
   * @return {@code [B, H, n, D]}
   */
  private Numbers projected(
      DecodingStep step, NextPositions next, Projection projection, Numbers from) {
    int size = spec.headSize();
    int heads = spec.heads();
    int batch = Math.toIntExact(step.query().shape().axis(0));
    double[] result = new double[batch * heads * next.count() * size];
    step.parallel(
        batch * next.count(),
        task -> {
          int sequence = task / next.count();
          int position = task % next.count();
          double[] head = new double[size];
          double[] together = new double[heads * size];
          projection.bias().add(0, 1, together);
          for (int h = 0; h < heads && !isBlank(next, task); h++) {
            from.read(((long) (sequence * heads + h) * next.count() + position) * size, head, size);
            projection.add(head, h * size, together);
          }
          for (int h = 0; h < heads; h++) {
            int to = ((sequence * heads + h) * next.count() + position) * size;
            System.arraycopy(together, h * size, result, to, size);
          }
        });
    return new Numbers.Doubles(DoubleBuffer.wrap(result));
  }

  /**
   * @param at the number of the position in {@code [B, n]}
   */
  private boolean isBlank(NextPositions next, int at) {
    if (!blanked() || next.visible() == null) {
      return false;
    }
    double[] real = new double[1];
    next.visible().read(at, real, 1);
    return real[0] == 0;
  }

  /**
   * One of the layer's own projections.
   *
   * @param weight a row for every input, {@code [in, out]}
   * @param bias {@code [1, out]}
   */
  private record Projection(WeightRows weight, WeightRows bias) {

    static Projection of(DecodingSetup setup, String name) {
      return new Projection(
          WeightRows.transposed(setup.parameter(CosFormerLayer.weight(name))),
          WeightRows.of(setup.parameter(CosFormerLayer.bias(name))));
    }

    /** Adds what some of the inputs, from {@code first} on, contribute. */
    void add(double[] inputs, int first, double[] sum) {
      for (int i = 0; i < inputs.length; i++) {
        weight.add(first + i, inputs[i], sum);
      }
    }
  }

  private double angle(int place) {
    return CosFormerLayer.Angles.QUARTER_TURN * place / spec.maxPositions();
  }

  /** relu(x)·sin and relu(x)·cos side by side. */
  private record Features(CosFormerDecoding decoding) implements FeatureMap {

    @Override
    public int features() {
      return 2 * decoding.spec.headSize();
    }

    @Override
    public void ofQuery(double[] query, int place, double[] into) {
      double angle = decoding.angle(place);
      double sine = Math.sin(angle);
      double cosine = Math.cos(angle);
      for (int d = 0; d < query.length; d++) {
        double rectified = Math.max(query[d], 0);
        into[d] = rectified * sine;
        into[query.length + d] = rectified * cosine;
      }
    }

    @Override
    public void ofKey(double[] key, int place, double[] into) {
      ofQuery(key, place, into);
    }

    @Override
    public double divisor(double mass, double[] queryFeatures) {
      return Math.max(mass, CosFormerLayer.LEAST_MASS);
    }
  }
}
