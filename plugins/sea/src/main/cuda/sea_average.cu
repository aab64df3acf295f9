/*
 * The running mean of the values: what causal attention has for the keys that it drops,
 *
 *   average_t = Σ_{j≤t} v_j / (t + 1),     v_j = 0 as long as only padding has been seen
 *
 *   seaValueSums    sums of every chunk of 128 positions by itself
 *   seaValueScan    of every chunk, those of all chunks before it
 *   seaAverage       the means; seaAverageWide those in f32, for the way back
 *
 *   value    [B, H, T, D] as T
 *   rank     [B, T] or null                  real keys up to a position
 *   sums     [B, H, ⌈T/128⌉, D] in f64
 *   average  [B, H, T, D] as T
 *
 * Summed in double precision, in which a mean of many values loses nothing.
 *
 * Floor of a position and head: values twice and averages once, 12·D bytes; bound by bandwidth.
 * Reference: AverageContext.java, soFar.
 */
#include "sea_axes.cuh"
#include "sea_scan.cuh"


/* The values of one chunk of one head. */
template <class T>
struct Chunk {
  const T *value;
  const int *rank;
  int D;

  __device__ __forceinline__ double operator()(int position, int d) const {
    return rank != nullptr && rank[position] == 0 ? 0.0 : toFloat(value[(size_t) position * D + d]);
  }
};

template <class T>
__device__ __forceinline__ Chunk<T> chunkOf(
    const T *value, const int *rank, const SeaAxes &axes) {
  const int sequence = blockIdx.y / axes.H;
  return {
      value + (size_t) blockIdx.y * axes.T * axes.D,
      rank == nullptr ? nullptr : rank + (size_t) sequence * axes.T,
      axes.D};
}

/* grid (chunks, B·H), one thread a feature */
template <class T>
__device__ __forceinline__ void valueSums(
    const T *__restrict__ value,
    const int *__restrict__ rank,
    double *__restrict__ sums,
    const SeaAxes &axes) {
  const Chunk<T> values = chunkOf(value, rank, axes);
  const int first = blockIdx.x * CHUNK;
  const int end = min(first + CHUNK, axes.T);
  for (int d = threadIdx.x; d < axes.D; d += blockDim.x) {
    double sum = 0;
    for (int position = first; position < end; position++) {
      sum += values(position, d);
    }
    sums[((size_t) blockIdx.y * gridDim.x + blockIdx.x) * axes.D + d] = sum;
  }
}

/* grid (B·H), one thread a feature */
extern "C" __global__ void seaValueScan(double *sums, SeaAxes axes) {
  const int chunks = chunksOf(axes);
  for (int d = threadIdx.x; d < axes.D; d += blockDim.x) {
    scanChunks(sums + (size_t) blockIdx.x * chunks * axes.D + d, axes.D, chunks);
  }
}
EXPORT(seaValueScan);

/* grid (chunks, B·H), one thread a feature */
template <class T, class Into>
__device__ __forceinline__ void averages(
    const T *__restrict__ value,
    const int *__restrict__ rank,
    const double *__restrict__ sums,
    Into *__restrict__ average,
    const SeaAxes &axes) {
  const Chunk<T> values = chunkOf(value, rank, axes);
  const int first = blockIdx.x * CHUNK;
  const int end = min(first + CHUNK, axes.T);
  for (int d = threadIdx.x; d < axes.D; d += blockDim.x) {
    double sum = sums[((size_t) blockIdx.y * gridDim.x + blockIdx.x) * axes.D + d];
    for (int position = first; position < end; position++) {
      sum += values(position, d);
      store(
          average + ((size_t) blockIdx.y * axes.T + position) * axes.D + d,
          (float) (sum / (position + 1)));
    }
  }
}

#define SEA_AVERAGE(T)                                                                             \
  extern "C" __global__ void seaValueSums_##T(                                                   \
      const T *value, const int *rank, double *sums, SeaAxes axes) {                               \
    valueSums(value, rank, sums, axes);                                                            \
  }                                                                                                \
  EXPORT(seaValueSums_##T);                                                                      \
  extern "C" __global__ void seaAverage_##T(                                                      \
      const T *value, const int *rank, const double *sums, T *average, SeaAxes axes) {             \
    averages(value, rank, sums, average, axes);                                                    \
  }                                                                                                \
  EXPORT(seaAverage_##T);                                                                         \
  extern "C" __global__ void seaAverageWide_##T(                                                   \
      const T *value, const int *rank, const double *sums, float *average, SeaAxes axes) {         \
    averages(value, rank, sums, average, axes);                                                    \
  }                                                                                                \
  EXPORT(seaAverageWide_##T)

SEA_AVERAGE(float);
SEA_AVERAGE(f16);
SEA_AVERAGE(bf16);
