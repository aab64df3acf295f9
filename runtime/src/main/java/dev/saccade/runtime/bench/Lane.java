package dev.saccade.runtime.bench;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.Decision;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.bench.BenchReport.Row;
import dev.saccade.runtime.bench.BenchReport.Status;
import dev.saccade.runtime.measure.Stopwatch;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import dev.saccade.runtime.report.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One mechanism in one direction, on its way through the lengths. */
final class Lane {

  /** A mechanism without a guess of its own is expected to grow like exact attention. */
  private static final double QUADRATIC = 2;

  private static final double SHARE_OF_MEMORY = 0.6;

  private final InstalledMechanism installed;
  private final Direction direction;
  private final Map<String, String> options;
  private final BenchSettings settings;
  private final long memoryBytes;
  private final List<Row> rows = new ArrayList<>();
  private @Nullable Gate gate;
  private @Nullable String broken;
  private Status brokenBy = Status.FAILED;
  private @Nullable Stopwatch watch;
  private @Nullable String skipped;
  private @Nullable Workload running;

  Lane(
      InstalledMechanism installed,
      Direction direction,
      Map<String, String> options,
      BenchSettings settings,
      long memoryBytes) {
    this.installed = installed;
    this.direction = direction;
    this.options = options;
    this.settings = settings;
    this.memoryBytes = memoryBytes;
  }

  String name() {
    return installed.name();
  }

  Direction direction() {
    return direction;
  }

  List<Row> rows() {
    return rows;
  }

  /** Finds out whether results are right; without that nothing is timed. */
  void tryCorrectness() {
    attempt(
        () -> {
          Gate found =
              leased(
                  mechanism ->
                      Gate.of(mechanism, installed.kernels(), options, direction, settings));
          gate = found;
          if (!found.isGreen()) {
            brokenBy = Status.WRONG;
            broken =
                "it errs by %.1e where %.1e is allowed".formatted(found.error(), found.tolerance());
          }
        });
  }

  /** Decides whether a length is within reach of what there is. */
  void begin(int length) {
    watch = null;
    skipped = broken != null ? null : beyond(length);
  }

  /** Builds the layer anew, warms it and times it a few times; two rounds make a measurement. */
  void round(int length, int laps) {
    if (broken != null || skipped != null) {
      return;
    }
    attempt(
        () ->
            leased(
                mechanism -> {
                  try (ParameterStore parameters = new ParameterStore(settings.seed());
                      AttentionSlot slot =
                          new SlotFactory(parameters)
                              .fill(
                                  "layer.0",
                                  mechanism,
                                  installed.kernels(),
                                  settings.spec(length, DecodeWorkload.MORE),
                                  options)) {
                    skipped = refusal(slot, length);
                    if (skipped == null) {
                      time(slot, length, laps);
                    }
                  }
                  return length;
                }));
  }

  private static @Nullable String refusal(AttentionSlot slot, int length) {
    List<String> reasons = slot.takes(LayerSize.self(1, length)).reasons();
    return reasons.isEmpty() ? null : String.join("; ", reasons);
  }

  private void time(AttentionSlot slot, int length, int laps) {
    try (Workload workload = Workload.of(direction, slot, length, settings.seed())) {
      Stopwatch own = watch;
      if (own == null) {
        own = new Stopwatch(length, () -> Objects.requireNonNull(running).run());
        watch = own;
      }
      running = workload;
      long begin = System.nanoTime();
      do {
        own.warmUp(); // until what runs is compiled
      } while (System.nanoTime() - begin < settings.patience() * 1e9 && workload.runsLeft() > laps);
      for (int i = 0; i < laps; i++) {
        own.lap(settings.repetitions(), settings.patience());
      }
    } finally {
      running = null;
    }
  }

  /** Ends a length: adds its row. */
  void finish(int length) {
    rows.add(row(length));
  }

  private Row row(int length) {
    if (broken != null) {
      return row(length, brokenBy, broken);
    }
    if (skipped != null) {
      return row(length, Status.SKIPPED, skipped);
    }
    Timing timing = Objects.requireNonNull(watch).timing();
    if (timing.status() != Timing.Status.MEASURED) {
      return row(length, Status.OUT_OF_MEMORY, String.valueOf(timing.reason()));
    }
    Long peak = timing.peakBytes();
    return new Row(
        name(),
        kernel(),
        length,
        direction,
        timing.medianMillis(),
        timing.spreadMillis(),
        peak == null || peak == 0 ? null : peak,
        error(),
        tolerance(),
        Status.MEASURED,
        null);
  }

  private Row row(int length, Status status, String reason) {
    return new Row(
        name(),
        kernel(),
        length,
        direction,
        null,
        null,
        null,
        error(),
        tolerance(),
        status,
        reason);
  }

  private @Nullable Double error() {
    return gate == null ? null : gate.error();
  }

  private @Nullable Double tolerance() {
    return gate == null ? null : gate.tolerance();
  }

  /** Who computed, or "recipe" for a mechanism without kernels; decoding has code of its own. */
  private String kernel() {
    if (direction == Direction.DECODE) {
      return "decoding";
    }
    Map<String, Decision> decisions = installed.kernels().decisions();
    return decisions.isEmpty()
        ? "recipe"
        : decisions.values().stream()
            .map(Decision::name)
            .distinct()
            .collect(Collectors.joining(", "));
  }

  /** Why this length would take more than there is, by how the last ones grew; null if not. */
  private @Nullable String beyond(int length) {
    List<Row> measured = rows.stream().filter(row -> row.status() == Status.MEASURED).toList();
    if (measured.size() < 2) {
      return null; // one point tells no growth
    }
    double seconds = predicted(measured, length, row -> row.medianMillis()) / 1e3;
    if (seconds > settings.limit()) {
      return "a run would take about %.0f s, more than --limit %s"
          .formatted(seconds, settings.limit());
    }
    double bytes =
        predicted(measured, length, row -> row.peakBytes() == null ? 0.0 : row.peakBytes());
    return bytes > SHARE_OF_MEMORY * memoryBytes
        ? "a run would take about %.1f GiB of memory".formatted(bytes / (1L << 30))
        : null;
  }

  private static double predicted(
      List<Row> measured, int length, Function<Row, @Nullable Double> value) {
    Row last = measured.get(measured.size() - 1);
    double now = Objects.requireNonNullElse(value.apply(last), 0.0);
    double exponent = QUADRATIC;
    if (measured.size() > 1) {
      Row before = measured.get(measured.size() - 2);
      double then = Objects.requireNonNullElse(value.apply(before), 0.0);
      if (then > 0 && now > 0) {
        exponent =
            Math.min(
                QUADRATIC,
                Math.log(now / then) / Math.log((double) last.length() / before.length()));
      }
    }
    return now * Math.pow((double) length / last.length(), Math.max(0, exponent));
  }

  private <R> R leased(Function<AttentionMechanism, R> use) {
    try (MechanismLease lease =
        installed
            .tryAcquire()
            .orElseThrow(() -> new SaccadeException(installed + " has just been removed"))) {
      return use.apply(lease.mechanism());
    }
  }

  /** What one mechanism breaks by must not end the others. */
  private void attempt(Runnable part) {
    try {
      part.run();
    } catch (SaccadeException e) {
      brokenBy = Status.REFUSED;
      broken = String.valueOf(e.getMessage());
    } catch (RuntimeException | LinkageError | AssertionError e) {
      brokenBy = Status.FAILED;
      broken = e.toString();
    }
  }
}
