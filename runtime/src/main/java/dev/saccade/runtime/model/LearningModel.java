package dev.saccade.runtime.model;

import dev.saccade.api.Parameter;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.engine.GraphCache;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphReach;
import dev.saccade.runtime.model.LearnedParameter.Origin;
import dev.saccade.runtime.model.ModelBinding.Call;
import dev.saccade.runtime.model.ModelBinding.GraphKey;
import dev.saccade.runtime.weights.ModelWeights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A model as whoever trains it sees it: parameters, and a loss with its gradients in one pass. If
 * it learns from a teacher, the teacher is run on every batch first.
 *
 * <p>It learns with the mechanisms that it began with when the model is given others, and ends when
 * one of their bundles leaves or the model is closed. Memory is reused from step to step. Safe for
 * use by many threads as long as none changes a parameter while another computes.
 */
public final class LearningModel implements AutoCloseable {

  private final Goal goal;
  private final int vocabularySize;
  private final int maximumPositions;
  private final List<LearnedParameter> parameters;
  private final List<String> trained;
  private final ParameterStore store;

  /** How often what is {@link Parameter.Redrawn} was drawn; once if it is not here. */
  private final Map<String, Long> draws = new HashMap<>();

  /** Held to read by every pass, so that closing waits for it. */
  private final ReentrantReadWriteLock passes = new ReentrantReadWriteLock();

  private volatile @Nullable Session session;

  private LearningModel(
      Goal goal,
      int vocabularySize,
      int maximumPositions,
      List<LearnedParameter> parameters,
      ParameterStore store) {
    this.goal = goal;
    this.vocabularySize = vocabularySize;
    this.maximumPositions = maximumPositions;
    this.parameters = parameters;
    this.store = store;
    this.trained =
        parameters.stream()
            .filter(LearnedParameter::isTrained)
            .map(LearnedParameter::name)
            .toList();
  }

  static LearningModel open(
      ServedModel model, ModelWeights weights, Goal goal, int vocabularySize) {
    return model.call(
        call -> {
          LearningModel learning =
              new LearningModel(
                  goal,
                  vocabularySize,
                  model.spec().maxPositions(),
                  parameters(weights, call, goal),
                  model.parameters());
          learning.session = Session.open(model, call, learning::close);
          return learning;
        });
  }

  /** All that the loss depends on, seen in the smallest graph that the mechanisms take. */
  private static List<LearnedParameter> parameters(ModelWeights weights, Call call, Goal goal) {
    List<LearnedParameter> all = new ArrayList<>();
    for (String name : weights.names()) {
      all.add(
          new LearnedParameter(name, weights.get(name), new Parameter.Trained(1), Origin.MODEL));
    }
    for (AttentionSlot slot : call.slots()) {
      for (Parameter parameter : slot.layer().parameters()) {
        INDArray value = slot.parameters().get(parameter.name());
        if (value != null) {
          all.add(
              new LearnedParameter(
                  slot.prefix() + "." + parameter.name(),
                  value,
                  parameter.update(),
                  Origin.MECHANISM));
        }
      }
    }
    try (GraphCache<GraphKey>.Loan loan = call.graphs().borrow(key(goal, 1, shortest(call)))) {
      SameDiff graph = loan.runner().graph();
      all.removeIf(each -> !GraphReach.depends(graph, goal.loss(), each.name()));
    }
    return List.copyOf(all);
  }

  private static int shortest(Call call) {
    int length = 1;
    while (!allTake(call, length)) {
      length++;
    }
    return length;
  }

  private static boolean allTake(Call call, int length) {
    return call.slots().stream()
        .allMatch(
            slot ->
                length >= slot.spec().maxPositions()
                    || slot.takes(LayerSize.self(1, length)).isYes());
  }

  private static GraphKey key(Goal goal, int sequences, int positions) {
    return new GraphKey(LayerSize.self(sequences, positions), Set.of(), goal.purpose());
  }

  /** Everything that the loss depends on, in a fixed order: weights, then slot by slot. */
  public List<LearnedParameter> parameters() {
    return parameters;
  }

  /** What it learns to say. */
  public Objective objective() {
    return goal.objective();
  }

  /**
   * The loss of a batch: the mean over the labels that count, in nats, plus what mechanisms bring.
   *
   * @param labels {@code [B·T]} row-major, or {@code [B]} for classes; those below 0 do not count.
   *     For next tokens they are the tokens themselves: what stands at t is compared with what the
   *     model expects after t − 1
   * @throws SaccadeException if batch or labels do not fit the model or no label counts
   */
  public double loss(TokenBatch batch, int[] labels) {
    return pass(
        open -> {
          try (GraphInputs inputs = inputs(batch, labels);
              Call call = open.begin();
              GraphCache<GraphKey>.Loan loan = borrow(call, batch);
              GraphOutputs outputs = loan.runner().run(inputs.byName(), goal.loss())) {
            return outputs.scalar(goal.loss());
          }
        });
  }

  /**
   * As {@link #loss} with the gradients of all {@linkplain LearnedParameter#isTrained trained}
   * parameters, which the caller closes before the next pass.
   */
  public LossGradients gradients(TokenBatch batch, int[] labels) {
    return pass(
        open -> {
          try (GraphInputs inputs = inputs(batch, labels)) {
            return gradients(open, batch, inputs);
          }
        });
  }

  /** What is begun here ends when the gradients are closed, unless there are none. */
  private LossGradients gradients(Session open, TokenBatch batch, GraphInputs inputs) {
    Call call = open.begin();
    GraphCache<GraphKey>.@Nullable Loan loan = null;
    boolean computed = false;
    try {
      loan = borrow(call, batch);
      SameDiff graph = loan.runner().graph();
      List<String> parts = goal.parts().stream().filter(graph::hasVariable).toList();
      GraphOutputs outputs = loan.runner().gradients(inputs.byName(), goal.loss(), trained, parts);
      computed = true;
      return new LossGradients(call, loan, outputs, goal.loss(), parts);
    } finally {
      if (!computed) {
        if (loan != null) {
          loan.close();
        }
        call.close();
      }
    }
  }

  /**
   * Draws what mechanisms want drawn anew while they learn, such as random features, if its time
   * has come. What is drawn depends on the model's seed and the step alone, so learning that goes
   * on from a checkpoint goes on with the same.
   *
   * @param step how many steps were taken; not for use while another computes
   */
  public void redraw(long step) {
    pass(
        open -> {
          try (Call call = open.begin()) {
            call.slots().forEach(slot -> redraw(slot, step));
          }
          return step;
        });
  }

  private void redraw(AttentionSlot slot, long step) {
    for (Parameter parameter : slot.layer().parameters()) {
      if (parameter.update() instanceof Parameter.Redrawn redrawn) {
        long times = step / redrawn.everySteps();
        Long before = draws.put(slot.prefix() + "." + parameter.name(), times);
        if (times != (before == null ? 0 : before)) {
          store.redraw(slot.prefix(), parameter, times);
        }
      }
    }
  }

  private <R> R pass(Function<Session, R> pass) {
    passes.readLock().lock();
    try {
      return pass.apply(requireOpen());
    } finally {
      passes.readLock().unlock();
    }
  }

  private GraphCache<GraphKey>.Loan borrow(Call call, TokenBatch batch) {
    return call.graphs().borrow(key(goal, batch.sequences(), batch.positions()));
  }

  private GraphInputs inputs(TokenBatch batch, int[] labels) {
    batch.requireFits(maximumPositions, vocabularySize);
    Objective objective = goal.objective();
    int[] shifted = objective.shifted(batch, labels);
    float share = (float) (1.0 / counting(shifted));
    GraphInputs inputs =
        GraphInputs.of(batch)
            .with(objective.labels(), array(shifted))
            .with(objective.share(), Nd4j.scalar(share));
    boolean complete = false;
    try {
      goal.more().accept(batch, inputs);
      complete = true;
      return inputs;
    } finally {
      if (!complete) {
        inputs.close();
      }
    }
  }

  static INDArray array(int[] numbers) {
    return Nd4j.createFromArray(numbers);
  }

  private static int counting(int[] labels) {
    int counting = 0;
    for (int label : labels) {
      counting += label >= 0 ? 1 : 0;
    }
    if (counting == 0) {
      throw new SaccadeException(
          "no label of the batch counts; give at least one that is 0 or more");
    }
    return counting;
  }

  private Session requireOpen() {
    Session open = session;
    if (open == null) {
      throw new IllegalStateException(
          "this learning model is closed: by its user, with its model, or because the bundle of a mechanism left; begin another");
    }
    return open;
  }

  /**
   * Waits for passes in flight and ends learning; the parameters stay the model's. Closing again
   * does nothing.
   */
  @Override
  public void close() {
    passes.writeLock().lock();
    try {
      Session open = session;
      if (open != null) {
        session = null;
        open.close();
      }
    } finally {
      passes.writeLock().unlock();
    }
  }
}
