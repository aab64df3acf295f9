package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.distill.DistillationObjective;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One attention layer alone that learns from exact attention by its own {@linkplain
 * DistillationObjective objective}. The teacher gets queries, keys and values of its own, since the
 * layers below it differ from the student's.
 *
 * <p>Takes the inputs of {@link SingleLayer} and {@link #TEACHER_QUERY}, {@link #TEACHER_KEY} and
 * {@link #TEACHER_VALUE}. Not safe for use by several threads; the slot's mechanism must be leased
 * as long as this is being built.
 */
public final class LearningLayer implements AutoCloseable {

  public static final String TEACHER_QUERY = "teacher.query";
  public static final String TEACHER_KEY = "teacher.key";
  public static final String TEACHER_VALUE = "teacher.value";

  /** The weighted sum of all terms. */
  public static final String LOSS = "loss";

  private final GraphRunner runner;
  private final List<String> outputs = new ArrayList<>(List.of(SingleLayer.CONTEXT, LOSS));
  private final List<String> terms = new ArrayList<>();

  /**
   * Builds the layer for one size.
   *
   * @throws SaccadeException if the mechanism has no objective of its own; see {@link
   *     AttentionSlot#addTo} for what else may be refused
   */
  public LearningLayer(AttentionSlot slot, LayerSize size) {
    AttentionSpec spec = slot.spec();
    SameDiff graph = SameDiff.create();
    DataType type = ElementTypes.nd4j(spec.elementType());
    long[] queries = {size.batch(), spec.heads(), size.queries(), spec.headSize()};
    long[] keys = {size.batch(), spec.kvHeads(), size.keys(), spec.headSize()};
    @Nullable SDVariable real =
        spec.masking().padded()
            ? graph.placeHolder(SingleLayer.REAL, type, size.batch(), size.keys())
            : null;
    AttentionOutput output =
        slot.addTo(
            graph,
            size,
            graph.placeHolder(SingleLayer.QUERY, type, queries),
            graph.placeHolder(SingleLayer.KEY, type, keys),
            graph.placeHolder(SingleLayer.VALUE, type, keys),
            real,
            Set.of());
    graph.identity(SingleLayer.CONTEXT, output.context());
    LayerObjective objective =
        LayerObjective.addTo(
            graph,
            slot,
            size,
            output,
            graph.placeHolder(TEACHER_QUERY, type, queries),
            graph.placeHolder(TEACHER_KEY, type, keys),
            graph.placeHolder(TEACHER_VALUE, type, keys),
            real);
    for (LossTerm term : objective.terms()) {
      terms.add(term.name());
      outputs.add(term(term.name()));
      graph.identity(term(term.name()), term.value());
    }
    graph.identity(LOSS, objective.loss());
    this.runner = new GraphRunner(graph);
  }

  /** The names of the objective's terms, in its order. */
  public List<String> terms() {
    return List.copyOf(terms);
  }

  /** The output that holds a term of the objective, before its weight. */
  public static String term(String name) {
    return LOSS + "." + name;
  }

  /** Computes the context, every term and {@link #LOSS}. */
  public GraphOutputs run(Map<String, INDArray> inputs) {
    return runner.run(inputs, outputs);
  }

  /**
   * As {@link #run}, with the gradients of {@link #LOSS}.
   *
   * @param wrt names of inputs, or of parameters with the slot's prefix
   */
  public GraphOutputs gradients(Map<String, INDArray> inputs, Collection<String> wrt) {
    return runner.gradients(inputs, LOSS, wrt, outputs);
  }

  /** The most native memory that the last run held at once; see {@link GraphRunner#peakBytes}. */
  public long peakBytes() {
    return runner.peakBytes();
  }

  @Override
  public void close() {
    runner.close();
  }
}
