/*
 * Vectors on random directions: one tile of 64 × 64 products ω·x, handed to write(row, f, ω·x).
 *
 *   x       [T, D] as T   of one head; row r is position r·every
 *   omega   [F, D]
 *   grid    (⌈rows/64⌉, ⌈F/64⌉, …)        block  PRODUCT_THREADS
 */
#pragma once

#include "sea_cores.cuh"

template <class Cores, class T, class Write>
__device__ __forceinline__ void project(
    const T *__restrict__ x,
    const float *__restrict__ omega,
    const SeaAxes &axes,
    int rows,
    int every,
    Write write) {
  __shared__ typename Cores::template Tile<64, 64> tile;
  const int firstRow = 64 * blockIdx.x;
  const int firstFeature = 64 * blockIdx.y;

  typename Cores::Sums projected;
  addProduct<Along::DEPTH, Along::DEPTH>(
      projected,
      axes.D,
      [&](int i, int d) {
        const int row = firstRow + i;
        return row < rows ? toFloat(x[(size_t) row * every * axes.D + d]) : 0.0f;
      },
      [&](int d, int j) {
        const int f = firstFeature + j;
        return f < axes.F ? omega[(size_t) f * axes.D + d] : 0.0f;
      },
      tile);

  eachSum<64>(projected, [&](int i, int j, float sum) {
    const int row = firstRow + i;
    const int f = firstFeature + j;
    if (row < rows && f < axes.F) {
      write(row, f, sum);
    }
  });
}
