package dev.saccade.runtime.cli;

import dev.saccade.api.Masking;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.bench.Bench;
import dev.saccade.runtime.bench.BenchReport;
import dev.saccade.runtime.bench.BenchReport.Status;
import dev.saccade.runtime.bench.BenchSettings;
import dev.saccade.runtime.bench.BenchTable;
import dev.saccade.runtime.bench.BenchWriter;
import dev.saccade.runtime.bench.Direction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code saccade bench}. */
@Command(
    name = "bench",
    description = {
      "Time single attention layers against length.",
      "",
      "Every mechanism is first tried against its formulas in float64; what is not right is not"
          + " timed. Prints tables and, with --out, writes bench.json and drawings."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class BenchCommand implements Callable<Integer> {

  private static final BenchSettings DEFAULTS = BenchSettings.defaults();

  /** What a layer of this command may be masked by. */
  enum Mask {
    NONE,
    CAUSAL
  }

  @Spec private CommandSpec spec;

  @Mixin private PluginOptions plugins;

  @Option(
      names = "--mechanisms",
      paramLabel = "NAME",
      split = ",",
      description = "Measure only these, separated by commas. Default: all that are installed.")
  private List<String> mechanisms = new ArrayList<>();

  @Option(
      names = "--lengths",
      paramLabel = "POSITIONS",
      split = ",",
      description = "Lengths, separated by commas. Default: 512,1024,2048,4096,8192,16384,32768.")
  private List<Integer> lengths = new ArrayList<>(DEFAULTS.lengths());

  @Option(
      names = "--direction",
      paramLabel = "NAME",
      split = ",",
      description =
          "forward, forward+backward, distillation (with the mechanism's own losses) or decode (one"
              + " more position), separated by commas. Default: forward.")
  private List<String> directions = new ArrayList<>(List.of(Direction.FORWARD.label()));

  @Option(
      names = "--kernel",
      paramLabel = "NAME",
      description =
          "recipe, plain, simd or cuda, for all mechanisms that have it. Default: the fastest that"
              + " can.")
  private @Nullable String kernel;

  @Option(
      names = "--option",
      paramLabel = MechanismOption.FORM,
      converter = MechanismOption.Reader.class,
      description = "Set an option of a mechanism, such as sea.k=16; may be given several times.")
  private List<MechanismOption> options = new ArrayList<>();

  @Option(
      names = "--mask",
      paramLabel = "NAME",
      defaultValue = "CAUSAL",
      description = "none or causal. Default: causal.")
  private Mask mask;

  @Option(names = "--heads", paramLabel = "N", description = "Heads. Default: 12.")
  private int heads = DEFAULTS.heads();

  @Option(names = "--head-size", paramLabel = "N", description = "Features of a head. Default: 64.")
  private int headSize = DEFAULTS.headSize();

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      description = "How often to measure each time. Default: 5.")
  private int repetitions = DEFAULTS.repetitions();

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      description = "Measure less often where that would take longer. Default: 2.")
  private double patience = DEFAULTS.patience();

  @Option(
      names = "--limit",
      paramLabel = "SECONDS",
      description = "Leave out what would take longer for a single run. Default: 10.")
  private double limit = DEFAULTS.limit();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Draw parameters and inputs from it. Default: 42.")
  private long seed = DEFAULTS.seed();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Write bench.json and drawings here. Default: only print.")
  private @Nullable Path out;

  @Override
  public Integer call() {
    if (kernel != null) {
      System.setProperty("saccade.kernel", kernel);
    }
    @Nullable BenchWriter writer = out == null ? null : new BenchWriter(out);
    BenchReport report;
    try (Saccade saccade = plugins.open();
        ProgressDisplay progress = ProgressDisplay.of(spec)) {
      PluginReport.failures(saccade).forEach(spec.commandLine().getErr()::println);
      Bench bench = new Bench(saccade.mechanisms(), settings(), progress);
      if (writer != null) {
        writer.checkWritable();
      }
      report = bench.run();
    }
    spec.commandLine().getOut().print(BenchTable.render(report));
    if (writer != null) {
      writer.write(report).forEach(spec.commandLine().getOut()::println);
    }
    boolean bad =
        report.rows().stream()
            .anyMatch(row -> row.status() == Status.WRONG || row.status() == Status.FAILED);
    return bad ? SaccadeCli.REFUSED : 0;
  }

  private BenchSettings settings() {
    return new BenchSettings(
        mechanisms,
        MechanismOption.byMechanism(options),
        lengths,
        directions.stream().map(Direction::of).toList(),
        mask == Mask.CAUSAL ? Masking.CAUSAL : Masking.NONE,
        heads,
        headSize,
        repetitions,
        patience,
        limit,
        seed,
        "saccade " + CommandLineText.of(spec.commandLine().getParseResult().originalArgs()));
  }
}
