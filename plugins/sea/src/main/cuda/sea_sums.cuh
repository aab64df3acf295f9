/*
 * What some keys of a head add up to for attention by random features:
 *
 *   S = Σ φ(k)uᵀ  [F, 2D]     z = Σ φ(k)  [F]         u = [place, value]
 *
 *   features  [count, F]      u(j, column) of the j-th key, its 2D columns
 *   state     S, then z
 *   grid      (⌈F/64⌉·⌈2D/64⌉, …), block PRODUCT_THREADS: a block has one tile of S
 */
#pragma once

#include "sea_cores.cuh"
#include "sea_placed.cuh"

template <class Cores, class U>
__device__ __forceinline__ void sumFeatures(
    const float *__restrict__ features,
    int count,
    U u,
    float *__restrict__ state,
    const SeaAxes &axes) {
  __shared__ typename Cores::template Tile<64, 64> tile;
  const int width = 2 * axes.D;
  const int columnTiles = (width + 63) / 64;
  const int firstFeature = 64 * (blockIdx.x / columnTiles);
  const int firstColumn = 64 * (blockIdx.x % columnTiles);

  typename Cores::Sums sums;
  addProduct<Along::EDGE, Along::EDGE>(
      sums,
      count,
      [&](int i, int j) {
        const int f = firstFeature + i;
        return f < axes.F ? features[(size_t) j * axes.F + f] : 0.0f;
      },
      [&](int j, int c) {
        const int column = firstColumn + c;
        return column < width ? u(j, column) : 0.0f;
      },
      tile);

  eachSum<64>(sums, [&](int i, int c, float sum) {
    const int f = firstFeature + i;
    const int column = firstColumn + c;
    if (f < axes.F && column < width) {
      state[(size_t) f * width + column] = sum;
    }
  });
  const int f = firstFeature + threadIdx.x;
  if (firstColumn == 0 && threadIdx.x < 64 && f < axes.F) {
    float mass = 0.0f;
    for (int j = 0; j < count; j++) {
      mass += features[(size_t) j * axes.F + f];
    }
    state[(size_t) axes.F * width + f] = mass;
  }
}
