package dev.saccade.runtime.cli;

import dev.saccade.runtime.train.StopRequest;
import dev.saccade.runtime.train.Trainable;
import dev.saccade.runtime.train.Trainer;
import dev.saccade.runtime.train.TrainingData;
import dev.saccade.runtime.train.TrainingProgress;
import dev.saccade.runtime.train.TrainingResult;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/** Trains for a command: shows progress, heeds Ctrl-C and says what came of it. */
final class TrainingSession {

  private static final String RESUME = "--resume";

  private TrainingSession() {}

  /**
   * Trains to the end or to where it is stopped.
   *
   * @return the exit code
   */
  static <B> int run(
      CommandSpec command, TrainOptions options, Trainable<B> model, TrainingData<B> data) {
    PrintWriter err = command.commandLine().getErr();
    try (StopRequest stop = StopRequest.onShutdown()) {
      TrainingResult result;
      try (ProgressDisplay display = ProgressDisplay.of(command, "training")) {
        Trainer<B> trainer =
            new Trainer<>(model, data, options.settings(), new Progress(display, err), stop);
        result = options.resume() ? trainer.resume(options.out()) : trainer.begin(options.out());
      }
      report(result, command);
      // Before the JVM may end, which an exit hook of stop holds back until here.
      command.commandLine().getOut().flush();
      err.flush();
      return result.stopped() == null ? 0 : StopRequest.EXIT_CODE;
    }
  }

  /** Notes would be lost in the bar. */
  private static final class Progress extends TrainingProgress {
    private final PrintWriter err;

    Progress(ProgressDisplay display, PrintWriter err) {
      super(display);
      this.err = err;
    }

    @Override
    public void noted(String note) {
      err.println("saccade: " + note);
    }
  }

  private static void report(TrainingResult result, CommandSpec command) {
    PrintWriter out = command.commandLine().getOut();
    if (result.best() != null) {
      out.println(
          String.format(
              Locale.ROOT,
              "lowest validation loss %.4f, after step %,d: %s",
              result.best(),
              result.bestStep(),
              result.bestCheckpoint()));
    }
    if (result.stopped() == null) {
      out.println(
          String.format(
              Locale.ROOT, "done, %,d steps: %s", result.step(), result.lastCheckpoint()));
    } else {
      out.println(
          String.format(
              Locale.ROOT,
              "stopped after step %,d of %,d (%s); go on with: saccade %s",
              result.step(),
              result.steps(),
              result.stopped(),
              resuming(command)));
    }
  }

  private static String resuming(CommandSpec command) {
    List<String> arguments =
        new ArrayList<>(command.root().commandLine().getParseResult().originalArgs());
    if (!arguments.contains(RESUME)) {
      arguments.add(RESUME);
    }
    return CommandLineText.of(arguments);
  }
}
