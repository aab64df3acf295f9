package dev.saccade.runtime.tasks.passkey;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.evaluate.Bootstrap;
import dev.saccade.runtime.generate.GenerationListener;
import dev.saccade.runtime.generate.GenerationSettings;
import dev.saccade.runtime.generate.Generator;
import dev.saccade.runtime.generate.Sampling;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.train.StepSeed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Asks a language model for numbers that lie in much text.
 *
 * <p>Twice: it may write ten tokens, greedily, whose first number counts, as was published; and it
 * is shown the text as it goes on with the key and with other numbers of as many digits, of which
 * it should find the key likeliest. A model too small to obey may still remember.
 */
public final class PasskeyTrial {

  static final int WRITTEN_TOKENS = 10;
  static final double CONFIDENCE = 0.95;

  /** Logits at once; more would be memory without a gain in speed. */
  private static final long MOST_LOGITS = 1L << 23;

  private final CausalModel model;
  private final Tokenizer tokenizer;
  private final PasskeySettings settings;

  /**
   * @param tokenizer that the model was trained with
   */
  public PasskeyTrial(CausalModel model, Tokenizer tokenizer, PasskeySettings settings) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.settings = settings;
  }

  /** What came of one prompt, as a bootstrap adds it up. */
  private record Found(int tokens, double said, double chosen) {}

  /**
   * Asks.
   *
   * @return a row for each length of filler, or empty if it was stopped
   * @throws SaccadeException if a prompt with its answer is longer than the model's positions
   */
  public Optional<List<PasskeyScore>> run(Progress progress, BooleanSupplier stopped) {
    List<PasskeyScore> scores = new ArrayList<>();
    settings.fillers().forEach(this::requireFits);
    int done = 0;
    for (int row = 0; row < settings.fillers().size(); row++) {
      int filler = settings.fillers().get(row);
      List<Found> found = new ArrayList<>();
      for (int prompt = 0; prompt < settings.prompts(); prompt++) {
        progress.at(
            "%,d characters of filler".formatted(filler),
            done,
            settings.prompts() * settings.fillers().size());
        if (stopped.getAsBoolean() || Thread.currentThread().isInterrupted()) {
          return Optional.empty();
        }
        found.add(ask(filler, random(filler, prompt)));
        done++;
      }
      scores.add(score(filler, found));
    }
    return Optional.of(scores);
  }

  private PasskeyScore score(int filler, List<Found> found) {
    Bootstrap bootstrap = new Bootstrap(settings.resamples(), settings.seed(), CONFIDENCE);
    double[] said = found.stream().mapToDouble(Found::said).toArray();
    double[] chosen = found.stream().mapToDouble(Found::chosen).toArray();
    double[] each = new double[found.size()];
    Arrays.fill(each, 1);
    return new PasskeyScore(
        filler,
        found.stream().mapToInt(Found::tokens).average().orElse(0),
        found.size(),
        Arrays.stream(said).sum() / found.size(),
        bootstrap.ratio(said, each),
        Arrays.stream(chosen).sum() / found.size(),
        bootstrap.ratio(chosen, each));
  }

  private Found ask(int filler, SplittableRandom random) {
    PasskeyPrompt prompt = PasskeyPrompt.draw(filler, random);
    int[] rivals = prompt.rivals(settings.rivals(), random);
    return new Found(tokens(prompt), says(prompt) ? 1 : 0, choosesKey(prompt, rivals) ? 1 : 0);
  }

  private SplittableRandom random(int filler, int prompt) {
    return new SplittableRandom(StepSeed.of(settings.seed(), filler, prompt));
  }

  private int tokens(PasskeyPrompt prompt) {
    return model.tokens(prompt.text(), tokenizer).length;
  }

  /** Every prompt of a length, before any is asked: what was found would be lost. */
  private void requireFits(int filler) {
    int tokens =
        IntStream.range(0, settings.prompts())
            .map(prompt -> tokens(PasskeyPrompt.draw(filler, random(filler, prompt))))
            .max()
            .orElse(0);
    int positions = model.spec().maxPositions();
    if (tokens + WRITTEN_TOKENS - 1 > positions) {
      throw new SaccadeException(
          "a prompt with %,d characters of filler has %,d tokens and needs room for %d more, but the model has %,d positions; give less --filler"
              .formatted(filler, tokens, WRITTEN_TOKENS - 1, positions));
    }
  }

  private boolean says(PasskeyPrompt prompt) {
    return prompt.isAnsweredBy(
        new Generator(model, tokenizer)
            .generate(
                prompt.text(),
                GenerationSettings.of(Sampling.GREEDY, WRITTEN_TOKENS),
                GenerationListener.NONE)
            .text());
  }

  /**
   * Of whole texts, since a tokenizer may join the question and the number: what comes before is
   * the same, so its surprise decides nothing.
   */
  private boolean choosesKey(PasskeyPrompt prompt, int[] rivals) {
    List<int[]> texts = new ArrayList<>();
    texts.add(model.tokens(prompt.answeredWith(prompt.key()), tokenizer));
    for (int rival : rivals) {
      texts.add(model.tokens(prompt.answeredWith(rival), tokenizer));
    }
    double[] surprises = surprises(texts);
    return Arrays.stream(surprises).skip(1).allMatch(rival -> surprises[0] < rival);
  }

  /** −log p of each text, in nats. */
  private double[] surprises(List<int[]> texts) {
    int longest = texts.stream().mapToInt(text -> text.length).max().orElseThrow();
    long logits = (long) longest * model.pretrained().config().vocabularySize();
    int step = (int) Math.max(1, Math.min(texts.size(), MOST_LOGITS / logits));
    double[] surprises = new double[texts.size()];
    for (int from = 0; from < texts.size(); from += step) {
      List<int[]> some = texts.subList(from, Math.min(from + step, texts.size()));
      TokenBatch batch = model.batch(some, model.spec().maxPositions());
      float[] found = model.surprisals(batch);
      for (int b = 0; b < some.size(); b++) {
        for (int t = 0; t < some.get(b).length - 1; t++) {
          surprises[from + b] += found[b * batch.positions() + t];
        }
      }
    }
    return surprises;
  }
}
