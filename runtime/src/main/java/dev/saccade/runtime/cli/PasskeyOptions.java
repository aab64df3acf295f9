package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.tasks.passkey.PasskeyReport;
import dev.saccade.runtime.tasks.passkey.PasskeyScore;
import dev.saccade.runtime.tasks.passkey.PasskeySettings;
import dev.saccade.runtime.tasks.passkey.PasskeyTable;
import dev.saccade.runtime.tasks.passkey.PasskeyTrial;
import dev.saccade.runtime.train.StopRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** {@code saccade eval --task passkey}: how deep the key is hidden. */
final class PasskeyOptions {

  private static final List<Integer> FILLERS = List.of(0, 100, 500, 1000);

  @Option(
      names = "--filler",
      paramLabel = "N",
      split = ",",
      description =
          "Characters that say nothing, around the key; several with commas. Default: 0,100,500,"
              + "1000.")
  private List<Integer> fillers = new ArrayList<>();

  @Option(
      names = "--prompts",
      paramLabel = "N",
      description = "Prompts for each --filler. Default: 50.")
  private int prompts = 50;

  /**
   * Measures and reports.
   *
   * @return the exit code
   */
  int run(EvalOptions common) {
    common.checkWritable(EvalTask.PASSKEY);
    PasskeySettings settings =
        new PasskeySettings(
            fillers.isEmpty() ? FILLERS : fillers,
            prompts,
            PasskeySettings.RIVALS,
            common.resamples(),
            common.seed());
    try (StopRequest stop = StopRequest.onShutdown();
        Saccade saccade = common.open()) {
      CausalModel model = common.model(saccade);
      PasskeyTrial trial = new PasskeyTrial(model, LanguageModelOptions.tokenizer(model), settings);
      Optional<List<PasskeyScore>> scores;
      try (ProgressDisplay progress = common.progress()) {
        scores = trial.run(progress, () -> stop.reason() != null);
      }
      if (scores.isEmpty()) {
        return common.interrupted();
      }
      PasskeyReport report = PasskeyReport.of(common.command(), model, settings, scores.get());
      return common.report(PasskeyTable.render(report), report);
    }
  }
}
