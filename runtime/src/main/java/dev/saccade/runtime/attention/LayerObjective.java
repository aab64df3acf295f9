package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.distill.DistillationObjective;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.GraphGuard;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * How a layer learns from exact attention over a teacher's queries, keys and values, in the graph
 * that the layer is in.
 *
 * @param terms the addends, before their weights, in the mechanism's order
 * @param loss their weighted sum, a scalar
 */
public record LayerObjective(List<LossTerm> terms, SDVariable loss) {

  public LayerObjective {
    terms = List.copyOf(terms);
  }

  /**
   * Adds the terms to the graph.
   *
   * @param output what the slot gave in this graph
   * @param query the teacher's, {@code [B, H, T, D]}, not yet scaled
   * @param key the teacher's, {@code [B, K, S, D]}
   * @param value the teacher's, {@code [B, K, S, D]}
   * @param real {@code [B, S]}, as the slot was given
   * @throws SaccadeException if the mechanism has no objective of its own
   */
  public static LayerObjective addTo(
      SameDiff graph,
      AttentionSlot slot,
      LayerSize size,
      AttentionOutput output,
      SDVariable query,
      SDVariable key,
      SDVariable value,
      @Nullable SDVariable real) {
    AttentionSpec spec = slot.spec();
    ExactTeacher teacher =
        new ExactTeacher(
            graph, spec, size, new GraphMask(graph, spec, size, real), query, key, value);
    DistillationObjective objective =
        output
            .objective()
            .orElseThrow(
                () ->
                    new SaccadeException(
                        "%s has no distillation objective of its own".formatted(slot.mechanism())));
    Set<String> known = new HashSet<>(graph.getOps().keySet());
    List<LossTerm> terms = objective.terms(teacher);
    @Nullable SDVariable sum = null;
    for (LossTerm term : terms) {
      SDVariable weighted = term.value().mul(term.weight());
      sum = sum == null ? weighted : sum.add(weighted);
    }
    if (sum == null) {
      throw new SaccadeException(
          "the distillation objective of %s has no terms; the plugin must give at least one or no"
                  .formatted(slot.mechanism())
              + " objective");
    }
    GraphGuard.require(graph, known, "the distillation objective of " + slot.mechanism());
    return new LayerObjective(terms, sum);
  }
}
