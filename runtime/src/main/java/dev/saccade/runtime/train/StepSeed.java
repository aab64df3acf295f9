package dev.saccade.runtime.train;

/**
 * Seeds for the steps of a run.
 *
 * <p>A step's seed follows from the run's and the step's number. So there is no generator whose
 * state a checkpoint could miss, and a step draws the same whatever came before. The same holds of
 * data that are drawn, such as the n-th example of a task.
 */
public final class StepSeed {

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private StepSeed() {}

  /** Mixes three numbers, each in a round of SplitMix64 (Steele, Lea and Flood 2014). */
  public static long of(long seed, long step, long part) {
    return mix(mix(mix(seed) + step) + part);
  }

  private static long mix(long value) {
    long z = value + GOLDEN_GAMMA;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
