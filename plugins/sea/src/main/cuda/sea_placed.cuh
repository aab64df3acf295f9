/*
 * What the random features mix, u = [place, value], and the size of their sums: for the way forward
 * and back.
 */
#pragma once

#include "sea_axes.cuh"

constexpr float FEATURE_EPSILON = 1e-3f; // keeps every feature above zero
constexpr float MASS = 1e-6f; // is added to the sum of every feature over the keys

__device__ __forceinline__ size_t stateSize(const SeaAxes &axes) {
  return (size_t) axes.F * (2 * axes.D + 1);
}

/* U of one head. */
template <class T>
struct Placed {
  const float *places; // [P, D]
  const T *value; // [T, D]
  const int *rank; // [T] or null
  int D;

  __device__ __forceinline__ float operator()(int position, int column) const {
    if (rank != nullptr && rank[position] == 0) {
      return 0.0f;
    }
    return column < D ? places[(size_t) position * D + column]
                      : toFloat(value[(size_t) position * D + column - D]);
  }
};

template <class T>
__device__ __forceinline__ Placed<T> placed(
    const float *places, const T *value, const int *rank, const SeaAxes &axes, int firstHead) {
  const int head = blockIdx.z;
  const int sequence = (firstHead + head) / axes.H;
  return {
      places,
      value + (size_t) head * axes.T * axes.D,
      rank == nullptr ? nullptr : rank + (size_t) sequence * axes.T,
      axes.D};
}
