package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelArguments;
import java.util.Arrays;

/**
 * Which keys a query may see, by position alone: those at most w away, and the first g, which in
 * turn see all; with a causal mask only such as are not later.
 *
 * @param causal whether later keys are hidden
 * @param window w
 * @param globals g
 */
public record Sight(boolean causal, int window, int globals) {

  private static final String CAUSAL = "causal";
  private static final String WINDOW = "window";
  private static final String GLOBALS = "globals";

  /** Every key, or every one that is not later. */
  public static Sight unbounded(boolean causal) {
    return new Sight(causal, Integer.MAX_VALUE, 0);
  }

  static Sight of(KernelArguments arguments) {
    return new Sight(
        arguments.flag(CAUSAL),
        Math.toIntExact(arguments.integer(WINDOW)),
        Math.toIntExact(arguments.integer(GLOBALS)));
  }

  KernelArguments addTo(KernelArguments arguments) {
    return arguments.with(CAUSAL, causal).with(WINDOW, window).with(GLOBALS, globals);
  }

  /** Whether all queries of a tile see all keys of another. */
  boolean seesAll(Span queries, Span keys) {
    boolean past = !causal || keys.last() <= queries.first();
    boolean near =
        queries.last() - (long) keys.first() <= window
            && keys.last() - (long) queries.first() <= window;
    return past && (near || keys.to() <= globals || queries.to() <= globals);
  }

  /** Whether no query of a tile sees any key of another. */
  boolean seesNone(Span queries, Span keys) {
    if (causal && keys.first() > queries.last()) {
      return true;
    }
    boolean far =
        keys.first() - (long) queries.last() > window
            || queries.first() - (long) keys.last() > window;
    return far && keys.first() >= globals && queries.first() >= globals;
  }

  /** Puts −∞ where a query does not see a key. */
  void hide(Block logits, Span queries, Span keys) {
    for (int row = 0; row < logits.rows(); row++) {
      long query = (long) queries.first() + row;
      boolean seesFar = query < globals;
      long end = causal ? query + 1 : Long.MAX_VALUE;
      long near = seesFar ? 0 : query - window;
      long nearEnd = seesFar ? end : Math.min(end, query + window + 1);
      int start = logits.at(row, 0) - keys.first();
      hide(logits.data(), start, keys, globals, near);
      hide(logits.data(), start, keys, Math.max(nearEnd, Math.min(globals, end)), keys.to());
    }
  }

  private static void hide(float[] data, int start, Span keys, long from, long to) {
    long first = Math.max(from, keys.first());
    long end = Math.min(to, keys.to());
    if (first < end) {
      Arrays.fill(data, start + (int) first, start + (int) end, Float.NEGATIVE_INFINITY);
    }
  }
}
