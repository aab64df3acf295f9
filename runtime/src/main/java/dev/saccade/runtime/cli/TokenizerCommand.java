package dev.saccade.runtime.cli;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.json.JsonSection;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.tokenize.BpeTrainer;
import dev.saccade.runtime.tokenize.TokenSequence;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.tokenize.TokenizerFile;
import dev.saccade.runtime.tokenize.TrainedBpe;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code saccade tokenizer}. */
@Command(
    name = "tokenizer",
    description = "Train a tokenizer, or show how one cuts a text.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {TokenizerCommand.Train.class, TokenizerCommand.Show.class})
final class TokenizerCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "say what to do with a tokenizer: train or show");
  }

  /** {@code saccade tokenizer train}. */
  @Command(
      name = "train",
      description = {
        "Learn a byte-level vocabulary by byte pair encoding, as GPT-2 and OPT have one.",
        "",
        "Writes a tokenizer.json that Hugging Face's libraries read too. The same texts give the"
            + " same file."
      },
      mixinStandardHelpOptions = true,
      abbreviateSynopsis = true,
      sortOptions = false)
  static final class Train implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private CorpusOptions corpus;

    @Option(
        names = "--vocabulary",
        paramLabel = "N",
        defaultValue = "8192",
        description = "How many tokens to learn, special ones included. Default: ${DEFAULT-VALUE}.")
    private int vocabulary;

    @Option(
        names = "--minimum-frequency",
        paramLabel = "N",
        defaultValue = "2",
        description = "How often a token must occur. Default: ${DEFAULT-VALUE}.")
    private int minimumFrequency;

    @Option(
        names = "--special",
        paramLabel = "TOKEN",
        split = ",",
        description =
            "Tokens that are never made from text, separated by commas. Default: those of OPT,"
                + " <s>,<pad>,</s>,<unk>.")
    private List<String> special = new ArrayList<>(BpeTrainer.Settings.SPECIAL_TOKENS_OF_OPT);

    @Option(
        names = "--start",
        paramLabel = "TOKEN",
        defaultValue = "</s>",
        description =
            "The special token that goes before every text; \"\" for none. Default:"
                + " ${DEFAULT-VALUE}.")
    private String start;

    @Option(
        names = "--out",
        paramLabel = "FILE",
        defaultValue = "tokenizer.json",
        description = "Write the tokenizer here. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Override
    public Integer call() {
      BpeTrainer.Settings settings =
          new BpeTrainer.Settings(vocabulary, minimumFrequency, special, start);
      if (Files.isDirectory(out)) {
        throw new SaccadeException(
            "%s is a directory; name a file in it, such as %s"
                .formatted(out, out.resolve(TokenizerFile.NAME)));
      }
      List<Document> documents = corpus.learnedFrom();
      TrainedBpe trained;
      try (ProgressDisplay progress = ProgressDisplay.of(spec, "training")) {
        BpeTrainer trainer = new BpeTrainer(settings, progress);
        documents.forEach(document -> trainer.add(document.text()));
        trained = trainer.train();
      }
      trained.write(out);
      report(trained, documents);
      return 0;
    }

    private void report(TrainedBpe trained, List<Document> documents) {
      PrintWriter terminal = spec.commandLine().getOut();
      Tokenizer tokenizer = trained.tokenizer();
      long characters = documents.stream().mapToLong(document -> document.text().length()).sum();
      long tokens =
          documents.stream().mapToLong(document -> tokenizer.textIds(document.text()).length).sum();
      if (trained.tokens().size() < vocabulary) {
        spec.commandLine()
            .getErr()
            .printf(
                "The text has only %d tokens that occur %d times or more.%n",
                trained.tokens().size(), minimumFrequency);
      }
      terminal.printf(
          "%d tokens: %d special, 256 bytes, %d merges; %.2f characters a token in %d documents%n",
          trained.tokens().size(),
          special.size(),
          trained.merges().size(),
          (double) characters / tokens,
          documents.size());
      terminal.printf("Tokenizer: %s%n", out);
    }
  }

  /** {@code saccade tokenizer show}. */
  @Command(
      name = "show",
      description = "Show the tokens of a text.",
      mixinStandardHelpOptions = true)
  static final class Show implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Option(
        names = "--tokenizer",
        paramLabel = "PATH",
        required = true,
        description = "A tokenizer.json, or the directory of a model that has one.")
    private Path tokenizer;

    @Parameters(paramLabel = "TEXT", description = "What to cut into tokens.")
    private String text;

    @Override
    public Integer call() {
      Tokenizer read =
          TokenizerFile.read(
              Files.isDirectory(tokenizer) ? tokenizer.resolve(TokenizerFile.NAME) : tokenizer);
      TokenSequence tokens = read.encode(text);
      PrintWriter out = spec.commandLine().getOut();
      out.println(table(tokens));
      out.printf(
          "%n%d tokens, of which %d are not from the text; the vocabulary has %d%n",
          tokens.length(), tokens.length() - tokens.textLength(), read.vocabularySize());
      String decoded = read.decode(tokens.ids());
      if (!decoded.equals(text)) {
        out.printf("Decoded: %s%n", JsonSection.printable(decoded));
      }
      return 0;
    }

    private static String table(TokenSequence sequence) {
      List<String> tokens = sequence.tokens();
      return AsciiTable.getTable(
              AsciiTable.NO_BORDERS,
              IntStream.range(0, tokens.size()).boxed().toList(),
              List.of(
                  column("position", HorizontalAlign.RIGHT).with(String::valueOf),
                  column("id", HorizontalAlign.RIGHT).with(i -> String.valueOf(sequence.id(i))),
                  column("token", HorizontalAlign.LEFT)
                      .with(i -> JsonSection.printable(tokens.get(i)))))
          .lines()
          .map(String::stripTrailing)
          .collect(Collectors.joining(System.lineSeparator()));
    }

    private static Column column(String header, HorizontalAlign align) {
      return new Column().header(header).headerAlign(align).dataAlign(align).maxWidth(80);
    }
  }
}
