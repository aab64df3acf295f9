/*
 * The way back of the average that is one for all queries of a head (sea_around_average.cu), to the
 * values and, through the columns' means that weigh them, to the estimate's scores:
 *
 *   handed = Σ_t (1 − β_t)·dout_t            over all T queries, padding too
 *   along_j = handed·v_j      dv_j += column(j)·handed      dcolumn_m = Σ along_j     real j under m
 *   dscore_rm = share_r·p_rm·(dcolumn_m − Σ_m p_rm·dcolumn_m)        share_r = real queries of r / T
 *
 *   seaAroundHanded       (1 − β)·dout over chunks of 128 positions; seaAroundValueTotals adds them up
 *   seaAroundValuesBack   along, dv
 *   seaAroundColumnsBack  dcolumn: the keys of a column are one run of ranks
 *   seaAroundScoresBack   dscore in the place of p
 *
 *   ofContext  [B, H, T, D] as T     value     [B, H, T, D] as T     ofValue  [B, H, T, D]
 *   gates      [B, H, R, 2], the second β
 *   counted    [B, T], L; 0 for padding        seen  [B, T], L
 *   rank, position  [B, T] or null (sea_real.cu)
 *   handed     [B, H, ⌈T/128⌉, D] in f64       along     [B, H, T] in f64
 *   columns    [B, ⌈R/128⌉, H, M] in f64, the first chunk's the means     ofColumns  [B, H, M] in f64
 *   weights    [B, R, H, M]  in: p; out: dscore
 *
 * Summed in double precision, as the means are: each column's sum by one warp, in one order.
 *
 * Floor of a position and head: dout, values and the gradient of values there and back, 16·D bytes,
 * and 8·M of weights where n = 1: bound by bandwidth. Reference: AverageOfAll.java,
 * ColumnMeansGradient.java.
 */
#include "sea_axes.cuh"
#include "sea_keys.cuh"

__device__ __forceinline__ double sumOverLanes(double x) {
  for (int off = WARP / 2; off > 0; off /= 2) {
    x += __shfl_xor_sync(ALL_LANES, x, off);
  }
  return x;
}

/* Which column a rank is under, and which ranks are under a column, of L keys. */
__device__ __forceinline__ SeenKeys keysOf(int L, const SeaAxes &axes) {
  return {{1.0f, 0}, 0.0f, nullptr, L, axes.M};
}

/* grid (⌈T/128⌉, B·H), one thread a feature */
template <class T>
__device__ __forceinline__ void handChunk(
    const T *__restrict__ ofContext,
    const float *__restrict__ gates,
    double *__restrict__ handed,
    const SeaAxes &axes) {
  const int first = blockIdx.x * CHUNK;
  const int end = min(first + CHUNK, axes.T);
  const T *of = ofContext + (size_t) blockIdx.y * axes.T * axes.D;
  const float *ofHead = gates + (size_t) blockIdx.y * axes.R * 2;
  for (int d = threadIdx.x; d < axes.D; d += blockDim.x) {
    double sum = 0;
    for (int t = first; t < end; t++) {
      const double beta = ofHead[t / axes.n * 2 + 1];
      sum += (1.0 - beta) * toFloat(of[(size_t) t * axes.D + d]);
    }
    handed[((size_t) blockIdx.y * gridDim.x + blockIdx.x) * axes.D + d] = sum;
  }
}

/* grid (⌈T/warps of a block⌉, B·H), a warp a position */
template <class T>
__device__ __forceinline__ void valuesBack(
    const T *__restrict__ value,
    const int *__restrict__ counted,
    const int *__restrict__ rank,
    const double *__restrict__ columns,
    const double *__restrict__ handed,
    double *__restrict__ along,
    float *__restrict__ ofValue,
    const SeaAxes &axes) {
  const int t = blockIdx.x * warpsOfBlock() + warpOf();
  if (t >= axes.T) {
    return;
  }
  const size_t head = blockIdx.y;
  const size_t sequence = head / axes.H;
  const int L = counted[sequence * axes.T + t];
  double product = 0;
  if (L != 0) {
    const int own = rank == nullptr ? t + 1 : rank[sequence * axes.T + t];
    const double mean =
        columns[(sequence * ceilDiv(axes.R, CHUNK) * axes.H + head % axes.H) * axes.M
                + keysOf(L, axes).column(own)];
    const double *sum = handed + head * chunksOf(axes) * axes.D;
    const size_t first = (head * axes.T + t) * axes.D;
    for (int d = laneOf(); d < axes.D; d += WARP) {
      product += sum[d] * toFloat(value[first + d]);
      ofValue[first + d] += (float) (mean * sum[d]);
    }
    product = sumOverLanes(product);
  }
  if (laneOf() == 0) {
    along[head * axes.T + t] = product;
  }
}

/* grid (⌈M/warps of a block⌉, B·H), a warp a column */
extern "C" __global__ void seaAroundColumnsBack(
    const double *__restrict__ along,
    const int *__restrict__ seen,
    const int *__restrict__ position,
    double *__restrict__ ofColumns,
    SeaAxes axes) {
  const int column = blockIdx.x * warpsOfBlock() + warpOf();
  if (column >= axes.M) {
    return;
  }
  const size_t head = blockIdx.y;
  const size_t sequence = head / axes.H * axes.T;
  const SeenKeys keys = keysOf(seen[sequence], axes);
  const int end = keys.firstRank(column + 1);
  double sum = 0;
  for (int rank = keys.firstRank(column) + laneOf(); rank < end; rank += WARP) {
    const int t = position == nullptr ? rank - 1 : position[sequence + rank - 1];
    sum += along[head * axes.T + t];
  }
  sum = sumOverLanes(sum);
  if (laneOf() == 0) {
    ofColumns[head * axes.M + column] = sum;
  }
}
EXPORT(seaAroundColumnsBack);

/* grid (R, B), a warp one head after another */
extern "C" __global__ void seaAroundScoresBack(
    const double *__restrict__ ofColumns,
    const int *__restrict__ counted,
    float *__restrict__ weights,
    SeaAxes axes) {
  const int first = blockIdx.x * axes.n;
  int served = 0;
  for (int t = first; t < min(first + axes.n, axes.T); t++) {
    served += counted[(size_t) blockIdx.y * axes.T + t] != 0;
  }
  const double share = (double) served / axes.T;
  for (int head = warpOf(); head < axes.H; head += warpsOfBlock()) {
    const double *of = ofColumns + ((size_t) blockIdx.y * axes.H + head) * axes.M;
    float *row = weights + (((size_t) blockIdx.y * axes.R + blockIdx.x) * axes.H + head) * axes.M;
    double mean = 0;
    for (int m = laneOf(); m < axes.M; m += WARP) {
      mean += row[m] * of[m];
    }
    mean = sumOverLanes(mean);
    for (int m = laneOf(); m < axes.M; m += WARP) {
      row[m] *= (float) (share * (of[m] - mean));
    }
  }
}
EXPORT(seaAroundScoresBack);

#define SEA_AROUND_AVERAGE_BACK(T)                                                                 \
  extern "C" __global__ void seaAroundHanded_##T(                                                  \
      const T *ofContext, const float *gates, double *handed, SeaAxes axes) {                      \
    handChunk(ofContext, gates, handed, axes);                                                     \
  }                                                                                                \
  EXPORT(seaAroundHanded_##T);                                                                     \
  extern "C" __global__ void seaAroundValuesBack_##T(                                              \
      const T *value, const int *counted, const int *rank, const double *columns,                  \
      const double *handed, double *along, float *ofValue, SeaAxes axes) {                         \
    valuesBack(value, counted, rank, columns, handed, along, ofValue, axes);                       \
  }                                                                                                \
  EXPORT(seaAroundValuesBack_##T)

SEA_AROUND_AVERAGE_BACK(float);
SEA_AROUND_AVERAGE_BACK(f16);
SEA_AROUND_AVERAGE_BACK(bf16);
