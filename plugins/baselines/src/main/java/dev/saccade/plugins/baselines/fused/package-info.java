/**
 * Kernels that compute attention a block at a time and never hold a T×S matrix: exact and windowed
 * attention by online softmax, kernelised attention by running sums.
 */
@NullMarked
package dev.saccade.plugins.baselines.fused;

import org.jspecify.annotations.NullMarked;
