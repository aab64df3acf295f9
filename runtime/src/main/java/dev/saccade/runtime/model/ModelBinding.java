package dev.saccade.runtime.model;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Probe;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.engine.GraphCache;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import dev.saccade.runtime.weights.BertConfig;
import dev.saccade.runtime.weights.BertWeights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model's slots filled by particular installations of mechanisms, with the graphs built so far.
 *
 * <p>It holds layers, which are plugin classes, so it is closed when one of its mechanisms leaves,
 * and used only under {@link #tryAcquire}.
 */
final class ModelBinding implements AutoCloseable {

  /**
   * Where one slot's layer comes from.
   *
   * @param installed the installation that fills it
   * @param options as the user wrote them; none when the installation is a fallback
   */
  record Filling(InstalledMechanism installed, Map<String, String> options) {}

  /** What a graph is built for. */
  record GraphKey(LayerSize size, Set<Probe> probes) {
    GraphKey {
      probes = Set.copyOf(probes);
    }
  }

  /** Graphs of this many sizes are kept; one holds the memory of a forward pass. */
  private static final int GRAPHS = 8;

  private final List<Filling> fillings;
  private final List<AttentionSlot> slots;
  private final GraphCache<GraphKey> graphs;
  private @Nullable Runnable whenOneLeaves;
  private boolean closed;

  private ModelBinding(
      List<Filling> fillings, List<AttentionSlot> slots, GraphCache<GraphKey> graphs) {
    this.fillings = fillings;
    this.slots = slots;
    this.graphs = graphs;
  }

  /**
   * Builds the layers of every slot, or nothing if a mechanism is just leaving.
   *
   * @throws dev.saccade.runtime.SaccadeException if a mechanism refuses
   */
  static Optional<ModelBinding> build(
      List<Filling> fillings,
      BertConfig config,
      BertWeights weights,
      AttentionSpec spec,
      ParameterStore parameters) {
    try (Leases leases = new Leases()) {
      if (!leases.acquire(fillings)) {
        return Optional.empty();
      }
      SlotFactory factory = new SlotFactory(parameters);
      List<AttentionSlot> slots = new ArrayList<>();
      for (int layer = 0; layer < fillings.size(); layer++) {
        Filling filling = fillings.get(layer);
        slots.add(
            factory.fill(
                "layer." + layer,
                leases.of(filling.installed()),
                filling.installed().kernels(),
                spec,
                filling.options()));
      }
      GraphCache<GraphKey> graphs =
          new GraphCache<>(
              GRAPHS,
              key ->
                  new GraphRunner(
                      BertGraph.build(config, weights, slots, key.size(), key.probes())));
      return Optional.of(new ModelBinding(List.copyOf(fillings), slots, graphs));
    }
  }

  /** Whether its slots are filled as {@code wanted}. */
  boolean isOf(List<Filling> wanted) {
    return fillings.equals(wanted);
  }

  /** Has {@code action} run when the first of its mechanisms has left, unless closed before. */
  void whenOneLeaves(Runnable action) {
    whenOneLeaves = action;
    installed().forEach(each -> each.whenLeft(action));
  }

  /** The installations in its slots, each once. */
  private Set<InstalledMechanism> installed() {
    Set<InstalledMechanism> distinct = new LinkedHashSet<>();
    fillings.forEach(filling -> distinct.add(filling.installed()));
    return distinct;
  }

  List<AttentionSlot> slots() {
    return slots;
  }

  GraphCache<GraphKey> graphs() {
    return graphs;
  }

  /** Holds all its mechanisms for one call, or returns nothing if one is leaving. */
  Optional<Leases> tryAcquire() {
    Leases leases = new Leases();
    if (leases.acquire(fillings)) {
      return Optional.of(leases);
    }
    leases.close();
    return Optional.empty();
  }

  /** Waits for calls in flight, then frees its graphs; closing again does nothing. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    Runnable action = whenOneLeaves;
    if (action != null) {
      installed().forEach(each -> each.forget(action));
    }
    graphs.close();
    slots.forEach(AttentionSlot::close);
  }

  /** Leases on several installations, each once. */
  static final class Leases implements AutoCloseable {

    private final Map<InstalledMechanism, MechanismLease> leases = new LinkedHashMap<>();

    private boolean acquire(List<Filling> fillings) {
      for (Filling filling : fillings) {
        if (!leases.containsKey(filling.installed())) {
          Optional<MechanismLease> lease = filling.installed().tryAcquire();
          if (lease.isEmpty()) {
            return false;
          }
          leases.put(filling.installed(), lease.get());
        }
      }
      return true;
    }

    private AttentionMechanism of(InstalledMechanism installed) {
      MechanismLease lease = leases.get(installed);
      if (lease == null) {
        throw new IllegalArgumentException("not leased: " + installed);
      }
      return lease.mechanism();
    }

    @Override
    public void close() {
      leases.values().forEach(MechanismLease::close);
      leases.clear();
    }
  }
}
