package dev.saccade.runtime.model;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.ModelBinding.Filling;
import dev.saccade.runtime.model.WhenGone.FallBack;
import dev.saccade.runtime.model.WhenGone.Refuse;
import dev.saccade.runtime.model.WhenGone.Wait;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The binding that a model's calls run on, which follows what users want and what is installed.
 *
 * <p>Reading it costs a look at the registry. It is built anew when a user swaps the mechanism,
 * when a newer version is installed and when a bundle has left. Nobody waits for a bundle while
 * holding the lock, since the bundle that leaves needs it to have its binding dropped.
 */
final class LiveBinding implements AutoCloseable {

  private final MechanismRegistry registry;
  private final Function<List<Filling>, Optional<ModelBinding>> builder;
  private final Object lock = new Object();
  private volatile List<SlotChoice> choices;
  private volatile WhenGone whenGone = WhenGone.waiting();
  private volatile @Nullable ModelBinding current;
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

  void whenGone(WhenGone policy) {
    whenGone = policy;
  }

  /** Switches to other choices, or throws and leaves everything as it was. */
  void choose(List<SlotChoice> wanted) {
    synchronized (lock) {
      requireOpen();
      List<Filling> fillings =
          wanted.stream()
              .map(choice -> new Filling(registry.require(choice.mechanism()), choice.options()))
              .toList();
      ModelBinding built =
          builder
              .apply(fillings)
              .orElseThrow(
                  () ->
                      new SaccadeException(
                          "a mechanism left while the model was switching to it; try again"));
      choices = List.copyOf(wanted);
      switchTo(built);
    }
  }

  /** Returns the binding for what is wanted and installed now; waits for it as the policy says. */
  ModelBinding get() {
    while (true) {
      List<SlotChoice> wanted = choices;
      Optional<List<Filling>> fillings = fillings(wanted);
      if (fillings.isEmpty()) {
        await(wanted);
        continue;
      }
      ModelBinding bound = current;
      if (bound != null && bound.isOf(fillings.get())) {
        return bound;
      }
      synchronized (lock) {
        requireOpen();
        if (choices == wanted && (current == null || !current.isOf(fillings.get()))) {
          builder.apply(fillings.get()).ifPresent(this::switchTo);
        }
      }
    }
  }

  private void switchTo(ModelBinding next) {
    ModelBinding previous = current;
    current = next;
    next.whenOneLeaves(() -> drop(next));
    if (previous != null) {
      previous.close();
    }
  }

  private void drop(ModelBinding left) {
    synchronized (lock) {
      if (current == left) {
        current = null;
      }
    }
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

  private void await(List<SlotChoice> wanted) {
    requireOpen();
    for (SlotChoice choice : wanted) {
      if (registry.find(choice.mechanism()).isEmpty()) {
        await(choice.mechanism());
        return;
      }
    }
  }

  private void await(String gone) {
    WhenGone policy = whenGone;
    if (policy instanceof Refuse) {
      throw new SaccadeException(
          "mechanism %s has been removed, and this model refuses to run without it; install it or"
                  .formatted(gone)
              + " choose another");
    }
    if (policy instanceof FallBack fallBack) {
      throw new SaccadeException(
          "mechanism %s has been removed, and so has %s, which this model falls back to"
              .formatted(gone, fallBack.mechanism()));
    }
    Wait wait = (Wait) policy;
    Optional<InstalledMechanism> back;
    try {
      back = registry.await(gone, wait.patience());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SaccadeException("interrupted while waiting for mechanism " + gone, e);
    }
    if (back.isEmpty()) {
      throw new SaccadeException(
          "mechanism %s has been removed and was not installed again within %d s"
              .formatted(gone, wait.patience().toSeconds()));
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this model is closed");
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      ModelBinding last = current;
      current = null;
      if (last != null) {
        last.close();
      }
    }
  }
}
