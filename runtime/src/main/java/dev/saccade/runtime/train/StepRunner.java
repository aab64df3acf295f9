package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Takes steps: gradients of some batches, checked, clipped, and given to the optimiser. */
final class StepRunner<B> {

  private static final double NANOS = 1e9;

  private final Trainable<B> model;
  private final TrainingData<B> data;
  private final TrainSettings settings;
  private final List<TrainedParameter> parameters;
  private final GradientSum gradients;
  private final AdamW optimizer;

  StepRunner(Trainable<B> model, TrainingData<B> data, TrainSettings settings, AdamW optimizer) {
    this.model = model;
    this.data = data;
    this.settings = settings;
    this.parameters = model.parameters();
    this.gradients = new GradientSum(parameters);
    this.optimizer = optimizer;
  }

  /** What is added up over the batches of a step. */
  private static final class Sums {
    final Map<String, Double> terms = new LinkedHashMap<>();
    long positions;
    long peakBytes;

    void add(BatchGradients of) {
      of.terms().forEach((term, mean) -> terms.merge(term, mean * of.positions(), Double::sum));
      positions += of.positions();
      peakBytes = Math.max(peakBytes, of.peakBytes());
    }

    Map<String, Double> means() {
      Map<String, Double> means = new LinkedHashMap<>();
      terms.forEach((term, sum) -> means.put(term, sum / positions));
      return means;
    }
  }

  /** Returns how many batches lie before a step. */
  long firstBatch(long step) {
    return step * settings.accumulation();
  }

  /**
   * Computes the gradients of a step; parameters stay as they are.
   *
   * @param step from 0
   */
  private Sums compute(long step) {
    gradients.clear();
    Sums sums = new Sums();
    for (int part = 0; part < settings.accumulation(); part++) {
      long batch = firstBatch(step) + part;
      int epoch = Math.toIntExact(batch / data.batches());
      int index = (int) (batch % data.batches());
      BatchGradients computed =
          model.step(data.batch(epoch, index), StepSeed.of(settings.seed(), step, part));
      if (computed.positions() < 1) {
        throw new SaccadeException(
            "batch %d of epoch %d has no position to learn from; leave it out of the data"
                .formatted(index, epoch));
      }
      requireFinite(computed, step, epoch, index);
      gradients.add(computed.gradients(), computed.positions());
      sums.add(computed);
    }
    return sums;
  }

  private static void requireFinite(BatchGradients computed, long step, int epoch, int index) {
    computed
        .terms()
        .forEach(
            (term, value) -> {
              if (!Double.isFinite(value)) {
                throw new TrainingBroken(
                    step + 1,
                    "the loss %s is %s for batch %d of epoch %d"
                        .formatted(term, value, index, epoch));
              }
            });
  }

  /**
   * Takes a step.
   *
   * @param trend of the loss before it, which says what is too much
   * @throws TrainingBroken before any parameter was changed
   */
  StepReport take(long step, LossTrend trend) {
    long begun = System.nanoTime();
    Sums sums = compute(step);
    Map<String, Double> terms = sums.means();
    double loss = terms.values().stream().mapToDouble(Double::doubleValue).sum();
    requireBelow(trend.limit(settings.divergence()), trend.plus(loss).mean(), terms, step);
    double norm = requireFinite(gradients.norm(), step);
    double rate = settings.rate().at(step, settings.steps());
    optimizer.update(gradients, gradients.scale() * clipping(norm), rate);
    return new StepReport(
        step + 1,
        settings.steps(),
        Math.toIntExact((firstBatch(step + 1) - 1) / data.batches()),
        loss,
        terms,
        rate,
        norm,
        sums.positions,
        (System.nanoTime() - begun) / NANOS,
        sums.peakBytes);
  }

  private double clipping(double norm) {
    double longest = settings.clip();
    return longest > 0 && norm > longest ? longest / norm : 1;
  }

  private void requireBelow(double limit, double mean, Map<String, Double> terms, long step) {
    if (mean > limit) {
      throw new TrainingBroken(
          step + 1,
          "the running mean of the loss rose to %.4g, above %s times what it had been; the terms are %s"
              .formatted(mean, settings.divergence(), terms));
    }
  }

  private double requireFinite(double norm, long step) {
    if (!Double.isFinite(norm)) {
      OptionalInt parameter = gradients.firstBroken();
      throw new TrainingBroken(
          step + 1,
          "the gradient of %s is not finite"
              .formatted(
                  parameter.isPresent() ? parameters.get(parameter.getAsInt()) : "the model"));
    }
    return norm;
  }
}
