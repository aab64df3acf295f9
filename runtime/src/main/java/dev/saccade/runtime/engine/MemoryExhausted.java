package dev.saccade.runtime.engine;

import dev.saccade.runtime.SaccadeException;
import java.io.Serial;
import java.util.stream.Stream;

/**
 * A graph needed more memory than there is, native or in Java's heap.
 *
 * <p>The runner that threw it is as it was before the run and can be used again with smaller
 * inputs.
 */
public final class MemoryExhausted extends SaccadeException {

  @Serial private static final long serialVersionUID = 1L;

  private final long askedBytes;
  private final long inUseBytes;

  private MemoryExhausted(
      String memory, long askedBytes, long inUseBytes, String remedy, Throwable cause) {
    super(
        "%s is exhausted: an array of %,d bytes was asked for while the run held %,d; use a shorter text, a smaller batch%s (%s)"
            .formatted(memory, askedBytes, inUseBytes, remedy, cause.getMessage()),
        cause);
    this.askedBytes = askedBytes;
    this.inUseBytes = inUseBytes;
  }

  static MemoryExhausted ofNative(long askedBytes, long inUseBytes, Throwable cause) {
    return new MemoryExhausted(
        "native memory",
        askedBytes,
        inUseBytes,
        " or a mechanism whose memory grows linearly",
        cause);
  }

  /** As thrown by kernels, which compute in Java's memory. */
  public static MemoryExhausted ofHeap(long askedBytes, long inUseBytes, OutOfMemoryError cause) {
    return new MemoryExhausted(
        "Java's heap", askedBytes, inUseBytes, ", or give Java more by -Xmx", cause);
  }

  /** Says whether an error of an allocation is about native memory. */
  static boolean isOf(Throwable e) {
    // JavaCPP throws an OutOfMemoryError when its limits are passed or malloc fails, ND4J a
    // RuntimeException when malloc fails in its own code; neither has a type of its own.
    String message = String.valueOf(e.getMessage());
    return Stream.of("Allocation failed", "Cannot allocate", "Failed to allocate", "hysical memory")
        .anyMatch(message::contains);
  }

  /** Returns the size of the array that could not be had; 0 for something small beside arrays. */
  public long askedBytes() {
    return askedBytes;
  }

  /** Returns what the run held at that moment. */
  public long inUseBytes() {
    return inUseBytes;
  }
}
