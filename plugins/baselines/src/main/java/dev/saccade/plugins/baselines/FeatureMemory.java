package dev.saccade.plugins.baselines;

import dev.saccade.api.ElementType;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.plugins.baselines.fused.MixingLayer;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Kernelised attention as the running sums that it is: Σ φ(k)·vᵀ and Σ φ(k), F·(D + 1) numbers a
 * head however long the text gets. In float64; see {@link MixingMemory} for float32.
 */
final class FeatureMemory implements HeadMemory {

  private final FeatureMap map;
  private final PaddedKeys paddedKeys;
  private final double[][] memory; // [F][D]
  private final double[] mass; // [F]
  private int places;

  /**
   * @param headSize D
   * @param paddedKeys whether the features of padding count; its values never do
   */
  FeatureMemory(FeatureMap map, int headSize, PaddedKeys paddedKeys) {
    this.map = map;
    this.paddedKeys = paddedKeys;
    this.memory = new double[map.features()][headSize];
    this.mass = new double[map.features()];
  }

  /**
   * How layers decode whose attention is kernelised: in float32 by blocks, in float64 by running
   * sums, one position after the other.
   */
  static IncrementalAttention decoding(
      PaddedKeys paddedKeys,
      Function<DecodingSetup, MixingLayer> ofBlocks,
      Function<DecodingSetup, FeatureMap> ofVectors) {
    return setup -> HeadwiseDecoding.open(setup, ofHeads(setup, paddedKeys, ofBlocks, ofVectors));
  }

  /** The memories of all heads. */
  static IntFunction<HeadMemory> ofHeads(
      DecodingSetup setup,
      PaddedKeys paddedKeys,
      Function<DecodingSetup, MixingLayer> ofBlocks,
      Function<DecodingSetup, FeatureMap> ofVectors) {
    int headSize = setup.spec().headSize();
    if (setup.spec().elementType() == ElementType.F64) {
      FeatureMap map = ofVectors.apply(setup);
      return head -> new FeatureMemory(map, headSize, paddedKeys);
    }
    MixingLayer layer = ofBlocks.apply(setup);
    return head -> new MixingMemory(layer, headSize, paddedKeys);
  }

  private FeatureMemory(FeatureMemory original) {
    this.map = original.map;
    this.paddedKeys = original.paddedKeys;
    this.memory = new double[original.memory.length][];
    for (int f = 0; f < memory.length; f++) {
      memory[f] = original.memory[f].clone();
    }
    this.mass = original.mass.clone();
    this.places = original.places;
  }

  @Override
  public long bytes() {
    return (long) Double.BYTES * memory.length * (memory[0].length + 1);
  }

  @Override
  public HeadMemory copy() {
    return new FeatureMemory(this);
  }

  @Override
  public void take(NextPositions.OfHead next) {
    int headSize = memory[0].length;
    double[] vector = new double[headSize];
    double[] value = new double[headSize];
    double[] features = new double[mass.length];
    double[] context = new double[headSize];
    for (int position = 0; position < next.count(); position++) {
      boolean visible = next.isVisible(position);
      if (visible) {
        places++;
      }
      if (visible || paddedKeys == PaddedKeys.COUNTED) {
        next.readKey(position, vector);
        map.ofKey(vector, places, features);
        addTo(mass, 1, features);
      }
      if (visible) {
        next.readValue(position, value);
        for (int f = 0; f < features.length; f++) {
          addTo(memory[f], features[f], value);
        }
      }
      for (int head = 0; head < next.queryHeads(); head++) {
        next.readQuery(head, position, vector);
        map.ofQuery(vector, places, features);
        mix(features, context);
        next.writeContext(head, position, context);
      }
    }
  }

  private void mix(double[] queryFeatures, double[] context) {
    Arrays.fill(context, 0);
    double total = 0;
    for (int f = 0; f < queryFeatures.length; f++) {
      total += queryFeatures[f] * mass[f];
      addTo(context, queryFeatures[f], memory[f]);
    }
    double divisor = map.divisor(total, queryFeatures);
    for (int d = 0; d < context.length; d++) {
      context[d] /= divisor;
    }
  }

  private static void addTo(double[] sum, double times, double[] x) {
    for (int d = 0; d < sum.length; d++) {
      sum[d] += times * x[d];
    }
  }
}
