package dev.saccade.runtime.model;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.ModelBinding.Call;
import dev.saccade.runtime.model.ModelBinding.Filling;
import dev.saccade.runtime.model.WhenGone.FallBack;
import dev.saccade.runtime.model.WhenGone.Refuse;
import dev.saccade.runtime.model.WhenGone.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The binding that a model's calls run on, which follows what users want and what is installed.
 *
 * <p>A call costs a look at the registry. The binding is built anew when a user swaps the
 * mechanism, when a newer version is installed and when a bundle has left. Nobody waits for calls
 * in flight or for a bundle while holding the lock, and the thread that takes a bundle away needs
 * no lock at all.
 */
final class LiveBinding implements AutoCloseable {

  private final MechanismRegistry registry;
  private final Function<List<Filling>, Optional<ModelBinding>> builder;

  /** Held to build: one binding at a time. */
  private final Object lock = new Object();

  /** Held to read by every call, also while it waits for a bundle; to write by closing. */
  private final ReentrantReadWriteLock calls = new ReentrantReadWriteLock();

  private final AtomicReference<@Nullable ModelBinding> current = new AtomicReference<>();
  private volatile List<SlotChoice> choices;
  private volatile WhenGone whenGone = WhenGone.waiting();
  private volatile boolean closed;

  /**
   * @param choices one a layer
   * @param builder builds a binding, or nothing if one of its mechanisms is just leaving
   * @throws SaccadeException if a mechanism is not installed or refuses
   */
  LiveBinding(
      MechanismRegistry registry,
      List<SlotChoice> choices,
      Function<List<Filling>, Optional<ModelBinding>> builder) {
    this.registry = registry;
    this.builder = builder;
    this.choices = List.copyOf(choices);
    choose(choices);
  }

  List<SlotChoice> choices() {
    return choices;
  }

  /**
   * Changes the policy, also for calls that are waiting.
   *
   * @throws SaccadeException if there is nothing to fall back to
   */
  void whenGone(WhenGone policy) {
    if (policy instanceof FallBack fallBack) {
      InstalledMechanism unused = registry.require(fallBack.mechanism());
    }
    whenGone = policy;
    registry.lookAgain();
  }

  /** Switches to other choices, or throws and leaves everything as it was. */
  void choose(List<SlotChoice> wanted) {
    synchronized (lock) {
      requireOpen();
      Optional<ModelBinding> built;
      do {
        // What left while the layers were built is gone from the registry, which now gives another
        // version or says that there is none.
        built = builder.apply(required(wanted));
      } while (built.isEmpty());
      choices = List.copyOf(wanted);
      switchTo(built.get());
    }
    registry.lookAgain();
  }

  private List<Filling> required(List<SlotChoice> wanted) {
    return wanted.stream()
        .map(choice -> new Filling(registry.require(choice.mechanism()), choice.options()))
        .toList();
  }

  /**
   * Runs {@code use} on the binding for what is wanted and installed now, with its mechanisms held
   * in place; waits for them as the policy says.
   */
  <R> R call(Function<Call, R> use) {
    long began = System.nanoTime();
    calls.readLock().lock();
    try {
      while (true) {
        Optional<Call> begun = present(began).begin();
        if (begun.isPresent()) {
          try (Call call = begun.get()) {
            return use.apply(call);
          }
        }
      }
    } finally {
      calls.readLock().unlock();
    }
  }

  private ModelBinding present(long began) {
    while (true) {
      requireOpen();
      List<SlotChoice> wanted = choices;
      Optional<List<Filling>> fillings = fillings(wanted);
      if (fillings.isEmpty()) {
        await(wanted, began);
        continue;
      }
      ModelBinding bound = current.get();
      if (bound != null && bound.isOf(fillings.get())) {
        return bound;
      }
      follow();
    }
  }

  /** Builds the binding for what is wanted and installed now, unless another thread just has. */
  private void follow() {
    synchronized (lock) {
      requireOpen();
      Optional<List<Filling>> fillings = fillings(choices);
      ModelBinding bound = current.get();
      if (fillings.isPresent() && (bound == null || !bound.isOf(fillings.get()))) {
        builder.apply(fillings.get()).ifPresent(this::switchTo);
      }
    }
  }

  private void switchTo(ModelBinding next) {
    ModelBinding previous = current.getAndSet(next);
    next.whenOneLeaves(() -> drop(next));
    if (previous != null) {
      previous.close();
    }
  }

  private void drop(ModelBinding left) {
    current.compareAndSet(left, null);
    left.close();
  }

  /** What fills the slots now; nothing if a mechanism is gone and none takes its place. */
  private Optional<List<Filling>> fillings(List<SlotChoice> wanted) {
    List<Filling> fillings = new ArrayList<>(wanted.size());
    for (SlotChoice choice : wanted) {
      Optional<Filling> filling =
          registry
              .find(choice.mechanism())
              .map(installed -> new Filling(installed, choice.options()))
              .or(this::substitute);
      if (filling.isEmpty()) {
        return Optional.empty();
      }
      fillings.add(filling.get());
    }
    return Optional.of(fillings);
  }

  private Optional<Filling> substitute() {
    return whenGone instanceof FallBack fallBack
        ? registry.find(fallBack.mechanism()).map(installed -> new Filling(installed, Map.of()))
        : Optional.empty();
  }

  private void await(List<SlotChoice> wanted, long began) {
    for (SlotChoice choice : wanted) {
      if (registry.find(choice.mechanism()).isEmpty()) {
        await(wanted, choice.mechanism(), began);
        return;
      }
    }
  }

  private void await(List<SlotChoice> wanted, String gone, long began) {
    WhenGone policy = whenGone;
    if (policy instanceof Refuse) {
      throw new SaccadeException(
          "mechanism %s has been removed, and this model refuses to run without it; install it or"
                  .formatted(gone)
              + " choose another");
    }
    if (policy instanceof FallBack fallBack) {
      if (registry.find(fallBack.mechanism()).isPresent()) {
        // It came back between the two looks.
        return;
      }
      throw new SaccadeException(
          "mechanism %s has been removed, and so has %s, which this model falls back to; install one"
                  .formatted(gone, fallBack.mechanism())
              + " or choose another");
    }
    Duration patience = ((Wait) policy).patience();
    if (!awaitChange(wanted, policy, patience.minusNanos(System.nanoTime() - began), gone)) {
      throw new SaccadeException(
          "mechanism %s has been removed and was not installed again within %s; install it or"
                  .formatted(gone, inWords(patience))
              + " choose another");
    }
  }

  /** Waits until there is something to run, or a reason to decide anew. */
  private boolean awaitChange(
      List<SlotChoice> wanted, WhenGone policy, Duration patience, String gone) {
    try {
      return registry.await(
          () -> closed || choices != wanted || whenGone != policy || fillings(wanted).isPresent(),
          patience);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SaccadeException("interrupted while waiting for mechanism " + gone, e);
    }
  }

  private static String inWords(Duration patience) {
    return patience.toMillis() % 1000 == 0
        ? patience.toSeconds() + " s"
        : patience.toMillis() + " ms";
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this model is closed");
    }
  }

  /** Sends calls that wait for a bundle away, lets those that run finish, and frees the graphs. */
  @Override
  public void close() {
    if (calls.getReadHoldCount() > 0) {
      throw new IllegalStateException("a model cannot be closed by a call that runs on it");
    }
    closed = true;
    registry.lookAgain();
    calls.writeLock().lock();
    try {
      synchronized (lock) {
        ModelBinding last = current.getAndSet(null);
        if (last != null) {
          last.close();
        }
      }
    } finally {
      calls.writeLock().unlock();
    }
  }
}
