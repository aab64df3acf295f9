package dev.saccade.runtime.model;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Probe;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.engine.GraphCache;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * A model's slots filled by particular installations of mechanisms, with the graphs built so far.
 *
 * <p>It holds layers, which are plugin classes, so it is closed when one of its mechanisms leaves,
 * and used only by calls that {@linkplain #begin began} on it. Closing waits for nobody: no further
 * call begins, and the last one in flight frees the graphs. Safe for use by many threads.
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
  record GraphKey(LayerSize size, Set<Probe> probes, Purpose purpose) {

    /** What is done with it. */
    sealed interface Purpose {

      /** What needs nothing more to be said. */
      enum Plain implements Purpose {
        /** All positions at once, forward or with gradients. */
        WHOLE,
        /** The next positions of one sequence, with attention outside of the graph. */
        DECODING
      }

      /** All positions at once, compared with those of a teacher. */
      record Distilling(Objective objective, DistillationWeights weights) implements Purpose {}
    }

    GraphKey {
      probes = Set.copyOf(probes);
    }
  }

  /** Builds a model's graph around filled slots. */
  @FunctionalInterface
  interface Architecture {
    SameDiff graph(List<AttentionSlot> slots, GraphKey key);
  }

  /** Graphs of this many sizes are kept; one holds the memory of a forward pass. */
  private static final int GRAPHS = 12;

  private final List<Filling> fillings;
  private final Set<InstalledMechanism> installed;
  private final List<AttentionSlot> slots;
  private final GraphCache<GraphKey> graphs;
  private @Nullable Runnable whenOneLeaves;
  private int calls;
  private boolean closed;

  private ModelBinding(
      List<Filling> fillings, List<AttentionSlot> slots, GraphCache<GraphKey> graphs) {
    this.fillings = List.copyOf(fillings);
    this.installed = installed(fillings);
    this.slots = List.copyOf(slots);
    this.graphs = graphs;
  }

  /**
   * Builds the layers of every slot, or nothing if a mechanism is just leaving.
   *
   * @throws dev.saccade.runtime.SaccadeException if a mechanism refuses
   */
  static Optional<ModelBinding> build(
      List<Filling> fillings,
      Architecture architecture,
      AttentionSpec spec,
      ParameterStore parameters) {
    Optional<Leases> acquired = Leases.acquire(installed(fillings));
    if (acquired.isEmpty()) {
      return Optional.empty();
    }
    List<AttentionSlot> slots = new ArrayList<>();
    boolean complete = false;
    try (Leases leases = acquired.get()) {
      SlotFactory factory = new SlotFactory(parameters);
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
      complete = true;
    } finally {
      if (!complete) {
        slots.forEach(AttentionSlot::close);
      }
    }
    GraphCache<GraphKey> graphs =
        new GraphCache<>(
            GRAPHS, key -> new GraphRunner(architecture.graph(List.copyOf(slots), key)));
    return Optional.of(new ModelBinding(fillings, slots, graphs));
  }

  /** The installations in the slots, each once. */
  private static Set<InstalledMechanism> installed(List<Filling> fillings) {
    Set<InstalledMechanism> distinct = new LinkedHashSet<>();
    fillings.forEach(filling -> distinct.add(filling.installed()));
    return distinct;
  }

  /** Whether its slots are filled as {@code wanted}. */
  boolean isOf(List<Filling> wanted) {
    return fillings.equals(wanted);
  }

  /**
   * Has {@code action} run when the first of its mechanisms has left, at once if that is so
   * already, unless closed before. To be given one action only.
   */
  void whenOneLeaves(Runnable action) {
    synchronized (this) {
      whenOneLeaves = action;
    }
    installed.forEach(each -> each.whenLeft(action));
    forgetIfClosed();
  }

  /** A mechanism that stays must not keep hold of a binding whose other mechanism has left. */
  private void forgetIfClosed() {
    Runnable action;
    synchronized (this) {
      action = closed ? whenOneLeaves : null;
    }
    if (action != null) {
      installed.forEach(each -> each.forget(action));
    }
  }

  /** Begins a call, unless this is closed or a mechanism is leaving. */
  Optional<Call> begin() {
    Optional<Leases> leases = Leases.acquire(installed);
    if (leases.isEmpty()) {
      return Optional.empty();
    }
    synchronized (this) {
      if (!closed) {
        calls++;
        return Optional.of(new Call(leases.get()));
      }
    }
    leases.get().close();
    return Optional.empty();
  }

  /** One use of this binding, with its mechanisms held in place until closed. */
  final class Call implements AutoCloseable {

    private final Leases leases;

    private Call(Leases leases) {
      this.leases = leases;
    }

    List<AttentionSlot> slots() {
      return slots;
    }

    GraphCache<GraphKey> graphs() {
      return graphs;
    }

    /**
     * Holds this binding beyond the call.
     *
     * @param whenOneLeaves run when the first of the mechanisms has left; it must close the hold
     */
    Hold hold(Runnable whenOneLeaves) {
      retain();
      Hold hold = new Hold(whenOneLeaves);
      installed.forEach(each -> each.whenLeft(whenOneLeaves));
      return hold;
    }

    /** To be called once. Frees before it gives back: who waits for a lease may rely on that. */
    @Override
    public void close() {
      try {
        end();
      } finally {
        leases.close();
      }
    }
  }

  /**
   * What outlives a call, such as a text that is being continued: it keeps this from being freed.
   */
  final class Hold implements AutoCloseable {

    private final Runnable whenOneLeaves;
    private boolean ended;

    private Hold(Runnable whenOneLeaves) {
      this.whenOneLeaves = whenOneLeaves;
    }

    /** Begins a call, also after this binding was closed, unless a mechanism is leaving. */
    Optional<Call> begin() {
      Optional<Leases> leases = Leases.acquire(installed);
      leases.ifPresent(held -> retain());
      return leases.map(Call::new);
    }

    /** To be called by anyone, any number of times. */
    @Override
    public void close() {
      synchronized (ModelBinding.this) {
        if (ended) {
          return;
        }
        ended = true;
      }
      installed.forEach(each -> each.forget(whenOneLeaves));
      end();
    }
  }

  private synchronized void retain() {
    calls++;
  }

  private void end() {
    boolean last;
    synchronized (this) {
      calls--;
      last = closed && calls == 0;
    }
    if (last) {
      free();
    }
  }

  /** Ends it; closing again does nothing. */
  @Override
  public void close() {
    boolean idle;
    synchronized (this) {
      idle = !closed && calls == 0;
      closed = true;
    }
    forgetIfClosed();
    if (idle) {
      free();
    }
  }

  private void free() {
    graphs.close();
    slots.forEach(AttentionSlot::close);
  }
}
