/** CUDA without a GPU: kernels run on the CPU, under a driver that can be told to fail. */
@NullMarked
package dev.saccade.plugins.sea.cuda;

import org.jspecify.annotations.NullMarked;
