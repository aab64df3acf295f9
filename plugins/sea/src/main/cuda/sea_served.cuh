/*
 * How many queries a row of the estimate stands for: its n positions, but not padding.
 */
#pragma once

#include "sea_axes.cuh"

/*
 * For rows first … first + count − 1 of a sequence; by one block, which waits until all are there.
 *
 *   counted  [T]   0 for padding
 */
__device__ __forceinline__ void countServed(
    int *served, const int *counted, int first, int count, const SeaAxes &axes) {
  for (int i = threadIdx.x; i < count; i += blockDim.x) {
    const int from = (first + i) * axes.n;
    const int end = min(from + axes.n, axes.T);
    int queries = 0;
    for (int t = from; t < end; t++) {
      queries += counted[t] != 0;
    }
    served[i] = queries;
  }
  __syncthreads();
}
