package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.evaluate.ReportFile;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.train.StopRequest;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all tasks of {@code saccade eval} have in common: what is measured, and where it goes. */
final class EvalOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Mixin private PluginOptions plugins;

  @Mixin private LanguageModelOptions models;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Draw everything that is drawn from it. Default: 42.")
  private long seed = 42;

  @Option(
      names = "--resamples",
      paramLabel = "N",
      description =
          "How often documents or examples are drawn for the confidence interval; of joined"
              + " documents, stretches as long as a window. Default: 2000.")
  private int resamples = 2000;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Also write everything as JSON. Default: only print.")
  private @Nullable Path out;

  /** Where random numbers come from. */
  long seed() {
    return seed;
  }

  /** How often what was measured is drawn anew. */
  int resamples() {
    return resamples;
  }

  /** The command line, which makes a report again. */
  String command() {
    return "saccade "
        + CommandLineText.of(spec.root().commandLine().getParseResult().originalArgs());
  }

  /** Opens the plugins and tells of those that failed. */
  Saccade open() {
    Saccade saccade = plugins.open();
    PluginReport.failures(saccade).forEach(spec.commandLine().getErr()::println);
    return saccade;
  }

  /** Shows how far measuring has come. */
  ProgressDisplay progress() {
    return ProgressDisplay.of(spec);
  }

  /** The mechanisms that were named, with their options, each once. */
  List<SlotChoice> compared() {
    return models.attention().compared();
  }

  /**
   * Opens the model of a task that needs one.
   *
   * @throws SaccadeException if there is no such model or mechanism, or one refuses the other
   */
  CausalModel model(Saccade saccade) {
    return models.open(saccade);
  }

  /** Refuses a report that could not be written, before anything is measured. */
  void checkWritable(EvalTask task) {
    if (out != null) {
      ReportFile.checkWritable(out, task.word() + ".json");
    }
  }

  /**
   * Prints a report, then writes it: a full disk does not lose minutes of work.
   *
   * @return the exit code
   */
  int report(String table, Record report) {
    PrintWriter print = spec.commandLine().getOut();
    print.print(table);
    print.flush();
    if (out != null) {
      ReportFile.write(out, report);
      print.printf("Report: %s%n", out);
    }
    return 0;
  }

  /**
   * Says that nothing came of it.
   *
   * @return the exit code
   */
  int interrupted() {
    PrintWriter err = spec.commandLine().getErr();
    err.println("saccade: interrupted; nothing is measured");
    err.flush();
    return StopRequest.EXIT_CODE;
  }
}
