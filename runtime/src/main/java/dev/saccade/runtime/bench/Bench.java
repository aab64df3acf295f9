package dev.saccade.runtime.bench;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.bench.BenchReport.Row;
import dev.saccade.runtime.measure.Machine;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.report.KernelUse;
import dev.saccade.runtime.report.Report;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Times single attention layers of many mechanisms, lengths and directions.
 *
 * <p>Mechanisms take turns in two rounds, A B A B, so that a machine that slows down slows all of
 * them; between rounds nothing of a mechanism stays in memory. Nothing is timed before its results
 * are found to be right.
 */
public final class Bench {

  private static final int ROUNDS = 2;

  /** What SEA's authors measured with; set wherever a mechanism has an option of the name. */
  private static final Map<String, String> COMMON_OPTIONS =
      Map.of("k", "64", "width", "128", "feature-divisor", "8");

  private final BenchSettings settings;
  private final Progress progress;
  private final List<InstalledMechanism> chosen;
  private final Map<String, Map<String, String>> options = new LinkedHashMap<>();

  /**
   * @throws SaccadeException if the settings do not fit what is installed
   */
  public Bench(MechanismRegistry registry, BenchSettings settings, Progress progress) {
    this.settings = settings;
    this.progress = progress;
    this.chosen =
        settings.mechanisms().isEmpty()
            ? registry.newest()
            : settings.mechanisms().stream().map(registry::require).distinct().toList();
    for (String mechanism : settings.options().keySet()) {
      if (chosen.stream().noneMatch(each -> each.name().equals(mechanism))) {
        throw new SaccadeException(
            "options are given for %s, which is not measured; measured are: %s"
                .formatted(mechanism, chosen.stream().map(InstalledMechanism::name).toList()));
      }
    }
    chosen.forEach(each -> options.put(each.name(), optionsOf(each)));
  }

  /** The user's options, and the common ones that the mechanism has. */
  private Map<String, String> optionsOf(InstalledMechanism installed) {
    Map<String, String> given = settings.options().getOrDefault(installed.name(), Map.of());
    try (MechanismLease lease =
        installed
            .tryAcquire()
            .orElseThrow(() -> new SaccadeException(installed + " has just been removed"))) {
      Map<String, String> all = new LinkedHashMap<>();
      lease
          .mechanism()
          .options()
          .forEach(
              option -> {
                String common = COMMON_OPTIONS.get(option.name());
                if (common != null) {
                  all.put(option.name(), common);
                }
              });
      all.putAll(given);
      return SlotFactory.options(lease.mechanism(), all).asTexts();
    }
  }

  private Map<String, List<KernelUse>> kernels() {
    Map<String, List<KernelUse>> uses = new LinkedHashMap<>();
    for (InstalledMechanism each : chosen) {
      List<KernelUse> own = each.kernels().uses();
      if (!own.isEmpty()) {
        uses.put(each.name(), own);
      }
    }
    return uses;
  }

  /** Measures everything. */
  public BenchReport run() {
    Report.Environment machine = Machine.environment();
    List<Lane> lanes = new ArrayList<>();
    for (Direction direction : settings.directions()) {
      for (InstalledMechanism installed : chosen) {
        lanes.add(
            new Lane(
                installed,
                direction,
                options.getOrDefault(installed.name(), Map.of()),
                settings,
                machine.memoryBytes()));
      }
    }
    int steps = lanes.size() * (1 + ROUNDS * settings.lengths().size());
    int done = 0;
    for (Lane lane : lanes) {
      progress.at(
          "is %s right, %s".formatted(lane.name(), lane.direction().label()), done++, steps);
      lane.tryCorrectness();
    }
    for (int length : settings.lengths()) {
      lanes.forEach(lane -> lane.begin(length));
      for (int round = 1; round <= ROUNDS; round++) {
        int laps =
            settings.repetitions() * round / ROUNDS - settings.repetitions() * (round - 1) / ROUNDS;
        for (Lane lane : lanes) {
          progress.at(
              "%s, %s at %,d".formatted(lane.name(), lane.direction().label(), length),
              done++,
              steps);
          lane.round(length, laps);
        }
      }
      lanes.forEach(lane -> lane.finish(length));
    }
    progress.at("done", steps, steps);
    List<Row> rows = lanes.stream().flatMap(lane -> lane.rows().stream()).toList();
    return new BenchReport(
        Machine.saccadeVersion(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        settings.command(),
        settings.seed(),
        machine,
        new BenchReport.Layer(
            settings.heads(),
            settings.headSize(),
            settings.masking().name().toLowerCase(Locale.ROOT),
            options),
        kernels(),
        rows,
        Growths.of(rows));
  }
}
