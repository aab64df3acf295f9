/*
 * What happens to a row of the picture when it becomes a row of the estimate.
 */
#pragma once

#include "sea_axes.cuh"

/*
 * Number `column` of `from` pixels that are blended to more, M of them, centres aligned (PyTorch's
 * interpolate): of the two whose centres are next to this column's.
 */
template <class Pixel>
__device__ __forceinline__ float blended(int from, int M, int column, Pixel pixel) {
  const int twice = max((2 * column + 1) * from - M, 0); // the place, in parts of 2M
  const int below = twice / (2 * M);
  const float part = (float) (twice % (2 * M)) / (2 * M);
  return (1 - part) * pixel(below) + part * pixel(min(below + 1, from - 1));
}

/*
 * Makes weights of a row of scores, in place; by one warp, each lane on every 32nd number.
 *
 *   greatest   of the numbers of this lane
 */
__device__ __forceinline__ void softmax(float *row, int M, float greatest) {
  greatest = greatestOver<WARP>(greatest);
  float total = 0.0f;
  for (int m = laneOf(); m < M; m += WARP) {
    row[m] = expf(row[m] - greatest);
    total += row[m];
  }
  total = sumOver<WARP>(total);
  for (int m = laneOf(); m < M; m += WARP) {
    row[m] /= total;
  }
}
