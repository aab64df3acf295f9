package dev.saccade.runtime.cli;

import dev.saccade.runtime.SaccadeException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** What {@code saccade eval} measures, and which of its options are for that alone. */
enum EvalTask {
  PERPLEXITY(Set.of(), "--model", "--text", "--field", "--split", "--context", "--stride"),
  PASSKEY(Set.of(), "--model", "--filler", "--prompts"),
  MQAR(FromScratch.OPTIONS, "--vocabulary", "--length", "--pairs"),
  INDUCTION(FromScratch.OPTIONS, "--vocabulary", "--length"),
  COPY(FromScratch.OPTIONS, "--vocabulary", "--length"),
  LISTOPS(FromScratch.OPTIONS, "--length", "--min-length", "--depth", "--arguments");

  /** Of tasks that a model learns from scratch. */
  private static final class FromScratch {
    static final Set<String> OPTIONS =
        Set.of(
            "--steps",
            "--batch",
            "--learning-rate",
            "--layers",
            "--hidden",
            "--heads",
            "--examples");
  }

  private final Set<String> options;

  EvalTask(Set<String> shared, String... own) {
    this.options = new HashSet<>(shared);
    this.options.addAll(Set.of(own));
  }

  /** As users write it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Every option that is not for all tasks. */
  static Set<String> particular() {
    return Arrays.stream(values())
        .flatMap(task -> task.options.stream())
        .collect(Collectors.toSet());
  }

  /**
   * Refuses options of other tasks.
   *
   * @throws SaccadeException if one was given
   */
  void requireOwn(ParseResult given) {
    for (OptionSpec option : given.matchedOptionsSet()) {
      String name = option.longestName();
      if (particular().contains(name) && !options.contains(name)) {
        String owners =
            Arrays.stream(values())
                .filter(task -> task.options.contains(name))
                .map(EvalTask::word)
                .collect(Collectors.joining(", "));
        throw new SaccadeException(
            "%s is for --task %s, but the task is %s; leave it out"
                .formatted(name, owners, word()));
      }
    }
  }
}
