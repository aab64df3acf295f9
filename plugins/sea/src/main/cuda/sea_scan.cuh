/*
 * Turns the sums of chunks into the sums of all chunks before each, in place: one thread adds up one
 * number of them, in double precision and in order.
 *
 * Whoever is first in line reads AHEAD numbers before it writes: else each would wait for the one
 * before it, and a long sequence has thousands.
 */
#pragma once

#include "sea_axes.cuh"

constexpr int AHEAD = 8;

/* sums: the number of the first chunk; that of the next is `stride` further. */
template <class Number>
__device__ __forceinline__ void scanChunks(Number *sums, size_t stride, int chunks) {
  double before = 0;
  for (int from = 0; from < chunks; from += AHEAD) {
    Number own[AHEAD];
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      own[i] = from + i < chunks ? sums[(from + i) * stride] : Number(0);
    }
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      if (from + i < chunks) {
        sums[(from + i) * stride] = (Number) before;
      }
      before += own[i];
    }
  }
}
