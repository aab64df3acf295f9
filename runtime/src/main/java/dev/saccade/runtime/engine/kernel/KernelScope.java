package dev.saccade.runtime.engine.kernel;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The kernels that one run of a graph uses, lent from its first op to its last.
 *
 * <p>Leasing for the whole run, not op by op, lets a run that has begun end on the kernels it began
 * with, even if they leave or are replaced meanwhile. Belongs to the thread that opened it.
 */
public final class KernelScope implements AutoCloseable {

  /** Set only during a run, so that a thread of the embedding program pins no plugin. */
  private static final ThreadLocal<@Nullable KernelScope> CURRENT = new ThreadLocal<>();

  private final @Nullable KernelScope outer;
  private final ScratchMemory memory;
  private final Map<String, KernelRegistry.Lease> leases = new HashMap<>();

  private KernelScope(@Nullable KernelScope outer, ScratchMemory memory) {
    this.outer = outer;
    this.memory = memory;
  }

  /**
   * Leases {@code ids} for this thread until closed.
   *
   * @param memory what the kernels' scratch memory is taken from
   * @throws dev.saccade.runtime.SaccadeException when one is missing; then none is leased
   */
  public static KernelScope open(
      KernelRegistry registry, Collection<String> ids, ScratchMemory memory) {
    KernelScope scope = new KernelScope(CURRENT.get(), memory);
    boolean complete = false;
    try {
      for (String id : ids) {
        if (!scope.leases.containsKey(id)) {
          scope.leases.put(id, registry.acquire(id));
        }
      }
      complete = true;
    } finally {
      if (!complete) {
        scope.giveBack();
      }
    }
    CURRENT.set(scope);
    return scope;
  }

  /** Where kernels on this thread take scratch memory from. */
  public static ScratchMemory memory() {
    KernelScope scope = CURRENT.get();
    return scope == null ? ScratchMemory.UNPOOLED : scope.memory;
  }

  /** A use of the kernel {@code id}. */
  @FunctionalInterface
  interface Use<R> {
    R with(GraphKernel kernel);
  }

  /** Runs {@code use} on this thread's leased kernel, or else on one leased for this call. */
  static <R> R using(String id, Use<R> use) {
    KernelScope scope = CURRENT.get();
    KernelRegistry.Lease lease = scope == null ? null : scope.leases.get(id);
    if (lease != null) {
      return use.with(lease.kernel());
    }
    try (KernelRegistry.Lease own = KernelRegistry.global().acquire(id)) {
      return use.with(own.kernel());
    }
  }

  /** As {@link #using}, for a use without a result. */
  static void run(String id, Consumer<GraphKernel> use) {
    using(
        id,
        kernel -> {
          use.accept(kernel);
          return kernel;
        });
  }

  private void giveBack() {
    leases.values().forEach(KernelRegistry.Lease::close);
    leases.clear();
  }

  @Override
  public void close() {
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
    giveBack();
  }
}
