/*
 * Causal attention by random features in linear time: the rough context of every row,
 *
 *   context_t = Σ_{j≤t} (φ(q_t)·φ(k_j)) u_j  /  (φ(q_t)·(Σ_{j≤t} φ(k_j) + 1e-6)),     u = [place, value]
 *
 * The sequence is cut into chunks of 128 positions. What a query gets from chunks before its own
 * are sums S = Σ φ(k)uᵀ and z = Σ φ(k); keys of its own chunk it meets one by one:
 *
 *   seaRoughSums      S and z of every chunk by itself
 *   seaRoughScan      of every chunk, those of all chunks before it; added in double precision
 *   seaRoughContext   (φ(Q)·S + A·U) / (φ(Q)·(z + 1e-6) + A·1),   A = φ(Q)φ(K)ᵀ on and below the diagonal
 *
 *   queryFeatures  [G, R, F]           keyFeatures  [G, T, F]          of G heads from firstHead on
 *   places         [P, D]              value        [G, T, D] as T
 *   rank           [B, T] or null      real keys up to a position; the values of those before the first
 *                                      are zero, their features are not, as published
 *   states         [G, ⌈T/128⌉, F·2D + F]      S, then z
 *   context        [G, R, 2D]
 *   masses         [G, R] or null      the denominators, which the way back divides by
 *
 * Nothing is T × T: A is 64 × 128 and lives in shared memory. States take F·(2D + 1)/128 numbers a
 * position, no more than features do for D ≤ 64.
 *
 * Floor of a position and head, D = 64, F = 266: S and back 2·2·F·2D = 136 kFLOP, the own chunk
 * 2·64·(F + 2D) = 50 kFLOP; features, values and contexts 4·(2F + 3D) = 2.9 KB and states 2·4·268 =
 * 2.1 KB: bound by arithmetic in f32. Reference: CausalPerformer.java.
 */
#include "sea_placed.cuh"
#include "sea_scan.cuh"
#include "sea_sums.cuh"

constexpr int KEYS = 64; // that are met at once

/* grid (⌈F/64⌉·⌈2D/64⌉, chunks, G), block PRODUCT_THREADS */
template <class Cores, class T>
__device__ __forceinline__ void roughSums(
    const float *__restrict__ keyFeatures,
    const float *__restrict__ places,
    const T *__restrict__ value,
    const int *__restrict__ rank,
    float *__restrict__ states,
    const SeaAxes &axes,
    int firstHead) {
  const int first = blockIdx.y * CHUNK;
  const Placed<T> u = placed(places, value, rank, axes, firstHead);
  sumFeatures<Cores>(
      keyFeatures + ((size_t) blockIdx.z * axes.T + first) * axes.F,
      min(CHUNK, axes.T - first),
      [&](int j, int column) { return u(first + j, column); },
      states + ((size_t) blockIdx.z * chunksOf(axes) + blockIdx.y) * stateSize(axes),
      axes);
}

/* grid (⌈(F·2D + F)/blockDim⌉, G), one thread a number of a state */
extern "C" __global__ void seaRoughScan(float *states, SeaAxes axes) {
  const size_t i = (size_t) blockIdx.x * blockDim.x + threadIdx.x;
  const size_t size = stateSize(axes);
  if (i >= size) {
    return;
  }
  const int chunks = chunksOf(axes);
  scanChunks(states + (size_t) blockIdx.y * chunks * size + i, size, chunks);
}
EXPORT(seaRoughScan);

/* grid (⌈⌈128/n⌉/64⌉, chunks, G), block PRODUCT_THREADS; a block has 64 rows of one chunk */
template <class Cores, class T>
__device__ __forceinline__ void roughContext(
    const float *__restrict__ queryFeatures,
    const float *__restrict__ keyFeatures,
    const float *__restrict__ places,
    const T *__restrict__ value,
    const int *__restrict__ rank,
    const float *__restrict__ states,
    float *__restrict__ context,
    float *__restrict__ masses,
    const SeaAxes &axes,
    int firstHead) {
  __shared__ typename Cores::template Tile<64, 64> tile;
  __shared__ float met[64][CHUNK]; // A
  __shared__ float mass[64];
  const int first = blockIdx.y * CHUNK;
  const int firstRow = (first + axes.n - 1) / axes.n + 64 * blockIdx.x;
  const int endRow = min((first + CHUNK + axes.n - 1) / axes.n, axes.R); // of the chunk
  const int rows = min(64, endRow - firstRow);
  if (rows <= 0) {
    return;
  }
  const int keys = (firstRow + rows - 1) * axes.n - first + 1; // that the last row sees
  const int width = 2 * axes.D;
  const float *queries = queryFeatures + ((size_t) blockIdx.z * axes.R + firstRow) * axes.F;
  const float *features = keyFeatures + ((size_t) blockIdx.z * axes.T + first) * axes.F;
  const float *state =
      states + ((size_t) blockIdx.z * chunksOf(axes) + blockIdx.y) * stateSize(axes);
  const Placed<T> u = placed(places, value, rank, axes, firstHead);
  const auto query = [&](int i, int f) {
    return i < rows ? queries[(size_t) i * axes.F + f] : 0.0f;
  };

  for (int from = 0; from < keys; from += KEYS) {
    typename Cores::Sums products;
    addProduct<Along::DEPTH, Along::DEPTH>(
        products,
        axes.F,
        query,
        [&](int f, int j) {
          return from + j < keys ? features[(size_t) (from + j) * axes.F + f] : 0.0f;
        },
        tile);
    eachSum<64>(products, [&](int i, int j, float product) {
      const bool sees = first + from + j <= (firstRow + i) * axes.n;
      met[i][from + j] = sees ? product : 0.0f;
    });
  }
  __syncthreads();

  for (int i = warpOf(); i < rows; i += PRODUCT_THREADS / WARP) {
    float sum = 0.0f;
    for (int j = laneOf(); j < keys; j += WARP) {
      sum += met[i][j];
    }
    const float *before = state + (size_t) axes.F * width; // z
    for (int f = laneOf(); f < axes.F; f += WARP) {
      sum = fmaf(query(i, f), before[f] + MASS, sum);
    }
    sum = sumOver<WARP>(sum);
    if (laneOf() == 0) {
      mass[i] = sum;
      if (masses != nullptr) {
        masses[(size_t) blockIdx.z * axes.R + firstRow + i] = sum;
      }
    }
  }
  __syncthreads();

  for (int firstColumn = 0; firstColumn < width; firstColumn += 64) {
    typename Cores::Sums mixed;
    addProduct<Along::DEPTH, Along::EDGE>(
        mixed,
        axes.F,
        query,
        [&](int f, int c) {
          const int column = firstColumn + c;
          return column < width ? state[(size_t) f * width + column] : 0.0f;
        },
        tile);
    addProduct<Along::DEPTH, Along::EDGE>(
        mixed,
        keys,
        [&](int i, int j) { return met[i][j]; },
        [&](int j, int c) {
          const int column = firstColumn + c;
          return column < width ? u(first + j, column) : 0.0f;
        },
        tile);
    eachSum<64>(mixed, [&](int i, int c, float sum) {
      const int column = firstColumn + c;
      if (i < rows && column < width) {
        context[((size_t) blockIdx.z * axes.R + firstRow + i) * width + column] = sum / mass[i];
      }
    });
  }
}

#define SEA_ROUGH(sums, context_, Cores, T)                                                        \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) sums##_##T(                        \
      const float *keyFeatures, const float *places, const T *value, const int *rank,              \
      float *states, SeaAxes axes, int firstHead) {                                                \
    roughSums<Cores>(keyFeatures, places, value, rank, states, axes, firstHead);                   \
  }                                                                                                \
  EXPORT(sums##_##T);                                                                              \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) context_##_##T(                    \
      const float *queryFeatures, const float *keyFeatures, const float *places, const T *value,   \
      const int *rank, const float *states, float *context, float *masses, SeaAxes axes,           \
      int firstHead) {                                                                             \
    roughContext<Cores>(queryFeatures, keyFeatures, places, value, rank, states, context, masses,  \
                        axes, firstHead);                                                          \
  }                                                                                                \
  EXPORT(context_##_##T)

SEA_ROUGH(seaRoughSums, seaRoughContext, OrdinaryCores, float);
SEA_ROUGH(seaRoughSums, seaRoughContext, OrdinaryCores, f16);
SEA_ROUGH(seaRoughSums, seaRoughContext, OrdinaryCores, bf16);
#if __CUDA_ARCH__ >= 800
SEA_ROUGH(seaRoughSumsTensor, seaRoughContextTensor, TensorCores, f16);
SEA_ROUGH(seaRoughSumsTensor, seaRoughContextTensor, TensorCores, bf16);
#endif
