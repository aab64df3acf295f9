package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.report.KernelLines;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Split;
import dev.saccade.runtime.tokenize.BpeTrainer;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.tokenize.TokenizerFile;
import dev.saccade.runtime.train.Trainer;
import dev.saccade.runtime.train.language.LanguageData;
import dev.saccade.runtime.train.language.LanguageLearner;
import dev.saccade.runtime.train.language.LanguageLearner.Start;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code saccade train}. */
@Command(
    name = "train",
    description = {
      "Train a causal language model on text, from scratch or further, with any attention.",
      "",
      "Keeps the last and the best checkpoint in --out, each a Hugging Face directory too, with the"
          + " tokenizer. Ctrl-C stops after the step it is at; --resume goes on to the same bits."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class TrainCommand implements Callable<Integer> {

  private static final int VOCABULARY = 4096;

  @Spec private CommandSpec spec;

  @Mixin private PluginOptions plugins;

  @Mixin private CorpusOptions texts;

  @Option(
      names = "--from",
      paramLabel = "MODEL",
      description =
          "Train this model further: opt-sotu, or a Hugging Face directory of an OPT with its"
              + " tokenizer, such as best/ of another run. Default: begin from scratch.")
  private @Nullable String from;

  @Option(
      names = "--tokenizer",
      paramLabel = "PATH",
      description =
          "A tokenizer.json, or a directory that has one. Default: learn one from the text.")
  private @Nullable Path tokenizer;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description = "How many tokens the tokenizer learns. Default: 4096.")
  private @Nullable Integer vocabulary;

  @Mixin private ModelSizes sizes;

  @Mixin private AttentionOptions attention;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "8",
      description = "Blocks of --context tokens in a batch. Default: ${DEFAULT-VALUE}.")
  private int batch;

  @Mixin private TrainOptions training;

  @Override
  public Integer call() {
    requireConsistent();
    Path out = training.out();
    if (training.resume()) {
      Trainer.requireRun(out);
    } else {
      Trainer.requireFree(out);
    }
    try (Saccade saccade = plugins.open()) {
      PluginReport.failures(saccade).forEach(spec.commandLine().getErr()::println);
      if (from == null) {
        // Before a tokenizer is learned.
        attention.choices(1).forEach(each -> saccade.mechanisms().require(each.mechanism()));
      }
      Corpus corpus = texts.corpus();
      Path source = from == null ? null : saccade.languageModels().find(from);
      Tokenizer cut =
          source == null
              ? tokenizer(corpus)
              : TokenizerFile.read(source.resolve(TokenizerFile.NAME));
      try (PretrainedDecoder decoder =
              source == null ? untrained(cut) : PretrainedDecoder.open(source);
          CausalModel model =
              new CausalModel(decoder, saccade.mechanisms(), choices(decoder), training.seed());
          LanguageLearner learner =
              new LanguageLearner(model, from == null ? Start.SCRATCH : Start.PRETRAINED)) {
        LanguageData data =
            LanguageData.of(
                corpus, cut, sizes.contextWithin(decoder.config()), batch, training.seed());
        spec.commandLine()
            .getOut()
            .println(
                String.format(
                    Locale.ROOT,
                    "%,d parameters, %,d of them attention's own; %s",
                    decoder.weights().count() + model.addedParameters(),
                    model.addedParameters(),
                    data));
        int exitCode = TrainingSession.run(spec, training, learner, data);
        KernelLines.of(model.kernelUses()).forEach(spec.commandLine().getOut()::println);
        return exitCode;
      }
    }
  }

  /** Before anything takes time. */
  private void requireConsistent() {
    training.settings();
    if (from != null) {
      sizes.requireNone();
      if (tokenizer != null || vocabulary != null) {
        throw new SaccadeException(
            "with --from the model has its tokenizer already; leave out --tokenizer and --vocabulary");
      }
    }
    if (tokenizer != null && vocabulary != null) {
      throw new SaccadeException(
          "--vocabulary is for a tokenizer that is learned; leave it out, or --tokenizer");
    }
  }

  /** The one that the run has or is given; a new run keeps it beside its checkpoints. */
  private Tokenizer tokenizer(Corpus corpus) {
    Path kept = training.out().resolve(TokenizerFile.NAME);
    if (tokenizer != null) {
      Path file = Files.isDirectory(tokenizer) ? tokenizer.resolve(TokenizerFile.NAME) : tokenizer;
      Tokenizer read = TokenizerFile.read(file);
      if (!training.resume()) {
        TokenizerFile.copy(file, training.out());
      }
      return read;
    }
    if (!training.resume()) {
      learnTokenizer(corpus, kept);
    }
    return TokenizerFile.read(kept);
  }

  private void learnTokenizer(Corpus corpus, Path file) {
    BpeTrainer.Settings settings =
        BpeTrainer.Settings.opt(vocabulary == null ? VOCABULARY : vocabulary);
    try (ProgressDisplay progress = ProgressDisplay.of(spec, "tokenizer")) {
      BpeTrainer trainer = new BpeTrainer(settings, progress);
      corpus.documents(Split.TRAIN).forEach(document -> trainer.add(document.text()));
      trainer.train().write(file);
    }
  }

  private PretrainedDecoder untrained(Tokenizer cut) {
    return PretrainedDecoder.untrained(
        String.valueOf(training.out().getFileName()),
        training.out(),
        sizes.config(cut),
        training.seed());
  }

  private List<SlotChoice> choices(PretrainedDecoder decoder) {
    return from == null ? attention.choices(decoder.config().layers()) : attention.choices(decoder);
  }
}
