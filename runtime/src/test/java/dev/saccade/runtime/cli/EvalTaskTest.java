package dev.saccade.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class EvalTaskTest {

  /** What is for all tasks, or says which. */
  private static final Set<String> COMMON =
      Set.of(
          "--task",
          "--plugins",
          "--attention",
          "--option",
          "--seed",
          "--resamples",
          "--out",
          "--help",
          "--version");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void every_option_is_for_all_tasks_or_for_some() {
    Set<String> all = new TreeSet<>(COMMON);
    all.addAll(EvalTask.particular());

    Set<String> there = new TreeSet<>();
    for (OptionSpec option : new CommandLine(new EvalCommand()).getCommandSpec().options()) {
      there.add(option.longestName());
    }

    assertThat(there).isEqualTo(all);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "perplexity --model x --pairs 3 | --pairs is for --task mqar, but the task is perplexity",
        "mqar --model x | --model is for --task perplexity, passkey, but the task is mqar",
        "induction --pairs 3 | --pairs is for --task mqar, but the task is induction",
        "copy --depth 3 | --depth is for --task listops, but the task is copy",
        "passkey --model x --steps 3 | --steps is for --task mqar, induction, copy, listops",
        "mqar --option sea.k=4 | there is an option for sea, but the attention is flash",
        "mqar --length 33 | the length must be even",
        "mqar --heads 3 | heads must divide hiddenSize",
        "mqar --steps 0 | steps must be at least 1",
        "mqar --examples 1 | an evaluation at least 2",
        "mqar --resamples 3 | resampled at least 100 times",
        "listops --length 9 | there must be a number between",
        "copy --vocabulary 3 --length 8 | has only about 8 different examples"
      })
  void what_cannot_be_is_told_in_one_line(String arguments, String words) {
    int code =
        SaccadeCli.run(
            new PrintWriter(out, true),
            new PrintWriter(err, true),
            ("eval --task " + arguments).split(" ", -1));

    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).startsWith("saccade: ").contains(words);
    assertThat(code).isEqualTo(SaccadeCli.REFUSED);
  }

  @Test
  void defaults_stay_when_some_options_of_a_task_are_given() {
    EvalCommand eval = new EvalCommand();

    new CommandLine(eval)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .parseArgs("--task", "mqar", "--pairs", "5");

    assertThat(eval.synthetic.task(EvalTask.MQAR).settings())
        .containsEntry("pairs", 5)
        .containsEntry("length", 32);
    assertThat(eval.synthetic.settings(eval.common))
        .isEqualTo(new SyntheticOptions().settings(new EvalOptions()));
  }
}
