package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.tasks.AssociativeRecall;
import dev.saccade.runtime.tasks.Copying;
import dev.saccade.runtime.tasks.InductionHeads;
import dev.saccade.runtime.tasks.ListOps;
import dev.saccade.runtime.tasks.SyntheticTask;
import dev.saccade.runtime.tasks.TaskComparison;
import dev.saccade.runtime.tasks.TaskData;
import dev.saccade.runtime.tasks.TaskReport;
import dev.saccade.runtime.tasks.TaskSettings;
import dev.saccade.runtime.tasks.TaskTable;
import dev.saccade.runtime.tasks.TaskTrial;
import dev.saccade.runtime.train.StopRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Tasks of {@code saccade eval} that models learn from scratch: what is drawn and how it is
 * learned.
 */
final class SyntheticOptions {

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description = "Different tokens. Default: 64 (mqar), 20 (induction), 16 (copy).")
  private @Nullable Integer vocabulary;

  @Option(
      names = "--length",
      paramLabel = "N",
      description =
          "Tokens of an example; what comes before the question for induction, one more than the"
              + " longest expression for listops. Default: 32 (mqar, copy), 30 (induction), 64"
              + " (listops).")
  private @Nullable Integer length;

  @Option(names = "--pairs", paramLabel = "N", description = "Keys with their values. Default: 8.")
  private int pairs = 8;

  @Option(
      names = "--min-length",
      paramLabel = "N",
      description = "Expressions have more tokens than this. Default: 8.")
  private int minimumLength = 8;

  @Option(
      names = "--depth",
      paramLabel = "N",
      description = "How deep expressions are nested at most. Default: 5.")
  private int depth = 5;

  @Option(
      names = "--arguments",
      paramLabel = "N",
      description = "The most arguments of an operation. Default: 5.")
  private int arguments = 5;

  @Option(names = "--steps", paramLabel = "N", description = "Steps at most. Default: 1500.")
  private int steps = 1500;

  @Option(names = "--batch", paramLabel = "N", description = "Examples a step. Default: 32.")
  private int batch = 32;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description = "The highest learning rate. Default: 0.003.")
  private double learningRate = 3e-3;

  @Option(names = "--layers", paramLabel = "N", description = "Transformer layers. Default: 2.")
  private int layers = 2;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      description = "Features of a position. Default: 64.")
  private int hidden = 64;

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "Attention heads of a layer, which divide --hidden. Default: 1.")
  private int heads = 1;

  @Option(
      names = "--examples",
      paramLabel = "N",
      description = "Examples that are measured, none of them learned from. Default: 1000.")
  private int examples = 1000;

  /**
   * Trains and measures one mechanism after the other, and reports.
   *
   * @return the exit code
   */
  int run(EvalTask task, EvalOptions common) {
    common.checkWritable(task);
    SyntheticTask drawn = task(task);
    TaskSettings settings = settings(common);
    settings.requireModelFor(drawn);
    List<SlotChoice> choices = common.compared();
    TaskData data = TaskData.of(drawn, batch, examples, common.seed());
    try (StopRequest stop = StopRequest.onShutdown();
        Saccade saccade = common.open()) {
      choices.forEach(choice -> saccade.mechanisms().require(choice.mechanism()));
      TaskComparison comparison =
          new TaskComparison(new TaskTrial(saccade.mechanisms(), data, settings), choices);
      boolean complete;
      try (ProgressDisplay display = common.progress()) {
        complete = comparison.run(display, stop);
      }
      if (!complete) {
        return common.interrupted();
      }
      TaskReport report =
          TaskReport.of(
              common.command(), data, settings, comparison.results(), comparison.failures());
      return common.report(TaskTable.render(report), report);
    }
  }

  /** How the tasks are learned and measured. */
  TaskSettings settings(EvalOptions common) {
    return new TaskSettings(
        steps,
        batch,
        learningRate,
        hidden,
        layers,
        heads,
        examples,
        common.resamples(),
        common.seed());
  }

  /** What is drawn. */
  SyntheticTask task(EvalTask task) {
    return switch (task) {
      case MQAR -> new AssociativeRecall(or(vocabulary, 64), or(length, 32), pairs);
      case INDUCTION -> new InductionHeads(or(vocabulary, 20), or(length, 30));
      case COPY -> new Copying(or(vocabulary, 16), or(length, 32));
      case LISTOPS -> new ListOps(depth, arguments, minimumLength, or(length, 64));
      default -> throw new IllegalArgumentException(task + " is not learned from scratch");
    };
  }

  private static int or(@Nullable Integer given, int otherwise) {
    return given == null ? otherwise : given;
  }
}
