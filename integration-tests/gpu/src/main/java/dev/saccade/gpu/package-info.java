/**
 * Tries the kernels for GPUs on a GPU, and times them: first what is right, then how fast. {@link
 * dev.saccade.gpu.GpuSuite} is the program, {@link dev.saccade.gpu.Programs} the list of what it
 * tries, {@link dev.saccade.gpu.Plan} at which sizes.
 *
 * <p>Nothing here needs ND4J or the runtime: it uses the plugin as an embedder does, whose tensors
 * stay on the GPU. Axes as in {@link dev.saccade.api}.
 */
@NullMarked
package dev.saccade.gpu;

import org.jspecify.annotations.NullMarked;
