package dev.saccade.it;

import java.lang.reflect.Field;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.memory.deallocation.DeallocatorService;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The memory in use when no call is in flight and what is unreachable is collected.
 *
 * <p>Native memory is counted in ND4J's arrays rather than in bytes of the process: those include
 * what the allocators of C and of Java keep for later, which comes and goes by more than any leak.
 *
 * @param heapBytes in Java's heap
 * @param arrays that ND4J holds native memory for
 */
record MemoryLevel(long heapBytes, long arrays) {

  private static final int COLLECTIONS = 3;
  private static final long SETTLE_MILLIS = 30;

  static MemoryLevel now() throws InterruptedException {
    // Again and again: what is found dead may hold an array, which another thread then frees.
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      Thread.sleep(SETTLE_MILLIS);
    }
    Runtime runtime = Runtime.getRuntime();
    return new MemoryLevel(runtime.totalMemory() - runtime.freeMemory(), liveArrays());
  }

  /** ND4J counts them, but tells nobody. */
  private static int liveArrays() {
    try {
      Field references = DeallocatorService.class.getDeclaredField("referenceMap");
      references.setAccessible(true);
      return ((Map<?, ?>) references.get(Nd4j.getDeallocatorService())).size();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("ND4J keeps its books elsewhere now", e);
    }
  }

  /** The lowest of each: what is above it comes and goes. */
  static MemoryLevel lowest(List<MemoryLevel> levels) {
    return new MemoryLevel(
        levels.stream().mapToLong(MemoryLevel::heapBytes).min().orElseThrow(),
        levels.stream().mapToLong(MemoryLevel::arrays).min().orElseThrow());
  }
}
