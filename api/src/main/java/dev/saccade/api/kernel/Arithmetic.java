package dev.saccade.api.kernel;

/** With which instructions a kernel's blocks are computed; see {@link BlockMath}. */
public enum Arithmetic {
  /** Ordinary Java, which runs everywhere. */
  PLAIN,
  /** Java's vector API, where {@code jdk.incubator.vector} is enabled. */
  SIMD
}
