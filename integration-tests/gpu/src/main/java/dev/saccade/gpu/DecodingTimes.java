package dev.saccade.gpu;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.decode.DecodingState;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Times single positions of one text that grows, from host memory to host memory, as whoever
 * generates text waits for them.
 */
final class DecodingTimes {

  static final String SECTION = "decoding";

  private static final int PORTION = 512; // positions that the text grows by between timings
  private static final long SEED = 37;

  private final Plan plan;
  private final Results results;
  private final Deadline deadline;
  private final Consumer<String> tell;
  private final Decoding decoding;

  DecodingTimes(Plan plan, Results results, Deadline deadline, Consumer<String> tell) {
    this.plan = plan;
    this.results = results;
    this.deadline = deadline;
    this.tell = tell;
    this.decoding = new Decoding(new SeaDefinition(true, plan.kept(), plan.width()));
  }

  static String key(int length) {
    return "%s/f32/T=%d".formatted(Decoding.NAME, length);
  }

  void run() {
    List<Integer> missing =
        plan.lengths().stream().filter(length -> !results.has(SECTION, key(length))).toList();
    if (missing.isEmpty() || Correctness.wrong(results, Decoding.NAME) || deadline.passed()) {
      return;
    }
    Sizes sizes = sizes(missing.get(missing.size() - 1));
    Support support = decoding.check(sizes);
    if (!support.isYes()) {
      missing.forEach(length -> leaveOut(length, String.join("; ", support.reasons())));
      return;
    }
    try {
      time(missing, sizes);
    } catch (IllegalStateException e) { // memory was short, or the GPU failed
      missing.stream()
          .filter(length -> !results.has(SECTION, key(length)))
          .forEach(length -> leaveOut(length, String.valueOf(e.getMessage())));
    }
  }

  /** With room for what is timed behind the last length. */
  private Sizes sizes(int longest) {
    int timed = (plan.rounds() + 2) * Stopwatch.MOST_RUNS;
    return plan.timed(longest + timed, decoding.attention().timed());
  }

  private void time(List<Integer> lengths, Sizes sizes) {
    SplittableRandom random = new SplittableRandom(SEED);
    SeaDefinition sea = decoding.attention();
    List<Numbers> parameters = sea.parameters(sizes, sea.others(sizes, random));
    Positions single = Positions.random(shape(1), random);
    Positions portion = Positions.random(shape(PORTION), random);
    try (DecodingState state = decoding.begin(sizes, parameters)) {
      for (int length : lengths) {
        while (state.length() < length) {
          if (deadline.passed()) {
            return;
          }
          int count = Math.min(PORTION, length - state.length());
          state.advance(count == PORTION ? portion : Positions.random(shape(count), random));
        }
        if (deadline.passed()) {
          return;
        }
        put(length, time(() -> state.advance(single)), state.bytes());
      }
    }
  }

  private Shape shape(int positions) {
    return Shape.of(1, plan.heads(), positions, plan.headSize());
  }

  /** After a round to warm up. */
  private Stopwatch.Time time(Runnable step) {
    round(step, 1);
    int runs = Stopwatch.runs(round(step, 1).get(0), plan);
    round(step, runs);
    return Stopwatch.Time.of(
        Stream.generate(() -> round(step, runs)).limit(plan.rounds()).toList());
  }

  private static List<Double> round(Runnable step, int runs) {
    List<Double> millis = new ArrayList<>();
    for (int run = 0; run < runs; run++) {
      long begin = System.nanoTime();
      step.run();
      millis.add((System.nanoTime() - begin) / 1e6);
    }
    return millis;
  }

  private void put(int length, Stopwatch.Time time, long bytes) {
    ObjectNode entry = Results.entry();
    time.addTo(entry);
    entry.put("length", length);
    entry.put("rememberedBytes", bytes);
    results.put(SECTION, key(length), entry);
    tell.accept(
        "%-32s %10.4f ms ±%.1f %%".formatted(key(length), time.millis(), 50 * time.spread()));
  }

  private void leaveOut(int length, String reason) {
    ObjectNode entry = Results.entry();
    entry.put("length", length);
    entry.put("leftOut", reason);
    results.put(SECTION, key(length), entry);
    tell.accept("%-32s left out: %s".formatted(key(length), reason));
  }

  /** A table of them, if there are any. */
  static void describe(Results results, Consumer<String> line) {
    ObjectNode section = results.section(SECTION);
    if (section.isEmpty()) {
      return;
    }
    line.accept("");
    line.accept("## Decoding, f32: milliseconds of a position behind T others");
    line.accept("");
    line.accept(
        "One text, from host memory to host memory, by the wall clock (± half the spread of rounds).");
    line.accept("");
    line.accept("| T | ms | MiB remembered |");
    line.accept("|---|---|---|");
    for (var entry : section) {
      line.accept(
          entry.has("millis")
              ? "| %,d | %.4g ± %.1f %% | %.1f |"
                  .formatted(
                      entry.path("length").asInt(),
                      entry.path("millis").asDouble(),
                      50 * entry.path("spread").asDouble(),
                      entry.path("rememberedBytes").asLong() / 0x1p20)
              : "| %,d | %s | |"
                  .formatted(entry.path("length").asInt(), entry.path("leftOut").asText()));
    }
  }
}
