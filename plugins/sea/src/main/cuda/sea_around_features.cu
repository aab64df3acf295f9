/*
 * Random features of softmax attention (Choromanski et al., Rethinking Attention with Performers,
 * ICLR 2021, equation 5), without their common factor, which contexts do not show:
 *
 *   φ(x) = exp(ω·x − |x|²/2 − shift) + 1e-4         ω·x and |x| with x times D^-¼
 *
 *   seaAroundProject    ω·x
 *   seaAroundGreatest   the greatest ω·k of every chunk of 128 keys
 *   seaAroundShift      the greatest of a head
 *   seaAroundFeatures   φ, in place of ω·x
 *
 *   x         [G, T, D] as T   of G heads: keys, or queries of every n-th position
 *   omega     [F, D]
 *   features  [G, rows, F]     row r of position r·every
 *   greatest  [G, ⌈T/128⌉]     shift  [G]
 *
 * A query's shift is its own greatest ω·q, found as its features are. Keys share one a head, lest
 * their weights among each other change; padding takes part, as published.
 *
 * Floor of a vector: twice 4·(D + F) bytes and for a key 4·F more, 2·D·F FLOP and F exponentials; D =
 * 64, F = 266: 2.6 to 3.7 KB and 34 kFLOP; arithmetic and bandwidth are near each other. Reference:
 * RoughFeatures.java.
 */
#include "sea_projection.cuh"

constexpr float EXPONENTIAL_EPSILON = 1e-4f;
constexpr int MOST_WARPS = 32; // of a block

/* grid (⌈rows/64⌉, ⌈F/64⌉, G), block PRODUCT_THREADS */
template <class Cores, class T>
__device__ __forceinline__ void projected(
    const T *__restrict__ x,
    const float *__restrict__ omega,
    float *__restrict__ features,
    const SeaAxes &axes,
    int rows,
    int every,
    float scale) {
  const T *vectors = x + (size_t) blockIdx.z * axes.T * axes.D;
  float *into = features + (size_t) blockIdx.z * rows * axes.F;
  project<Cores>(vectors, omega, axes, rows, every, [&](int row, int f, float sum) {
    into[(size_t) row * axes.F + f] = scale * sum;
  });
}

/* The greatest of all that the threads of a block have, in the first thread. */
__device__ __forceinline__ float greatestOfBlock(float own) {
  __shared__ float ofWarps[MOST_WARPS];
  const float ofWarp = greatestOver<WARP>(own);
  if (laneOf() == 0) {
    ofWarps[warpOf()] = ofWarp;
  }
  __syncthreads();
  float greatest = ofWarps[0];
  for (int warp = 1; threadIdx.x == 0 && warp < warpsOfBlock(); warp++) {
    greatest = fmaxf(greatest, ofWarps[warp]);
  }
  return greatest;
}

/* grid (⌈T/128⌉, G) */
extern "C" __global__ void seaAroundGreatest(
    const float *__restrict__ projected, float *__restrict__ greatest, SeaAxes axes) {
  const int first = blockIdx.x * CHUNK;
  const int count = min(CHUNK, axes.T - first) * axes.F;
  const float *of = projected + ((size_t) blockIdx.y * axes.T + first) * axes.F;
  float own = -INFINITY;
  for (int i = threadIdx.x; i < count; i += blockDim.x) {
    own = fmaxf(own, of[i]);
  }
  own = greatestOfBlock(own);
  if (threadIdx.x == 0) {
    greatest[(size_t) blockIdx.y * gridDim.x + blockIdx.x] = own;
  }
}
EXPORT(seaAroundGreatest);

/* grid (G) */
extern "C" __global__ void seaAroundShift(
    const float *__restrict__ greatest, float *__restrict__ shift, SeaAxes axes) {
  const int chunks = chunksOf(axes);
  float own = -INFINITY;
  for (int i = threadIdx.x; i < chunks; i += blockDim.x) {
    own = fmaxf(own, greatest[(size_t) blockIdx.x * chunks + i]);
  }
  own = greatestOfBlock(own);
  if (threadIdx.x == 0) {
    shift[blockIdx.x] = own;
  }
}
EXPORT(seaAroundShift);

/* grid (⌈rows/warps of a block⌉, G), a warp a vector; without shifts every vector's own */
template <class T>
__device__ __forceinline__ void openFeatures(
    const T *__restrict__ x,
    const float *__restrict__ shift,
    float *__restrict__ features,
    const SeaAxes &axes,
    int rows,
    int every,
    float scale) {
  const int row = blockIdx.x * warpsOfBlock() + warpOf();
  if (row >= rows) {
    return;
  }
  const T *vector = x + ((size_t) blockIdx.y * axes.T + (size_t) row * every) * axes.D;
  float *of = features + ((size_t) blockIdx.y * rows + row) * axes.F;
  float square = 0.0f;
  for (int d = laneOf(); d < axes.D; d += WARP) {
    const float number = scale * toFloat(vector[d]);
    square = fmaf(number, number, square);
  }
  const float half = 0.5f * sumOver<WARP>(square);
  float greatest = -INFINITY;
  if (shift == nullptr) {
    for (int f = laneOf(); f < axes.F; f += WARP) {
      greatest = fmaxf(greatest, of[f]);
    }
    greatest = greatestOver<WARP>(greatest);
  } else {
    greatest = shift[blockIdx.y];
  }
  for (int f = laneOf(); f < axes.F; f += WARP) {
    of[f] = expf(of[f] - half - greatest) + EXPONENTIAL_EPSILON;
  }
}

#define SEA_AROUND_PROJECT(name, Cores, T)                                                         \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) name##_##T(                        \
      const T *x, const float *omega, float *into, SeaAxes axes, int rows, int every,              \
      float scale) {                                                                               \
    projected<Cores>(x, omega, into, axes, rows, every, scale);                                    \
  }                                                                                                \
  EXPORT(name##_##T)

#define SEA_AROUND_FEATURES(T)                                                                     \
  extern "C" __global__ void seaAroundFeatures_##T(                                                \
      const T *x, const float *shift, float *features, SeaAxes axes, int rows, int every,          \
      float scale) {                                                                               \
    openFeatures(x, shift, features, axes, rows, every, scale);                                    \
  }                                                                                                \
  EXPORT(seaAroundFeatures_##T)

SEA_AROUND_PROJECT(seaAroundProject, OrdinaryCores, float);
SEA_AROUND_PROJECT(seaAroundProject, OrdinaryCores, f16);
SEA_AROUND_PROJECT(seaAroundProject, OrdinaryCores, bf16);
#if __CUDA_ARCH__ >= 800
SEA_AROUND_PROJECT(seaAroundProjectTensor, TensorCores, f16);
SEA_AROUND_PROJECT(seaAroundProjectTensor, TensorCores, bf16);
#endif
SEA_AROUND_FEATURES(float);
SEA_AROUND_FEATURES(f16);
SEA_AROUND_FEATURES(bf16);
