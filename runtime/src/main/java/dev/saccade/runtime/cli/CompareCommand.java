package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.compare.Comparison;
import dev.saccade.runtime.compare.ComparisonSettings;
import dev.saccade.runtime.report.MechanismResult;
import dev.saccade.runtime.report.Report;
import dev.saccade.runtime.report.ReportWriter;
import dev.saccade.runtime.report.TerminalTable;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.weights.PretrainedModel;
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

/** {@code saccade compare}. */
@Command(
    name = "compare",
    description = {
      "Compare attention mechanisms on one pretrained model, one text and this machine.",
      "",
      "Each mechanism fills every attention slot of the model, untrained, and is measured against"
          + " exact attention: how close hidden states and attention stay, how long it takes and how"
          + " much memory it holds. Prints a table and writes report.html and report.json."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class CompareCommand implements Callable<Integer> {

  private static final ComparisonSettings DEFAULTS = ComparisonSettings.defaults();

  @Spec private CommandSpec spec;

  @Mixin private PluginOptions plugins;

  @Option(
      names = "--model",
      paramLabel = "NAME|PATH",
      defaultValue = "minilm",
      description =
          "minilm (int8 weights), minilm-f32, an embedding jar, or a Hugging Face directory with"
              + " config.json, model.safetensors and tokenizer.json. Default: ${DEFAULT-VALUE}.")
  private String model;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description = "A text in UTF-8. Default: the State of the Union addresses that come along.")
  private @Nullable Path text;

  @Option(
      names = "--sentence",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "What the attention maps are drawn over. Default: a sentence of the text.")
  private String sentence;

  @Option(
      names = "--mechanisms",
      paramLabel = "NAME",
      split = ",",
      description = "Compare only these, separated by commas. Default: all that are installed.")
  private List<String> mechanisms = new ArrayList<>();

  @Option(
      names = "--option",
      paramLabel = MechanismOption.FORM,
      converter = MechanismOption.Reader.class,
      description =
          "Set an option of a mechanism, such as sea.k=16; may be given several times. For what"
              + " there is, see: saccade mechanisms NAME.")
  private List<MechanismOption> options = new ArrayList<>();

  @Option(
      names = "--teacher",
      paramLabel = "NAME",
      defaultValue = "softmax",
      description = "The exact mechanism to measure against. Default: ${DEFAULT-VALUE}.")
  private String teacher;

  @Option(
      names = "--passages",
      paramLabel = "N",
      description = "How many passages to measure fidelity on. Default: 8.")
  private int passages = DEFAULTS.passages();

  @Option(
      names = "--length",
      paramLabel = "TOKENS",
      split = ",",
      description =
          "Time the whole model at these lengths, separated by commas. Default: 64,128,256,512, as"
              + " far as the model goes.")
  private List<Integer> lengths = new ArrayList<>();

  @Option(
      names = "--layer-length",
      paramLabel = "POSITIONS",
      split = ",",
      description =
          "Time a single attention layer at these lengths, separated by commas. Default:"
              + " 128,256,512,1024,2048,4096.")
  private List<Integer> layerLengths = new ArrayList<>(DEFAULTS.layerLengths());

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      description = "How often to measure each time. Default: 5.")
  private int repetitions = DEFAULTS.repetitions();

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      description = "Measure less often where that would take longer. Default: 1.")
  private double patience = DEFAULTS.patience();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Draw passages, new parameters and random inputs from it. Default: 42.")
  private long seed = DEFAULTS.seed();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "saccade-report",
      description = "Write report.html and report.json here. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Override
  public Integer call() {
    ReportWriter writer = new ReportWriter(out);
    Report report;
    try (Saccade saccade = plugins.open();
        ProgressDisplay progress = ProgressDisplay.of(spec)) {
      PluginReport.failures(saccade).forEach(spec.commandLine().getErr()::println);
      Comparison comparison = comparison(saccade, progress);
      writer.checkWritable();
      report = comparison.run();
    }
    // Printed before it is written: a full disk does not lose minutes of work.
    spec.commandLine()
        .getOut()
        .print(
            TerminalTable.render(
                report, Streams.colour() ? TerminalTable.Colour.ANSI : TerminalTable.Colour.PLAIN));
    writer.write(report);
    spec.commandLine().getOut().printf("%nReport: %s%n", writer.html());
    return report.mechanisms().stream().anyMatch(m -> m.status() == MechanismResult.Status.FAILED)
        ? SaccadeCli.REFUSED
        : 0;
  }

  private Comparison comparison(Saccade saccade, ProgressDisplay progress) {
    Corpus corpus = text == null ? Corpus.stateOfTheUnion() : Corpus.ofFile(text);
    PretrainedModel pretrained = saccade.pretrained(model);
    ComparisonSettings defaults =
        ComparisonSettings.defaultsUpTo(pretrained.config().maximumPositions());
    ComparisonSettings settings =
        new ComparisonSettings(
            teacher,
            mechanisms,
            MechanismOption.byMechanism(options),
            sentence,
            passages,
            defaults.passageTokens(),
            lengths.isEmpty() ? defaults.modelLengths() : lengths,
            layerLengths,
            repetitions,
            patience,
            seed,
            "saccade " + CommandLineText.of(spec.commandLine().getParseResult().originalArgs()));
    return new Comparison(pretrained, saccade.mechanisms(), corpus, settings, progress);
  }
}
