package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.generate.GeneratedText;
import dev.saccade.runtime.generate.GenerationSettings;
import dev.saccade.runtime.generate.GenerationSettings.Beyond;
import dev.saccade.runtime.generate.Generator;
import dev.saccade.runtime.generate.Sampling;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.train.StopRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code saccade generate}. */
@Command(
    name = "generate",
    description = {
      "Continue texts with a causal language model, token by token.",
      "",
      "What is written goes to standard output while it is written; how fast, to standard error."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class GenerateCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private PluginOptions plugins;

  @Mixin private LanguageModelOptions models;

  @Parameters(
      paramLabel = "PROMPT",
      arity = "0..*",
      description = "What to continue, each by itself. Default: one empty text.")
  private List<String> prompts = new ArrayList<>();

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description = "Also continue every line of this file that is not blank.")
  private @Nullable Path file;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "100",
      description = "Write so many tokens at most. Default: ${DEFAULT-VALUE}.")
  private int maximumTokens;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      defaultValue = "0",
      description =
          "Below 1 the likely becomes likelier; 0 always takes the likeliest token. Default:"
              + " ${DEFAULT-VALUE}.")
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "N",
      defaultValue = "0",
      description = "Draw from the N likeliest tokens; 0 for all. Default: ${DEFAULT-VALUE}.")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "Draw from the fewest tokens that together have probability P. Default:"
              + " ${DEFAULT-VALUE}.")
  private double topP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      defaultValue = "1",
      description =
          "Above 1, tokens that the text has already become less likely. Default:"
              + " ${DEFAULT-VALUE}.")
  private double repetitionPenalty;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End before this text; may be given several times.")
  private List<String> stops = new ArrayList<>();

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Draw tokens from it. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--beyond",
      paramLabel = "NAME",
      defaultValue = "REFUSE",
      description =
          "refuse or slide: what to do with texts that are longer than the model's positions. slide"
              + " forgets the oldest half. Default: refuse.")
  private Beyond beyond;

  @Option(names = "--echo", description = "Write the prompt before what continues it.")
  private boolean echo;

  @Override
  public Integer call() {
    GenerationSettings settings =
        new GenerationSettings(
            new Sampling(temperature, topK, topP, repetitionPenalty, seed),
            maximumTokens,
            stops,
            beyond);
    List<String> all = prompts();
    try (StopRequest stop = StopRequest.onShutdown();
        Saccade saccade = plugins.open()) {
      PluginReport.failures(saccade).forEach(spec.commandLine().getErr()::println);
      CausalModel model = models.open(saccade);
      Generator generator = new Generator(model, LanguageModelOptions.tokenizer(model));
      GenerationDisplay display = new GenerationDisplay(spec, echo ? all : List.of());
      List<GeneratedText> texts =
          generator.generate(all, settings, display, () -> stop.reason() != null);
      display.summarize(model, all.size(), texts);
      return stop.reason() == null ? 0 : StopRequest.EXIT_CODE;
    }
  }

  private List<String> prompts() {
    List<String> all = new ArrayList<>(prompts);
    if (file != null) {
      Corpus.ofFile(file)
          .documents()
          .get(0)
          .text()
          .lines()
          .filter(line -> !line.isBlank())
          .forEach(all::add);
    }
    if (all.isEmpty()) {
      all.add("");
    }
    return all;
  }
}
