package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import java.util.ArrayList;
import java.util.List;

/**
 * At which sizes the suite works, and how long.
 *
 * @param name in results
 * @param kept k of SEA
 * @param width M of SEA
 * @param tried sizes that results are compared at, small ones first
 * @param heads H of what is timed, at B = 1
 * @param headSize D of what is timed
 * @param lengths T of what is timed, ascending
 * @param stagedAt T at which stages are timed one by one
 * @param rounds in which a time is taken; how far they differ is its error
 * @param roundMillis that a round should take
 * @param longestMillis what is expected to take longer is left out
 * @param ceilingBytes that are copied to see how fast memory is
 * @param ceilingRounds of multiplications that a thread does to see how fast arithmetic is
 * @param growsFrom T from which on growth is told
 */
record Plan(
    String name,
    int kept,
    int width,
    List<Sizes> tried,
    int heads,
    int headSize,
    List<Integer> lengths,
    List<Integer> stagedAt,
    int rounds,
    double roundMillis,
    double longestMillis,
    long ceilingBytes,
    int ceilingRounds,
    int growsFrom) {

  static final List<ElementType> TYPES =
      List.of(ElementType.F32, ElementType.F16, ElementType.BF16);

  /** On a GPU of a data centre a quarter of an hour, most of it the references' on the CPU. */
  static Plan full() {
    List<Sizes> tried = new ArrayList<>(edges(List.of(1, 31, 32, 33, 127, 128, 129, 207)));
    tried.add(new Sizes(2, 4, 2, 207, 64, Masking.CAUSAL_PADDING));
    tried.add(Sizes.of(1, 3, 257, 40, Masking.CAUSAL));
    tried.add(Sizes.of(1, 3, 257, 128, Masking.CAUSAL));
    tried.add(Sizes.of(1, 12, 1024, 64, Masking.CAUSAL));
    tried.add(Sizes.of(1, 12, 1000, 64, Masking.NONE));
    tried.add(Sizes.of(1, 12, 4096, 64, Masking.CAUSAL));
    return new Plan(
        "full",
        64,
        128,
        List.copyOf(tried),
        12,
        64,
        List.of(1, 2, 4, 8, 16, 32, 64, 128, 256).stream().map(k -> k * 1024).toList(),
        List.of(4096, 32_768, 262_144),
        5,
        100,
        6000,
        4L << 30,
        20_000,
        8192);
  }

  /** A few minutes. */
  static Plan quick() {
    List<Sizes> tried = new ArrayList<>(edges(List.of(1, 33, 129)));
    tried.add(Sizes.of(1, 12, 1024, 64, Masking.CAUSAL));
    return new Plan(
        "quick",
        64,
        128,
        List.copyOf(tried),
        12,
        64,
        List.of(1024, 4096, 16_384),
        List.of(4096),
        3,
        30,
        1000,
        1L << 30,
        5000,
        1024);
  }

  /** For memory checkers, and for a driver that computes on the CPU. */
  static Plan tiny() {
    return new Plan(
        "tiny",
        5,
        32,
        List.of(
            Sizes.of(2, 3, 1, 16, Masking.CAUSAL_PADDING),
            Sizes.of(2, 3, 33, 16, Masking.CAUSAL_PADDING),
            Sizes.of(2, 3, 33, 16, Masking.PADDING)),
        2,
        16,
        List.of(16, 32, 48),
        List.of(32),
        2,
        0,
        10_000,
        1L << 16,
        2,
        16);
  }

  private static List<Sizes> edges(List<Integer> lengths) {
    List<Sizes> edges = new ArrayList<>();
    for (int length : lengths) {
      for (Masking masking : Masking.values()) {
        edges.add(Sizes.of(2, 3, length, 64, masking));
      }
    }
    return edges;
  }

  /** What is timed. */
  Sizes timed(int length, Masking masking) {
    return Sizes.of(1, heads, length, headSize, masking);
  }
}
