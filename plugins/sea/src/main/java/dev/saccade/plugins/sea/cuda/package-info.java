/**
 * Kernels on NVIDIA GPUs, written in CUDA and run through JCuda's driver API: a driver is all that
 * a machine needs.
 *
 * <p>{@link dev.saccade.plugins.sea.cuda.CudaDriver} says whether there is one, {@link
 * dev.saccade.plugins.sea.cuda.GpuSession} holds what a kernel keeps on a GPU, a {@link
 * dev.saccade.plugins.sea.cuda.DeviceProgram} launches kernels on device addresses, and {@link
 * dev.saccade.plugins.sea.cuda.CudaKernel} makes one of it that the runtime can choose. The
 * kernels' sources are {@code src/main/cuda/*.cu}; what is loaded is the PTX beside these classes.
 */
@NullMarked
package dev.saccade.plugins.sea.cuda;

import org.jspecify.annotations.NullMarked;
