/*
 * What attention without a causal mask has for the keys that it drops: one sum of all values for all
 * queries of a head, in which a value enters by what the estimate gives its column on average,
 *
 *   average = Σ_j column(j)·v_j,     column = Σ_t weights_t / T        over real j and t
 *
 *   seaAroundColumns   Σ of the weights over chunks of 128 rows
 *   seaAroundMeans     over all, divided by T, in the place of the first chunk's
 *   seaAroundValues    Σ of the values over chunks of 128 positions
 *   seaAroundValueTotals  over all, in the place of the first chunk's
 *   seaAroundAverage   copied to every query
 *
 *   weights   [B, R, H, M]              row r serves n queries, of which padding does not count
 *   counted   [B, T]                    real keys L; 0 for padding
 *   rank      [B, T] or null            real keys up to a position
 *   columns   [B, ⌈R/128⌉, H, M] in f64
 *   value     [B, H, T, D] as T
 *   sums      [B, H, ⌈T/128⌉, D] in f64
 *   average   [B, H, T, D] as T
 *
 * Sums are in double precision and in order. The weights of all values do not add up to one, and T
 * counts padding, as published.
 *
 * Floor of a position and head: 4·M bytes of weights where n = 1, values and averages once, 8·D:
 * bound by bandwidth. Reference: ColumnSums.java, AverageOfAll.java.
 */
#include "sea_axes.cuh"
#include "sea_keys.cuh"
#include "sea_served.cuh"

constexpr double LEFT_OUT = -1; // the share of padding

/* grid (⌈R/128⌉, ⌈H·M/blockDim⌉, B), a thread a column of a head */
extern "C" __global__ void seaAroundColumns(
    const float *__restrict__ weights,
    const int *__restrict__ counted,
    double *__restrict__ columns,
    SeaAxes axes) {
  __shared__ int served[CHUNK];
  const int first = blockIdx.x * CHUNK;
  const int count = min(CHUNK, axes.R - first);
  countServed(served, counted + (size_t) blockIdx.z * axes.T, first, count, axes);
  const int i = blockIdx.y * blockDim.x + threadIdx.x;
  const int size = axes.H * axes.M;
  if (i >= size) {
    return;
  }
  const float *row = weights + ((size_t) blockIdx.z * axes.R + first) * size + i;
  double sum = 0;
  for (int r = 0; r < count; r++) {
    sum += (double) served[r] * row[(size_t) r * size];
  }
  columns[((size_t) blockIdx.z * gridDim.x + blockIdx.x) * size + i] = sum;
}
EXPORT(seaAroundColumns);

/* grid (⌈H·M/blockDim⌉, B), a thread a column of a head */
extern "C" __global__ void seaAroundMeans(double *columns, SeaAxes axes) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const int size = axes.H * axes.M;
  if (i >= size) {
    return;
  }
  const int chunks = ceilDiv(axes.R, CHUNK);
  double *ofSequence = columns + (size_t) blockIdx.y * chunks * size + i;
  double sum = 0;
  for (int chunk = 0; chunk < chunks; chunk++) {
    sum += ofSequence[(size_t) chunk * size];
  }
  *ofSequence = sum / axes.T;
}
EXPORT(seaAroundMeans);

/* grid (⌈T/128⌉, B·H), one thread a feature */
template <class T>
__device__ __forceinline__ void aroundValues(
    const T *__restrict__ value,
    const int *__restrict__ counted,
    const int *__restrict__ rank,
    const double *__restrict__ columns,
    double *__restrict__ sums,
    const SeaAxes &axes) {
  __shared__ double shares[CHUNK]; // of every position
  const size_t sequence = blockIdx.y / axes.H;
  const int first = blockIdx.x * CHUNK;
  const int count = min(CHUNK, axes.T - first);
  const double *means = columns
      + (sequence * ceilDiv(axes.R, CHUNK) * axes.H + blockIdx.y % axes.H) * axes.M;
  for (int j = threadIdx.x; j < count; j += blockDim.x) {
    const size_t at = sequence * axes.T + first + j;
    const SeenKeys keys{{1.0f, 0}, 0.0f, nullptr, counted[at], axes.M};
    const int ownRank = rank == nullptr ? first + j + 1 : rank[at];
    shares[j] = keys.L == 0 ? LEFT_OUT : means[keys.column(ownRank)];
  }
  __syncthreads();

  const T *values = value + ((size_t) blockIdx.y * axes.T + first) * axes.D;
  for (int d = threadIdx.x; d < axes.D; d += blockDim.x) {
    double sum = 0;
    for (int j = 0; j < count; j++) {
      sum += shares[j] == LEFT_OUT ? 0.0 : shares[j] * toFloat(values[(size_t) j * axes.D + d]);
    }
    sums[((size_t) blockIdx.y * gridDim.x + blockIdx.x) * axes.D + d] = sum;
  }
}

/* grid (B·H), one thread a feature */
extern "C" __global__ void seaAroundValueTotals(double *sums, SeaAxes axes) {
  const int chunks = chunksOf(axes);
  for (int d = threadIdx.x; d < axes.D; d += blockDim.x) {
    double *ofHead = sums + (size_t) blockIdx.x * chunks * axes.D + d;
    double sum = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
      sum += ofHead[(size_t) chunk * axes.D];
    }
    *ofHead = sum;
  }
}
EXPORT(seaAroundValueTotals);

/* grid (⌈T/128⌉, B·H) */
template <class T>
__device__ __forceinline__ void spread(
    const double *__restrict__ sums, T *__restrict__ average, const SeaAxes &axes) {
  const int first = blockIdx.x * CHUNK;
  const int count = min(CHUNK, axes.T - first) * axes.D;
  const double *sum = sums + (size_t) blockIdx.y * chunksOf(axes) * axes.D;
  T *into = average + ((size_t) blockIdx.y * axes.T + first) * axes.D;
  for (int i = threadIdx.x; i < count; i += blockDim.x) {
    store(into + i, (float) sum[i % axes.D]);
  }
}

#define SEA_AROUND_AVERAGE(T)                                                                      \
  extern "C" __global__ void seaAroundValues_##T(                                                  \
      const T *value, const int *counted, const int *rank, const double *columns, double *sums,    \
      SeaAxes axes) {                                                                              \
    aroundValues(value, counted, rank, columns, sums, axes);                                       \
  }                                                                                                \
  EXPORT(seaAroundValues_##T);                                                                     \
  extern "C" __global__ void seaAroundAverage_##T(                                                 \
      const double *sums, T *average, SeaAxes axes) {                                              \
    spread(sums, average, axes);                                                                   \
  }                                                                                                \
  EXPORT(seaAroundAverage_##T)

SEA_AROUND_AVERAGE(float);
SEA_AROUND_AVERAGE(f16);
SEA_AROUND_AVERAGE(bf16);
