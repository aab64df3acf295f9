package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.it.Cli.Result;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.tokenize.BpeTrainer;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.train.Rhythm;
import dev.saccade.runtime.train.StopRequest;
import dev.saccade.runtime.train.TrainSettings;
import dev.saccade.runtime.train.Trainer;
import dev.saccade.runtime.train.TrainingListener;
import dev.saccade.runtime.train.TrainingResult;
import dev.saccade.runtime.train.language.LanguageData;
import dev.saccade.runtime.train.language.LanguageLearner;
import dev.saccade.runtime.train.language.LanguageLearner.Start;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code saccade train} as people use it: stopped, killed, resumed; and with every mechanism. */
@Timeout(300)
class TrainIT {

  private static final int STEPS = 500;

  /** Long enough to be stopped within, with batches that differ. */
  private static final List<String> TINY =
      List.of(
          "--vocabulary=300",
          "--layers=2",
          "--hidden=32",
          "--heads=2",
          "--context=32",
          "--batch=4",
          "--steps=" + STEPS,
          "--evaluate-every=250",
          "--save-every=20");

  @TempDir private Path directory;

  /** A text of several documents, from this very repository. */
  private static Path texts() {
    return Distribution.root().resolve("docs/adr");
  }

  private static String[] training(Path run, String... more) {
    List<String> all = new ArrayList<>(List.of("train", "--text=" + texts(), "--out=" + run));
    all.addAll(TINY);
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @Test
  void a_run_that_is_stopped_and_killed_and_resumed_ends_with_the_bits_of_one_that_is_not()
      throws Exception {
    Cli cli = Cli.in(directory);
    Path whole = directory.resolve("whole");
    Path parted = directory.resolve("parted");
    Result straight = cli.run(training(whole)).succeeds();
    assertThat(straight.out()).contains("parameters", "lowest validation loss", "done, 500 steps");

    Process first = cli.start(training(parted));
    awaitSteps(first, parted, 30);
    signal(first, "INT");
    assertThat(first.waitFor()).as("exit code after Ctrl-C").isEqualTo(StopRequest.EXIT_CODE);
    long stoppedAt = steps(parted);
    assertThat(stoppedAt).isBetween(30L, STEPS - 1L);

    Process second = cli.start(training(parted, "--resume"));
    awaitSteps(second, parted, Math.min(stoppedAt + 30, STEPS));
    second.destroyForcibly().waitFor();
    cli.run(training(parted, "--resume")).succeeds();

    for (String checkpoint : List.of("last", "best")) {
      for (String file : List.of("parameters", "optimizer", "model")) {
        String name = checkpoint + "/" + file + ".safetensors";
        assertThat(parted.resolve(name)).hasSameBinaryContentAs(whole.resolve(name));
      }
    }
    assertThat(whole.resolve("loss.svg")).content().startsWith("<svg");
  }

  private static void awaitSteps(Process process, Path run, long steps) throws Exception {
    while (steps(run) < steps) {
      assertThat(process.isAlive()).as("training goes on at step %d", steps(run)).isTrue();
      Thread.sleep(5);
    }
  }

  private static void signal(Process process, String signal) throws Exception {
    new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
  }

  /** The lines of the log that are steps. */
  private static long steps(Path run) throws IOException {
    Path log = run.resolve("log.jsonl");
    if (!Files.exists(log)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(log)) {
      return lines.filter(line -> line.startsWith("{\"event\":\"step\"")).count();
    }
  }

  @Test
  void a_checkpoint_is_trained_further_and_mistakes_are_told_in_a_line() throws Exception {
    Cli cli = Cli.in(directory);
    Path run = directory.resolve("run");
    String[] brief = training(run, "--steps=4", "--evaluate-every=4");
    cli.run(brief).succeeds();

    Result further =
        cli.run(
            "train",
            "--from=" + run.resolve("best"),
            "--text=" + texts(),
            "--attention=linear",
            "--batch=4",
            "--steps=3",
            "--out=" + directory.resolve("further"));

    assertThat(further.succeeds().out()).containsPattern("computed by .*: linear");
    assertThat(directory.resolve("further/best/tokenizer.json"))
        .hasSameBinaryContentAs(run.resolve("best/tokenizer.json"));
    assertThat(
            cli.run("generate", "--model=further/best", "--max-tokens=2", "The").succeeds().err())
        .as("the attention that it was trained with")
        .contains("linear, decoding");
    cli.run(brief).isRefused(1, "already holds a run, of 4 steps");
    cli.run(training(directory.resolve("none"), "--resume")).isRefused(1, "no run to resume");
    cli.run(training(directory.resolve("other"), "--attention=none"))
        .isRefused(1, "no mechanism is named \"none\"");
    cli.run("train", "--from=" + run.resolve("best"), "--layers=3", "--out=x")
        .isRefused(1, "sizes already", "--layers");
  }

  @TestFactory
  Stream<DynamicTest> every_causal_mechanism_is_trained_from_scratch() {
    Saccade saccade = Distribution.open();
    Corpus corpus = Corpus.read(texts(), "text");
    BpeTrainer bpe = new BpeTrainer(BpeTrainer.Settings.opt(300), Progress.NONE);
    corpus.documents().forEach(document -> bpe.add(document.text()));
    Tokenizer tokenizer = bpe.train().tokenizer();
    LanguageData data = LanguageData.of(corpus, tokenizer, 64, 2, 1);
    OptConfig config = OptConfig.of(tokenizer.vocabularySize(), 32, 2, 2, 48, 64);
    AttentionSpec spec = CausalModel.spec(config);
    assertThat(spec.masking()).isEqualTo(Masking.CAUSAL_PADDING);
    List<String> causal =
        saccade.mechanisms().newest().stream()
            .filter(mechanism -> mechanism.capabilities().check(spec).isYes())
            .map(mechanism -> mechanism.name())
            .toList();
    assertThat(causal).contains("softmax", "flash", "sea", "linear", "performer");
    return causal.stream()
        .map(name -> DynamicTest.dynamicTest(name, () -> learns(saccade, name, config, data)))
        .onClose(saccade::close);
  }

  private void learns(Saccade saccade, String mechanism, OptConfig config, LanguageData data) {
    List<SlotChoice> choices =
        Collections.nCopies(config.layers(), new SlotChoice(mechanism, Map.of()));
    TokenBatch seen = data.batch(0, 0);
    try (PretrainedDecoder decoder = PretrainedDecoder.untrained(mechanism, directory, config, 5);
        CausalModel model = new CausalModel(decoder, saccade.mechanisms(), choices, 3);
        LanguageLearner learner = new LanguageLearner(model, Start.SCRATCH)) {
      double before = learner.evaluate(seen).mean();

      TrainingResult result =
          new Trainer<>(
                  learner,
                  data,
                  TrainSettings.defaults(2, 1e-3).withRhythm(new Rhythm(0, 0, 1)),
                  TrainingListener.NONE,
                  new StopRequest())
              .begin(directory.resolve(mechanism));

      assertThat(learner.evaluate(seen).mean()).isLessThan(before);
      try (CausalModel opened =
          CausalModel.open(result.lastCheckpoint(), saccade.mechanisms(), choices, 17)) {
        assertThat(opened.surprisals(seen)).isEqualTo(model.surprisals(seen));
      }
    }
  }
}
