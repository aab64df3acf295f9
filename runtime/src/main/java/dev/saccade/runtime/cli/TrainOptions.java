package dev.saccade.runtime.cli;

import dev.saccade.runtime.train.AdamWSettings;
import dev.saccade.runtime.train.LearningRate;
import dev.saccade.runtime.train.LearningRate.Shape;
import dev.saccade.runtime.train.Rhythm;
import dev.saccade.runtime.train.TrainSettings;
import dev.saccade.runtime.train.TrainedParameter;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How to train, for every command that trains. */
final class TrainOptions {

  private static final int PARTS = 20;
  private static final int WARMUP_PART = 100;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Keep checkpoints, log.jsonl and loss.svg of the run here.")
  private Path out;

  @Option(
      names = "--resume",
      description =
          "Go on with the run in --out from its last checkpoint; the settings must be the same.")
  private boolean resume;

  @Option(names = "--steps", paramLabel = "N", description = "Steps to take. Default: 1000.")
  private int steps = 1000;

  @Option(
      names = "--accumulate",
      paramLabel = "N",
      description = "Batches whose gradients make a step. Default: 1.")
  private int accumulation = 1;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      description = "The highest learning rate. Default: 0.001.")
  private double learningRate = 1e-3;

  @Option(
      names = "--new-rate",
      paramLabel = "FACTOR",
      description =
          "What the learning rate is multiplied with for parameters that are not pretrained."
              + " Default: 10.")
  private double newRate = 10;

  @Option(
      names = "--schedule",
      paramLabel = "NAME",
      description = "constant, linear or cosine, after the warm-up. Default: cosine.")
  private Shape schedule = Shape.COSINE;

  @Option(
      names = "--warmup",
      paramLabel = "STEPS",
      description = "Steps until the learning rate is reached. Default: a hundredth of --steps.")
  private @Nullable Integer warmup;

  @Option(
      names = "--floor",
      paramLabel = "FRACTION",
      description = "What of the learning rate is left at the end, within 0 … 1. Default: 0.1.")
  private double floor = 0.1;

  @Option(
      names = "--weight-decay",
      paramLabel = "X",
      description =
          "What weights lose at a step, times the learning rate; biases and LayerNorms nothing."
              + " Default: 0.1.")
  private double weightDecay = AdamWSettings.defaults().weightDecay();

  @Option(names = "--beta1", paramLabel = "X", description = "AdamW's memory. Default: 0.9.")
  private double beta1 = AdamWSettings.defaults().beta1();

  @Option(
      names = "--beta2",
      paramLabel = "X",
      description = "AdamW's memory of squares. Default: 0.95.")
  private double beta2 = AdamWSettings.defaults().beta2();

  @Option(names = "--epsilon", paramLabel = "X", description = "AdamW's. Default: 1e-8.")
  private double epsilon = AdamWSettings.defaults().epsilon();

  @Option(
      names = "--clip",
      paramLabel = "LENGTH",
      description = "Shorten gradients that are longer; 0 for none. Default: 1.")
  private double clip = 1;

  @Option(
      names = "--divergence",
      paramLabel = "FACTOR",
      description =
          "Stop when the running mean of the loss is so many times its lowest; 0 for never."
              + " Default: 2.")
  private double divergence = 2;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Draw parameters and the order of the data from it. Default: 42.")
  private long seed = 42;

  @Option(
      names = "--evaluate-every",
      paramLabel = "STEPS",
      description = "0 for never. Default: a twentieth of --steps.")
  private @Nullable Integer evaluateEvery;

  @Option(
      names = "--save-every",
      paramLabel = "STEPS",
      description = "0 for only at the end. Default: a twentieth of --steps.")
  private @Nullable Integer saveEvery;

  @Option(
      names = "--log-every",
      paramLabel = "STEPS",
      description = "Steps a line of log.jsonl. Default: 1.")
  private int logEvery = 1;

  /** Where the run is. */
  Path out() {
    return out;
  }

  /** Whether to go on with it. */
  boolean resume() {
    return resume;
  }

  /** Where parameters and the order of the data come from. */
  long seed() {
    return seed;
  }

  /**
   * Returns the settings.
   *
   * @throws dev.saccade.runtime.SaccadeException when a value makes no sense
   */
  TrainSettings settings() {
    int part = Math.max(1, steps / PARTS);
    return new TrainSettings(
        steps,
        accumulation,
        seed,
        new LearningRate(
            learningRate, schedule, warmup == null ? steps / WARMUP_PART : warmup, floor),
        new AdamWSettings(
            beta1, beta2, epsilon, weightDecay, Map.of(TrainedParameter.NEW, newRate)),
        clip,
        divergence,
        new Rhythm(
            evaluateEvery == null ? part : evaluateEvery,
            saveEvery == null ? part : saveEvery,
            logEvery));
  }
}
