package dev.saccade.runtime.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code saccade eval}. */
@Command(
    name = "eval",
    description = {
      "Measure how well a causal language model, or attention itself, does at a task.",
      "",
      "perplexity: each document is read by itself, in windows as long as the context. Without a"
          + " stride the windows lie apart, as papers measure, and the first token of each does not"
          + " count; with one, every token counts. The token that every text begins with is given,"
          + " so that the first of the text counts too. With --documents=joined all documents are one"
          + " text, with two line feeds between one and the next, which count as any text; windows"
          + " run over the ends of documents. So SEA's paper evaluates Wikitext-2.",
      "passkey: a number in a long text that says nothing, and the question for it.",
      "mqar, induction, copy, listops: a small model from scratch for each mechanism learns examples"
          + " that are drawn from a seed, and answers others, beside what was published."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class EvalCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--task",
      paramLabel = "NAME",
      required = true,
      description = "What to measure: perplexity, passkey, mqar, induction, copy or listops.")
  private EvalTask task;

  @Mixin EvalOptions common;

  @ArgGroup(validate = false, heading = "perplexity:%n")
  private PerplexityOptions perplexity = new PerplexityOptions();

  @ArgGroup(validate = false, heading = "passkey:%n")
  private PasskeyOptions passkey = new PasskeyOptions();

  @ArgGroup(validate = false, heading = "mqar, induction, copy, listops:%n")
  SyntheticOptions synthetic = new SyntheticOptions();

  @Override
  public Integer call() {
    task.requireOwn(spec.commandLine().getParseResult());
    return switch (task) {
      case PERPLEXITY -> perplexity.run(common);
      case PASSKEY -> passkey.run(common);
      case MQAR, INDUCTION, COPY, LISTOPS -> synthetic.run(task, common);
    };
  }
}
