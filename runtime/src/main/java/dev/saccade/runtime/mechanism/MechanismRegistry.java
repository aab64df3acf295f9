package dev.saccade.runtime.mechanism;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.SaccadeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.osgi.framework.Version;

/**
 * The mechanisms that are installed at this moment, by name and version. Of several versions of one
 * name the newest is used. Safe for use by many threads.
 */
public final class MechanismRegistry {

  private static final Comparator<InstalledMechanism> BY_NAME_NEWEST_FIRST =
      Comparator.comparing(InstalledMechanism::name)
          .thenComparing(InstalledMechanism::version, Comparator.reverseOrder());

  /** Counts installations, so that the kernels of two versions never share an id. */
  private static final AtomicLong INSTALLATIONS = new AtomicLong();

  private volatile List<InstalledMechanism> installed = List.of();

  /** Adds a mechanism that a bundle brought. */
  public synchronized InstalledMechanism add(
      AttentionMechanism mechanism, Version version, String bundle) {
    InstalledMechanism added =
        new InstalledMechanism(mechanism, version, bundle, INSTALLATIONS.incrementAndGet());
    List<InstalledMechanism> all = new ArrayList<>(installed);
    all.add(added);
    all.sort(BY_NAME_NEWEST_FIRST);
    installed = List.copyOf(all);
    notifyAll();
    return added;
  }

  /**
   * Takes a mechanism away: nobody finds it any more, calls in flight finish, and those who built
   * something from it drop it.
   *
   * @return whether all calls finished within {@code patience}
   */
  public boolean remove(InstalledMechanism leaving, Duration patience) {
    synchronized (this) {
      installed = installed.stream().filter(Predicate.not(leaving::equals)).toList();
      notifyAll();
    }
    return leaving.leave(patience);
  }

  /** All of them, by name, the newest version of a name first. */
  public List<InstalledMechanism> all() {
    return installed;
  }

  /** The newest version of every name, by name. */
  public List<InstalledMechanism> newest() {
    List<InstalledMechanism> newest = new ArrayList<>();
    for (InstalledMechanism each : installed) {
      if (newest.isEmpty() || !newest.get(newest.size() - 1).name().equals(each.name())) {
        newest.add(each);
      }
    }
    return newest;
  }

  /** The newest version of a mechanism, if it is installed. */
  public Optional<InstalledMechanism> find(String name) {
    return installed.stream().filter(each -> each.name().equals(name)).findFirst();
  }

  /**
   * The newest version of a mechanism.
   *
   * @throws SaccadeException if none is installed; the message lists those that are
   */
  public InstalledMechanism require(String name) {
    return find(name).orElseThrow(() -> new SaccadeException(unknown(name)));
  }

  /** The newest version of a mechanism as soon as it is installed, if that is within the time. */
  public Optional<InstalledMechanism> await(String name, Duration patience)
      throws InterruptedException {
    await(() -> find(name).isPresent(), patience);
    return find(name);
  }

  /**
   * Waits for a condition, which is looked at whenever what is installed changes, and at {@link
   * #lookAgain}.
   *
   * @param condition must not take locks
   * @return whether it came to hold within the time
   */
  public synchronized boolean await(BooleanSupplier condition, Duration patience)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      wait(Math.max(1, left / 1_000_000));
    }
    return true;
  }

  /** Has those who wait for a condition look at it again, by whoever changed a part of it. */
  public synchronized void lookAgain() {
    notifyAll();
  }

  private String unknown(String name) {
    String names =
        newest().stream().map(InstalledMechanism::name).collect(Collectors.joining(", "));
    return names.isEmpty()
        ? "no mechanism is named \"%s\"; none is installed (see: saccade plugins list)"
            .formatted(name)
        : "no mechanism is named \"%s\"; installed: %s".formatted(name, names);
  }
}
