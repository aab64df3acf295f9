package dev.saccade.api.kernel;

import dev.saccade.api.option.Option;

/** Which implementation of a mechanism a user wants; see {@link #OPTION}. */
public enum KernelChoice {
  /** The fastest that can run. */
  AUTO,
  /** The formulas as ordinary operations of the graph: slow, and what all others are tried by. */
  RECIPE,
  /** Kernels in ordinary Java, or an error that says why they cannot run. */
  PLAIN,
  /** Kernels in vector instructions, or an error that says why they cannot run. */
  SIMD,
  /** Kernels on an NVIDIA GPU, or an error that says why they cannot run. */
  CUDA;

  /** A mechanism with kernels lists it among its options; the runtime reads it. */
  public static final Option<KernelChoice> OPTION =
      Option.choice("kernel", AUTO, "which implementation computes");
}
