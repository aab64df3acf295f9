package dev.saccade.runtime.engine.kernel;

import dev.saccade.runtime.SaccadeException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who computes the ops that graphs name: kernels by id, lent out while they run.
 *
 * <p>A graph holds ids only, so that a plugin can leave while graphs that name its kernels live on.
 * Leaving is orderly: {@link #retire} turns new runs away, waits for the runs in flight, and then
 * nothing here refers to the kernel any more, so its class loader can be collected.
 *
 * <p>Safe for use by many threads.
 */
public final class KernelRegistry {

  private static final KernelRegistry GLOBAL = new KernelRegistry();

  private static final int REMEMBERED = 100;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition returned = lock.newCondition();
  private final Map<String, Registration> active = new HashMap<>();

  /**
   * Why an id that was known is not any more; text only, so nothing of the plugin stays. Every
   * installation of a plugin has ids of its own, so the oldest are forgotten.
   */
  private final Map<String, String> departed =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > REMEMBERED;
        }
      };

  /** Returns the registry that the ops of graphs look into: ND4J runs ops process-wide. */
  public static KernelRegistry global() {
    return GLOBAL;
  }

  /**
   * One kernel under one id, from {@link #register} to {@link #retire}.
   *
   * <p>Closes and forgets its kernel once retired and drained.
   */
  public static final class Registration {
    private final String id;
    private final String origin;
    private @Nullable GraphKernel kernel;
    private int leases;
    private boolean retiring;
    private boolean overdue;

    private Registration(String id, String origin, GraphKernel kernel) {
      this.id = id;
      this.origin = origin;
      this.kernel = kernel;
    }

    public String id() {
      return id;
    }

    /** Returns who brought the kernel, as messages name it. */
    public String origin() {
      return origin;
    }
  }

  /** The right to run one kernel until closed; closing twice is harmless. */
  public final class Lease implements AutoCloseable {
    private final Registration registration;
    private @Nullable GraphKernel kernel;

    private Lease(Registration registration, GraphKernel kernel) {
      this.registration = registration;
      this.kernel = kernel;
    }

    public GraphKernel kernel() {
      GraphKernel held = kernel;
      if (held == null) {
        throw new IllegalStateException("the lease of kernel " + registration.id + " is closed");
      }
      return held;
    }

    @Override
    public void close() {
      if (kernel != null) {
        kernel = null;
        giveBack(registration);
      }
    }
  }

  /**
   * Makes {@code kernel} the one that runs under {@code id}.
   *
   * @param origin who brings it, such as a bundle's name and version
   * @throws SaccadeException when another kernel has that id
   */
  public Registration register(String id, String origin, GraphKernel kernel) {
    lock.lock();
    try {
      Registration other = active.get(id);
      if (other != null) {
        throw new SaccadeException(
            "kernel id %s is taken by %s; retire that one before %s registers its own"
                .formatted(id, other.origin, origin));
      }
      Registration registration = new Registration(id, origin, kernel);
      active.put(id, registration);
      departed.remove(id);
      return registration;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lends the kernel of that id.
   *
   * @throws SaccadeException when there is none: never installed, or left
   */
  public Lease acquire(String id) {
    lock.lock();
    try {
      Registration registration = active.get(id);
      if (registration == null) {
        throw new SaccadeException(absence(id));
      }
      GraphKernel kernel = registration.kernel;
      if (kernel == null) {
        throw new IllegalStateException("kernel " + id + " is registered without code");
      }
      registration.leases++;
      return new Lease(registration, kernel);
    } finally {
      lock.unlock();
    }
  }

  /** Says whether {@link #acquire} of that id would succeed now. */
  public boolean has(String id) {
    lock.lock();
    try {
      return active.containsKey(id);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a kernel away: refuses new leases at once, waits for those in flight, then closes and
   * forgets the kernel. A kernel of the same id may be registered meanwhile and serves new leases.
   *
   * @param reason ends the sentence "kernel X has left: ", such as "its bundle was removed"
   * @return whether all leases came back in time; if not, the kernel is closed and forgotten when
   *     the last one does
   */
  public boolean retire(Registration registration, String reason, Duration patience) {
    long nanos = patience.toNanos();
    boolean interrupted = false;
    GraphKernel drained = null;
    lock.lock();
    try {
      if (!registration.retiring) {
        registration.retiring = true;
        if (active.remove(registration.id, registration)) {
          departed.put(registration.id, reason);
        }
      }
      while (registration.leases > 0 && nanos > 0) {
        long before = System.nanoTime();
        try {
          nanos = returned.awaitNanos(nanos);
        } catch (InterruptedException e) {
          // Giving up early would let a bundle stop under running code: wait on, tell the caller.
          interrupted = true;
          nanos -= System.nanoTime() - before;
        }
      }
      if (registration.leases > 0) {
        registration.overdue = true;
        return false;
      }
      drained = registration.kernel;
      registration.kernel = null;
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    if (drained != null) {
      drained.close();
    }
    return true;
  }

  private void giveBack(Registration registration) {
    GraphKernel drained = null;
    lock.lock();
    try {
      registration.leases--;
      if (registration.leases == 0 && registration.retiring) {
        if (registration.overdue) {
          drained = registration.kernel;
          registration.kernel = null;
        }
        returned.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (drained != null) {
      drained.close();
    }
  }

  private String absence(String id) {
    String reason = departed.get(id);
    String installed =
        active.isEmpty() ? "none" : String.join(", ", new TreeSet<>(active.keySet()));
    String what =
        reason == null
            ? "no kernel is named %s; installed: %s".formatted(id, installed)
            : "kernel %s has left: %s; installed: %s".formatted(id, reason, installed);
    return what + ". Install the plugin that brings it, or rebuild the graph without it.";
  }

  /** For tests that need to wait for a state of this registry. */
  int leasesOf(Registration registration) {
    lock.lock();
    try {
      return registration.leases;
    } finally {
      lock.unlock();
    }
  }
}
