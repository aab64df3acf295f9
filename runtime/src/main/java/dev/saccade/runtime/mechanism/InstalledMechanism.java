package dev.saccade.runtime.mechanism;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.Capabilities;
import dev.saccade.runtime.attention.PluginKernels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Version;

/**
 * One version of one mechanism from the moment its bundle brings it to the moment it has left.
 *
 * <p>It leaves in two steps: first no new lease is given, then, when the last lease is closed,
 * those who built something from it are told to drop it. Afterwards nothing here refers to the
 * plugin's classes. Safe for use by many threads.
 */
public final class InstalledMechanism {

  private final String name;
  private final Version version;
  private final String bundle;
  private final String summary;
  private final Capabilities capabilities;
  private final PluginKernels kernels;
  private final List<Runnable> whenLeft = new ArrayList<>();
  private @Nullable AttentionMechanism mechanism;
  private boolean leaving;
  private int leases;

  /**
   * @param installation a number that no other installation in this process has
   */
  InstalledMechanism(
      AttentionMechanism mechanism, Version version, String bundle, long installation) {
    this.mechanism = mechanism;
    this.name = mechanism.name();
    this.version = version;
    this.bundle = bundle;
    this.summary = mechanism.summary();
    this.capabilities = mechanism.capabilities();
    this.kernels =
        PluginKernels.register(
            name + "#" + installation, bundle + " " + version, mechanism.kernels());
  }

  public String name() {
    return name;
  }

  /** The version of the bundle that brought it. */
  public Version version() {
    return version;
  }

  /** The symbolic name of the bundle that brought it. */
  public String bundle() {
    return bundle;
  }

  public String summary() {
    return summary;
  }

  public Capabilities capabilities() {
    return capabilities;
  }

  /** The fused operations that it brought. */
  public PluginKernels kernels() {
    return kernels;
  }

  /** Returns the right to use it, unless it is leaving. */
  public synchronized Optional<MechanismLease> tryAcquire() {
    if (leaving || mechanism == null) {
      return Optional.empty();
    }
    leases++;
    return Optional.of(new MechanismLease(this, mechanism));
  }

  /**
   * Has {@code action} run once when it has left and no call is in flight; at once if it already
   * has. Whoever keeps something that it built drops it there.
   */
  public void whenLeft(Runnable action) {
    synchronized (this) {
      if (mechanism != null) {
        whenLeft.add(action);
        return;
      }
    }
    action.run();
  }

  /** Forgets an action given to {@link #whenLeft}, by whoever no longer keeps anything. */
  public synchronized void forget(Runnable action) {
    whenLeft.remove(action);
  }

  synchronized void giveBack() {
    leases--;
    notifyAll();
  }

  /**
   * Gives no more leases, waits for those in use and lets go of the plugin's classes. An interrupt
   * does not cut the wait short, or the bundle would stop under running code.
   *
   * @return whether every lease was closed within {@code patience}
   */
  boolean leave(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    List<Runnable> actions;
    boolean drained;
    synchronized (this) {
      leaving = true;
      drained = awaitNoLease(deadline);
      mechanism = null;
      actions = List.copyOf(whenLeft);
      whenLeft.clear();
    }
    actions.forEach(Runnable::run);
    long left = Math.max(0, deadline - System.nanoTime());
    return kernels.retire(Duration.ofNanos(left)) && drained;
  }

  private boolean awaitNoLease(long deadline) {
    boolean interrupted = false;
    while (leases > 0) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        break;
      }
      try {
        wait(Math.max(1, left / 1_000_000));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return leases == 0;
  }

  @Override
  public String toString() {
    return name + " " + version;
  }
}
