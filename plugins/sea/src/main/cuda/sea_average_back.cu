/*
 * What values get from the running means that they are in,
 *
 *   dv_j += Σ_{t≥j} (1 − β_t)/(t + 1)·dout_t     but nothing as long as only padding has been seen
 *
 *   seaAverageBackSums    sums of every chunk of 128 positions by itself
 *   seaAverageBackScan    of every chunk, those of all chunks behind it
 *   seaAverageBack         adds what reaches each value
 *
 *   ofContext  [B, H, T, D] as T     gates  [B, H, R, 2], the second β      rank  [B, T] or null
 *   sums       [B, H, ⌈T/128⌉, D] in f64     ofValue  [B, H, T, D]
 *
 * Summed in double precision, as the means are.
 *
 * Floor of a position and head: dout twice, dv there and back, 16·D bytes; bound by bandwidth.
 * Reference: AverageSoFar.java, KeptAttentionGradient.java.
 */
#include "sea_axes.cuh"


/* What the context of one head hands to its average's sum. */
template <class T>
struct Handed {
  const T *ofContext; // [T, D]
  const float *gates; // [R, 2]
  int D;
  int n;

  __device__ __forceinline__ double operator()(int position, int d) const {
    const double beta = gates[position / n * 2 + 1];
    return (1.0 - beta) / (position + 1) * toFloat(ofContext[(size_t) position * D + d]);
  }
};

template <class T>
__device__ __forceinline__ Handed<T> handed(
    const T *ofContext, const float *gates, const SeaAxes &axes) {
  return {
      ofContext + (size_t) blockIdx.y * axes.T * axes.D,
      gates + (size_t) blockIdx.y * axes.R * 2,
      axes.D,
      axes.n};
}

/* grid (chunks, B·H), one thread a feature */
template <class T>
__device__ __forceinline__ void backSums(
    const T *__restrict__ ofContext,
    const float *__restrict__ gates,
    double *__restrict__ sums,
    const SeaAxes &axes) {
  const Handed<T> hands = handed(ofContext, gates, axes);
  const int first = blockIdx.x * CHUNK;
  const int end = min(first + CHUNK, axes.T);
  for (int d = threadIdx.x; d < axes.D; d += blockDim.x) {
    double sum = 0;
    for (int position = first; position < end; position++) {
      sum += hands(position, d);
    }
    sums[((size_t) blockIdx.y * gridDim.x + blockIdx.x) * axes.D + d] = sum;
  }
}

/* grid (B·H), one thread a feature */
extern "C" __global__ void seaAverageBackScan(double *sums, SeaAxes axes) {
  const int chunks = chunksOf(axes);
  for (int d = threadIdx.x; d < axes.D; d += blockDim.x) {
    double behind = 0;
    for (int i = chunks - 1; i >= 0; i--) {
      double *sum = sums + ((size_t) blockIdx.x * chunks + i) * axes.D + d;
      const double own = *sum;
      *sum = behind;
      behind += own;
    }
  }
}
EXPORT(seaAverageBackScan);

/* grid (chunks, B·H), one thread a feature */
template <class T>
__device__ __forceinline__ void back(
    const T *__restrict__ ofContext,
    const float *__restrict__ gates,
    const int *__restrict__ rank,
    const double *__restrict__ sums,
    float *__restrict__ ofValue,
    const SeaAxes &axes) {
  const Handed<T> hands = handed(ofContext, gates, axes);
  const int *ranks = rank == nullptr ? nullptr : rank + (size_t) (blockIdx.y / axes.H) * axes.T;
  const int first = blockIdx.x * CHUNK;
  const int end = min(first + CHUNK, axes.T);
  for (int d = threadIdx.x; d < axes.D; d += blockDim.x) {
    double sum = sums[((size_t) blockIdx.y * gridDim.x + blockIdx.x) * axes.D + d];
    for (int position = end - 1; position >= first; position--) {
      sum += hands(position, d);
      if (ranks == nullptr || ranks[position] > 0) {
        ofValue[((size_t) blockIdx.y * axes.T + position) * axes.D + d] += (float) sum;
      }
    }
  }
}

#define SEA_AVERAGE_BACK(T)                                                                        \
  extern "C" __global__ void seaAverageBackSums_##T(                                               \
      const T *ofContext, const float *gates, double *sums, SeaAxes axes) {                        \
    backSums(ofContext, gates, sums, axes);                                                        \
  }                                                                                                \
  EXPORT(seaAverageBackSums_##T);                                                                  \
  extern "C" __global__ void seaAverageBack_##T(                                                   \
      const T *ofContext, const float *gates, const int *rank, const double *sums, float *ofValue, \
      SeaAxes axes) {                                                                              \
    back(ofContext, gates, rank, sums, ofValue, axes);                                             \
  }                                                                                                \
  EXPORT(seaAverageBack_##T)

SEA_AVERAGE_BACK(float);
SEA_AVERAGE_BACK(f16);
SEA_AVERAGE_BACK(bf16);
