package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.evaluate.Documents;
import dev.saccade.runtime.evaluate.Perplexity;
import dev.saccade.runtime.evaluate.PerplexityReport;
import dev.saccade.runtime.evaluate.PerplexityResult;
import dev.saccade.runtime.evaluate.PerplexitySettings;
import dev.saccade.runtime.evaluate.PerplexityTable;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.text.Split;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.train.StopRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code saccade eval}. */
@Command(
    name = "eval",
    description = {
      "Measure how well a causal language model does at a task.",
      "",
      "Perplexity: each document is read by itself, in windows as long as the context. Without a"
          + " stride the windows lie apart, as papers measure, and the first token of each does not"
          + " count; with one, every token counts. The token that every text begins with is given,"
          + " so that the first of the text counts too.",
      "",
      "With --documents=joined all documents are one text, with two line feeds between one and the"
          + " next, which count as any text; windows run over the ends of documents. So SEA's paper"
          + " evaluates Wikitext-2."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class EvalCommand implements Callable<Integer> {

  /** What a model may be put to. */
  enum Task {
    PERPLEXITY
  }

  @Spec private CommandSpec spec;

  @Mixin private PluginOptions plugins;

  @Option(
      names = "--task",
      paramLabel = "NAME",
      required = true,
      description = "What to measure: perplexity.")
  private Task task;

  @Mixin private LanguageModelOptions models;

  @Option(
      names = "--text",
      paramLabel = "PATH",
      description =
          "A text in UTF-8, a .jsonl file, or all files below a directory. Default: the State of"
              + " the Union addresses that come along.")
  private @Nullable Path text;

  @Option(
      names = "--field",
      paramLabel = "NAME",
      defaultValue = "text",
      description = "What holds the text of a .jsonl line. Default: ${DEFAULT-VALUE}.")
  private String field;

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description =
          "train, validation or test: only this part of the documents. Default: test of the"
              + " addresses that come along, and all of a --text.")
  private @Nullable Split split;

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "Tokens of a window. Default: the positions of the model.")
  private @Nullable Integer context;

  @Option(
      names = "--stride",
      paramLabel = "N",
      description = "Tokens from one window to the next. Default: windows apart.")
  private @Nullable Integer stride;

  @Option(
      names = "--documents",
      paramLabel = "NAME",
      defaultValue = "SEPARATE",
      description =
          "separate or joined: whether each is read by itself, or all as one text. Default:"
              + " separate.")
  private Documents documents;

  @Option(
      names = "--resamples",
      paramLabel = "N",
      defaultValue = "2000",
      description =
          "How often documents are drawn for the confidence interval; of joined ones, stretches as"
              + " long as a window. Default: ${DEFAULT-VALUE}.")
  private int resamples;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Draw them from it. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Also write everything as JSON. Default: only print.")
  private @Nullable Path out;

  @Override
  public Integer call() {
    return switch (task) {
      case PERPLEXITY -> perplexity();
    };
  }

  private int perplexity() {
    if (out != null) {
      PerplexityReport.checkWritable(out);
    }
    try (StopRequest stop = StopRequest.onShutdown();
        Saccade saccade = plugins.open()) {
      PluginReport.failures(saccade).forEach(spec.commandLine().getErr()::println);
      CausalModel model = models.open(saccade);
      Tokenizer tokenizer = LanguageModelOptions.tokenizer(model);
      int most = model.spec().maxPositions();
      PerplexitySettings settings =
          new PerplexitySettings(
              context == null ? most : context, stride, documents, resamples, seed);
      Perplexity perplexity = new Perplexity(model, tokenizer, settings);
      Corpus corpus = text == null ? Corpus.stateOfTheUnion() : Corpus.read(text, field);
      Optional<PerplexityResult> result;
      try (ProgressDisplay progress = ProgressDisplay.of(spec)) {
        result = perplexity.of(documents(corpus), progress, () -> stop.reason() != null);
      }
      if (result.isEmpty()) {
        spec.commandLine().getErr().println("saccade: interrupted; nothing is measured");
        spec.commandLine().getErr().flush();
        return StopRequest.EXIT_CODE;
      }
      report(
          PerplexityReport.of(
              "saccade " + CommandLineText.of(spec.commandLine().getParseResult().originalArgs()),
              model,
              new PerplexityReport.Text(corpus.name(), split(), tokenizer.vocabularySize()),
              settings,
              result.get()));
      return 0;
    }
  }

  private void report(PerplexityReport report) {
    // Printed before it is written: a full disk does not lose minutes of work.
    spec.commandLine().getOut().print(PerplexityTable.render(report));
    spec.commandLine().getOut().flush();
    if (out != null) {
      report.write(out);
      spec.commandLine().getOut().printf("Report: %s%n", out);
    }
  }

  private @Nullable Split part() {
    return split == null && text == null ? Split.TEST : split;
  }

  private String split() {
    Split part = part();
    return part == null ? "all" : part.name().toLowerCase(Locale.ROOT);
  }

  private List<Document> documents(Corpus corpus) {
    Split part = part();
    List<Document> documents = part == null ? corpus.documents() : corpus.documents(part);
    if (documents.isEmpty()) {
      throw new SaccadeException(
          "%s has only %d documents, too few for a %s part; leave --split away"
              .formatted(corpus.name(), corpus.documents().size(), split()));
    }
    return documents;
  }
}
