package dev.saccade.plugins.sea;

/** How many columns a {@link Grouping} keeps: {@link KeptColumns#count} in the same float32. */
final class KeptCount {

  private KeptCount() {}

  /**
   * @param length L
   */
  static long of(SeaOptions options, int heads, int length) {
    float columns = (float) ((double) options.kept() * options.oversample() * options.width());
    // k·M
    float each = columns / length;
    float ofGroup =
        switch (options.grouping()) {
          case QUERY -> each;
          case HEAD -> length * each;
          case BATCH -> (float) length * heads * each;
          case CAUSAL_BATCH -> each * heads;
        };
    return Math.max((long) Math.rint(ofGroup), 1);
  }
}
