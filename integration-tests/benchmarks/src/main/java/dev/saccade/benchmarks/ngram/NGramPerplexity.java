package dev.saccade.benchmarks.ngram;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.evaluate.Documents;
import dev.saccade.runtime.evaluate.Perplexity;
import dev.saccade.runtime.evaluate.PerplexityResult;
import dev.saccade.runtime.evaluate.PerplexitySettings;
import dev.saccade.runtime.files.AtomicFile;
import dev.saccade.runtime.measure.Machine;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.report.Report;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Split;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.tokenize.TokenizerFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The perplexity of n-grams with modified Kneser–Ney smoothing, counted on the training part of the
 * State of the Union addresses and measured as {@code saccade eval --task perplexity} does: in the
 * tokens of the same tokenizer, of which the same count.
 */
@Command(
    name = "run ngram",
    description =
        "Measure n-grams (interpolated, modified Kneser-Ney) on the State of the Union addresses,"
            + " exactly as saccade eval --task perplexity measures a language model.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class NGramPerplexity implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(names = "--tokenizer", required = true, description = "The model's tokenizer.json.")
  private Path tokenizer;

  @Option(names = "--orders", split = ",", defaultValue = "3,4,5", description = "Values of n.")
  private List<Integer> orders;

  @Option(
      names = "--splits",
      split = ",",
      defaultValue = "VALIDATION,TEST",
      description = "What is measured.")
  private List<Split> splits;

  @Option(names = "--context", defaultValue = "512", description = "Tokens of a window.")
  private int context;

  @Option(names = "--stride", description = "As of saccade eval.")
  private @Nullable Integer stride;

  @Option(names = "--documents", defaultValue = "SEPARATE", description = "As of saccade eval.")
  private Documents documents;

  @Option(names = "--out", description = "Also write everything as JSON.")
  private @Nullable Path out;

  /** One n on one part of the corpus. */
  record Measured(
      int order,
      String split,
      List<Integer> ngrams,
      List<Discounts> discounts,
      PerplexityResult result) {

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "order %d  %-10s  perplexity %8.4f  %.4f bits per byte  %,d of %,d tokens count",
          order,
          split,
          result.total().perplexity(),
          result.total().bitsPerByte(),
          result.total().scored(),
          result.total().tokens());
    }
  }

  /** All of it; the components are the fields of the JSON file. */
  record Measurement(
      String created,
      String command,
      Report.Environment environment,
      int vocabulary,
      PerplexitySettings settings,
      List<Measured> measured) {}

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new NGramPerplexity())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    Tokenizer tokens = TokenizerFile.read(tokenizer);
    PerplexitySettings settings = new PerplexitySettings(context, stride, documents, 2000, 42);
    List<Measured> all = new ArrayList<>();
    for (int order : orders) {
      for (Measured measured : measure(Corpus.stateOfTheUnion(), tokens, order, settings, splits)) {
        System.out.println(measured);
        all.add(measured);
      }
    }
    if (out != null) {
      Measurement measurement =
          new Measurement(
              Instant.now().toString(),
              "integration-tests/benchmarks/run ngram "
                  + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
              Machine.environment(),
              tokens.vocabularySize(),
              settings,
              all);
      byte[] json =
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(measurement);
      AtomicFile.write(out, stream -> stream.write(json));
    }
    return 0;
  }

  static List<Measured> measure(
      Corpus corpus,
      Tokenizer tokenizer,
      int order,
      PerplexitySettings settings,
      List<Split> splits) {
    NGramForesight foresight = new NGramForesight(corpus.documents(Split.TRAIN), tokenizer, order);
    Perplexity perplexity = new Perplexity(foresight, settings);
    KneserNey model = foresight.model();
    return splits.stream()
        .map(
            split ->
                new Measured(
                    order,
                    split.name().toLowerCase(Locale.ROOT),
                    IntStream.rangeClosed(1, order).map(model::size).boxed().toList(),
                    IntStream.rangeClosed(1, order).mapToObj(model::discounts).toList(),
                    perplexity
                        .of(corpus.documents(split), Progress.NONE, () -> false)
                        .orElseThrow()))
        .toList();
  }
}
