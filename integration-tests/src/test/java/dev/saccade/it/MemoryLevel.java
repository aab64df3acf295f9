package dev.saccade.it;

import java.util.List;
import org.bytedeco.javacpp.Pointer;

/**
 * The memory in use when no call is in flight and what is unreachable is collected.
 *
 * @param heapBytes in Java's heap
 * @param nativeBytes of the process outside the heap: ND4J's arrays, but classes and code as well
 */
record MemoryLevel(long heapBytes, long nativeBytes) {

  private static final int COLLECTIONS = 2;
  private static final long SETTLE_MILLIS = 20;

  static MemoryLevel now() throws InterruptedException {
    // Twice: what the first finds dead may hold native memory, which is freed by another thread.
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      Thread.sleep(SETTLE_MILLIS);
    }
    Runtime runtime = Runtime.getRuntime();
    return new MemoryLevel(
        runtime.totalMemory() - runtime.freeMemory(),
        Pointer.physicalBytes() - runtime.totalMemory());
  }

  /** The lowest of each: what is above it comes and goes. */
  static MemoryLevel lowest(List<MemoryLevel> levels) {
    return new MemoryLevel(
        levels.stream().mapToLong(MemoryLevel::heapBytes).min().orElseThrow(),
        levels.stream().mapToLong(MemoryLevel::nativeBytes).min().orElseThrow());
  }
}
