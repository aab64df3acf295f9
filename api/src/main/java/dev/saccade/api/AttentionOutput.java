package dev.saccade.api;

import dev.saccade.api.distill.DistillationObjective;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * What a layer adds to the graph.
 *
 * @param context the mixed values, {@code [B, H, T, D]}
 * @param losses auxiliary losses by name, scalars that training adds to its own
 * @param probes the diagnostics that were asked for
 * @param objective how this call learns from a teacher, when it does so in a way of its own
 */
public record AttentionOutput(
    SDVariable context,
    Map<String, SDVariable> losses,
    Map<Probe, ProbeValue> probes,
    Optional<DistillationObjective> objective) {

  public AttentionOutput {
    losses = inOrder(losses);
    probes = inOrder(probes);
  }

  /** Mixed values and nothing else. */
  public static AttentionOutput of(SDVariable context) {
    return new AttentionOutput(context, Map.of(), Map.of(), Optional.empty());
  }

  public AttentionOutput withLoss(String name, SDVariable loss) {
    return new AttentionOutput(context, plus(losses, name, loss), probes, objective);
  }

  public AttentionOutput withProbe(Probe probe, ProbeValue value) {
    return new AttentionOutput(context, losses, plus(probes, probe, value), objective);
  }

  public AttentionOutput withObjective(DistillationObjective objective) {
    return new AttentionOutput(context, losses, probes, Optional.of(objective));
  }

  /**
   * Unlike {@link Map#copyOf}, keeps the order, so that losses add up to the same bits each run.
   */
  private static <K, V> Map<K, V> inOrder(Map<K, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  private static <K, V> Map<K, V> plus(Map<K, V> map, K key, V value) {
    Map<K, V> more = new LinkedHashMap<>(map);
    if (more.put(key, value) != null) {
      throw new IllegalArgumentException("there are two values for " + key);
    }
    return more;
  }
}
