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
  PERPLEXITY,
  PASSKEY,
  MQAR,
  INDUCTION,
  COPY,
  LISTOPS;

  private Set<String> options() {
    return switch (this) {
      case PERPLEXITY ->
          Set.of("--model", "--text", "--field", "--split", "--context", "--stride", "--documents");
      case PASSKEY -> Set.of("--model", "--filler", "--prompts");
      case MQAR -> learned("--vocabulary", "--length", "--pairs");
      case INDUCTION, COPY -> learned("--vocabulary", "--length");
      case LISTOPS -> learned("--length", "--min-length", "--depth", "--arguments");
    };
  }

  /** Of a task that a model learns from scratch. */
  private static Set<String> learned(String... own) {
    Set<String> options = new HashSet<>(Set.of(own));
    options.addAll(
        Set.of(
            "--steps",
            "--batch",
            "--learning-rate",
            "--layers",
            "--hidden",
            "--heads",
            "--examples"));
    return options;
  }

  /** As users write it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Every option that is not for all tasks. */
  static Set<String> particular() {
    return Arrays.stream(values())
        .flatMap(task -> task.options().stream())
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
      if (particular().contains(name) && !options().contains(name)) {
        String owners =
            Arrays.stream(values())
                .filter(task -> task.options().contains(name))
                .map(EvalTask::word)
                .collect(Collectors.joining(", "));
        throw new SaccadeException(
            "%s is for --task %s, but the task is %s; leave it out"
                .formatted(name, owners, word()));
      }
    }
  }
}
