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
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code saccade eval --task perplexity}: which text is read, and how. */
final class PerplexityOptions {

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
      description = "What holds the text of a .jsonl line. Default: text.")
  private String field = "text";

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
      description =
          "separate or joined: whether each is read by itself, or all as one text. Default:"
              + " separate.")
  private Documents documents = Documents.SEPARATE;

  /**
   * Measures and reports.
   *
   * @return the exit code
   */
  int run(EvalOptions common) {
    common.checkWritable(EvalTask.PERPLEXITY);
    try (StopRequest stop = StopRequest.onShutdown();
        Saccade saccade = common.open()) {
      CausalModel model = common.model(saccade);
      Tokenizer tokenizer = LanguageModelOptions.tokenizer(model);
      int most = model.spec().maxPositions();
      PerplexitySettings settings =
          new PerplexitySettings(
              context == null ? most : context,
              stride,
              documents,
              common.resamples(),
              common.seed());
      Perplexity perplexity = new Perplexity(model, tokenizer, settings);
      Corpus corpus = text == null ? Corpus.stateOfTheUnion() : Corpus.read(text, field);
      Optional<PerplexityResult> result;
      try (ProgressDisplay progress = common.progress()) {
        result = perplexity.of(documents(corpus), progress, () -> stop.reason() != null);
      }
      if (result.isEmpty()) {
        return common.interrupted();
      }
      PerplexityReport report =
          PerplexityReport.of(
              common.command(),
              model,
              new PerplexityReport.Text(corpus.name(), split(), tokenizer.vocabularySize()),
              settings,
              result.get());
      return common.report(PerplexityTable.render(report), report);
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
