package dev.saccade.runtime.train.language;

import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.LearnedParameter;
import dev.saccade.runtime.model.LearningModel;
import dev.saccade.runtime.model.LossGradients;
import dev.saccade.runtime.model.Objective;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.safetensors.TensorType;
import dev.saccade.runtime.train.BatchGradients;
import dev.saccade.runtime.train.LossSum;
import dev.saccade.runtime.train.Trainable;
import dev.saccade.runtime.train.TrainedParameter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A causal language model that is trained to say the next token; the loss is the mean surprisal in
 * nats.
 *
 * <p>Every checkpoint is a Hugging Face directory besides, with the tokenizer of the model's
 * source, that {@link CausalModel#open} takes. Matrices and embeddings decay; biases, the scales of
 * LayerNorms and other vectors do not. For one thread.
 */
public final class LanguageLearner implements Trainable<TokenBatch>, AutoCloseable {

  /** What the weights are at the beginning, which decides who learns at which rate. */
  public enum Start {
    /** Drawn like everything else: all learn at the run's rate. */
    SCRATCH,
    /**
     * Trained before: they learn at the run's rate, and what a mechanism wants to learn faster is
     * {@link TrainedParameter#NEW}.
     */
    PRETRAINED
  }

  /** The one group of a model from {@link Start#SCRATCH}. */
  static final String FROM_SCRATCH = "from scratch";

  private static final String TERM = "next token";

  private final CausalModel model;
  private final LearningModel learning;
  private final List<LearnedParameter> learned;
  private final List<TrainedParameter> trained;

  /** Lent to whoever called {@link #step} last. */
  private @Nullable LossGradients lent;

  /**
   * @param model stays the caller's, and open as long as this is
   */
  public LanguageLearner(CausalModel model, Start start) {
    this.model = model;
    this.learning = model.learning();
    this.learned = learning.parameters().stream().filter(LearnedParameter::isTrained).toList();
    this.trained =
        learned.stream()
            .map(
                parameter ->
                    new TrainedParameter(
                        parameter.name(),
                        parameter.value(),
                        group(parameter, start),
                        parameter.value().rank() > 1))
            .toList();
  }

  private static String group(LearnedParameter parameter, Start start) {
    if (start == Start.SCRATCH) {
      return FROM_SCRATCH;
    }
    return parameter.learningRateScale() == 1 ? TrainedParameter.PRETRAINED : TrainedParameter.NEW;
  }

  @Override
  public List<TrainedParameter> parameters() {
    return trained;
  }

  @Override
  public Map<String, String> traits() {
    Map<String, String> traits = new LinkedHashMap<>();
    traits.put("model", model.pretrained().config().toString());
    traits.put(
        "attention",
        model.choices().stream()
            .distinct()
            .map(SlotChoice::toString)
            .collect(Collectors.joining(", ")));
    return traits;
  }

  @Override
  public void reach(long step) {
    learning.redraw(step);
  }

  @Override
  public BatchGradients step(TokenBatch batch, long seed) {
    return step(batch, batch.nextTokens());
  }

  /**
   * As {@link #step(TokenBatch, long)}, but learns some tokens only, or others than those that
   * follow.
   *
   * @param labels as {@link LearningModel#loss} takes them
   */
  public BatchGradients step(TokenBatch batch, int[] labels) {
    takeBack();
    LossGradients found = learning.gradients(batch, labels);
    lent = found;
    return new BatchGradients(
        Map.of(TERM, found.loss()),
        learned.stream().map(found::of).toList(),
        counting(labels),
        found.peakBytes());
  }

  @Override
  public LossSum evaluate(TokenBatch batch) {
    return evaluate(batch, batch.nextTokens());
  }

  /** As {@link #evaluate(TokenBatch)}, for the labels of {@link #step(TokenBatch, int[])}. */
  public LossSum evaluate(TokenBatch batch, int[] labels) {
    takeBack();
    long count = counting(labels);
    return new LossSum(learning.loss(batch, labels) * count, count);
  }

  private static long counting(int[] labels) {
    return Arrays.stream(labels).filter(label -> label != Objective.IGNORED).count();
  }

  @Override
  public void describe(Path directory) {
    model.save(directory, TensorType.F32);
  }

  private void takeBack() {
    if (lent != null) {
      lent.close();
      lent = null;
    }
  }

  /** Ends learning; the model stays as it has become. */
  @Override
  public void close() {
    takeBack();
    learning.close();
  }
}
