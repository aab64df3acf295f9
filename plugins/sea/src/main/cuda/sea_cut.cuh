/*
 * The greatest of many weights, exactly, whatever the order of threads.
 *
 * Floats that are not negative are ordered like their bits, so the k-th greatest is found digit by
 * digit, the leading 8 bits first: a histogram of those that share the digits so far says which
 * digit comes next. What is greater than it is kept, and of what is equal as many as there is room
 * for, the first ones.
 */
#pragma once

#include "sea_axes.cuh"

constexpr int DIGIT_BITS = 8;
constexpr int DIGITS = 1 << DIGIT_BITS;

/* k·o·M, rounded as in the definition. */
__device__ __forceinline__ float columnsOf(const float *k, double oversample, int M) {
  return (float) (*k * oversample * M);
}

/* How many of `competing` columns a query keeps, of a sequence of so many keys. */
__device__ __forceinline__ int keptCount(float columns, int keys, int joint, int competing) {
  const float count = rintf(__fmul_rn(__fdiv_rn(columns, (float) keys), (float) joint));
  return count < 1.0f ? 1 : count < (float) competing ? (int) count : competing;
}

/*
 * Finds the greatest digit whose elements, with those above it, are at least `wanted`, and how many
 * are still wanted of its own. By one warp.
 */
template <class Count>
__device__ __forceinline__ void findDigit(
    const Count *histogram, Count wanted, unsigned *digit, Count *ofDigit) {
  constexpr int OF_LANE = DIGITS / WARP;
  const int greatest = DIGITS - 1 - laneOf() * OF_LANE; // of the digits of this lane
  Count own = 0;
  for (int i = 0; i < OF_LANE; i++) {
    own += histogram[greatest - i];
  }
  Count above = sumSoFar(own) - own;
  if (above < wanted && above + own >= wanted) { // true for one lane
    int i = 0;
    while (above + histogram[greatest - i] < wanted) {
      above += histogram[greatest - i++];
    }
    *digit = greatest - i;
    *ofDigit = wanted - above;
  }
}

/*
 * Of J·M columns of one query the `wanted` greatest; by one block. Of equal ones the first.
 *
 *   bits    [J, M]   of the weights
 *   shared  J·⌈M/32⌉ numbers, and J·M more if the weights are to be held
 *   write(word, kept)  of every word of J·⌈M/32⌉, bit m for column m
 */
template <class Write>
__device__ __forceinline__ void keepGreatest(
    const unsigned *bits, int M, int joint, int wanted, bool held, int *shared, Write write) {
  __shared__ int histogram[DIGITS];
  __shared__ unsigned digit;
  __shared__ int ofDigit;
  const int words = (M + WARP - 1) / WARP;
  const int competing = joint * M;
  int *equals = shared; // of every word; then of all words before it

  if (held) {
    unsigned *copy = (unsigned *) (equals + joint * words);
    for (int i = threadIdx.x; i < competing; i += blockDim.x) {
      copy[i] = bits[i];
    }
    bits = copy;
  }
  unsigned threshold = 0; // the digits of the last one kept, as far as they are known
  unsigned known = 0; // which bits those are
  for (int shift = 32 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
    for (int i = threadIdx.x; i < DIGITS; i += blockDim.x) {
      histogram[i] = 0;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < competing; i += blockDim.x) {
      if ((bits[i] & known) == threshold) {
        atomicAdd(&histogram[bits[i] >> shift & (DIGITS - 1)], 1);
      }
    }
    __syncthreads();
    if (warpOf() == 0) {
      findDigit(histogram, wanted, &digit, &ofDigit);
    }
    __syncthreads();
    threshold |= digit << shift;
    known |= (unsigned) (DIGITS - 1) << shift;
    wanted = ofDigit; // in the end, of those that equal the threshold
  }

  const int warps = warpsOfBlock();
  for (int word = warpOf(); word < joint * words; word += warps) {
    const int column = word % words * WARP + laneOf();
    const bool there = column < M;
    const unsigned own = there ? bits[word / words * M + column] : 0;
    const unsigned ties = __ballot_sync(ALL_LANES, there && own == threshold);
    if (laneOf() == 0) {
      equals[word] = __popc(ties);
    }
  }
  __syncthreads();
  if (warpOf() == 0) {
    int before = 0;
    for (int from = 0; from < joint * words; from += WARP) {
      const int word = from + laneOf();
      const int own = word < joint * words ? equals[word] : 0;
      const int soFar = sumSoFar(own);
      if (word < joint * words) {
        equals[word] = before + soFar - own;
      }
      before += __shfl_sync(ALL_LANES, soFar, WARP - 1);
    }
  }
  __syncthreads();

  for (int word = warpOf(); word < joint * words; word += warps) {
    const int column = word % words * WARP + laneOf();
    const bool there = column < M;
    const unsigned own = there ? bits[word / words * M + column] : 0;
    const unsigned ties = __ballot_sync(ALL_LANES, there && own == threshold);
    const int tiesBefore = equals[word] + __popc(ties & ((1u << laneOf()) - 1));
    const bool keeps = there && (own > threshold || (own == threshold && tiesBefore < wanted));
    const unsigned result = __ballot_sync(ALL_LANES, keeps);
    if (laneOf() == 0) {
      write(word, result);
    }
  }
}
