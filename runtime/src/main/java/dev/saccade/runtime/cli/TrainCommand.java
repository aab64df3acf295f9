package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.SlotChoice;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
      paramLabel = "DIR",
      description =
          "Train this model further: a Hugging Face directory of an OPT with its tokenizer, such as"
              + " best/ of another run. Default: begin from scratch.")
  private @Nullable Path from;

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

  @Option(
      names = "--attention",
      paramLabel = "NAME",
      defaultValue = "flash",
      description = "The mechanism of every layer. Default: ${DEFAULT-VALUE}.")
  private String attention;

  @Option(
      names = {"--option", "--set"},
      paramLabel = MechanismOption.FORM,
      converter = MechanismOption.Reader.class,
      description =
          "Set an option of the mechanism, such as sea.k=16; may be given several times. For what"
              + " there is, see: saccade mechanisms NAME.")
  private List<MechanismOption> options = new ArrayList<>();

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
      saccade.mechanisms().require(attention);
      Corpus corpus = texts.corpus();
      Path companions = from == null ? out : from;
      Tokenizer cut = tokenizer(corpus);
      try (PretrainedDecoder decoder = decoder(cut, companions);
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
        return TrainingSession.run(spec, training, learner, data);
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
    for (String mechanism : MechanismOption.byMechanism(options).keySet()) {
      if (!mechanism.equals(attention)) {
        throw new SaccadeException(
            "an option of %s is set, but the model's attention is %s"
                .formatted(mechanism, attention));
      }
    }
  }

  /** The one that the run has or is given; a new run keeps it beside its checkpoints. */
  private Tokenizer tokenizer(Corpus corpus) {
    Path kept = training.out().resolve(TokenizerFile.NAME);
    if (from != null) {
      return TokenizerFile.read(from.resolve(TokenizerFile.NAME));
    }
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

  private PretrainedDecoder decoder(Tokenizer cut, Path companions) {
    return from == null
        ? PretrainedDecoder.untrained(
            String.valueOf(training.out().getFileName()),
            companions,
            sizes.config(cut),
            training.seed())
        : PretrainedDecoder.open(from);
  }

  private List<SlotChoice> choices(PretrainedDecoder decoder) {
    Map<String, String> set =
        MechanismOption.byMechanism(options).getOrDefault(attention, Map.of());
    return Collections.nCopies(decoder.config().layers(), new SlotChoice(attention, set));
  }
}
