/*
 * Random features of the generalised attention: φ(x) = ReLU(scale·ω·x) + 1e-3 (Choromanski et al.,
 * Rethinking Attention with Performers, ICLR 2021, section 2.2).
 *
 *   x         [G, T, D] as T  of G heads: keys, or queries of every n-th position
 *   omega     [F, D]
 *   features  [G, rows, F]    row r of position r·every
 *   grid      (⌈rows/64⌉, ⌈F/64⌉, G)       block  PRODUCT_THREADS
 *
 * scale is D^-¼, times that of queries if those are scaled. No exponent is taken and none shifted:
 * the stabiliser of the causal kernel is the 1e-3, which keeps every query's mass above zero.
 *
 * Floor of a vector: 4·(D + F) bytes, 2·D·F FLOP; D = 64, F = 266: 1.3 KB and 34 kFLOP, so bound by
 * arithmetic. Reference: CausalPerformer.java.
 */
#include "sea_product.cuh"

constexpr float FEATURE_EPSILON = 1e-3f;

template <class T>
__device__ __forceinline__ void features(
    const T *__restrict__ x,
    const float *__restrict__ omega,
    float *__restrict__ features,
    const SeaAxes &axes,
    int rows,
    int every,
    float scale) {
  __shared__ Tile<64, 64> tile;
  const int firstRow = 64 * blockIdx.x;
  const int firstFeature = 64 * blockIdx.y;
  const T *vectors = x + (size_t) blockIdx.z * axes.T * axes.D;
  float *into = features + (size_t) blockIdx.z * rows * axes.F;

  Sums projected;
  addProduct<Along::DEPTH, Along::DEPTH>(
      projected,
      axes.D,
      [&](int i, int d) {
        const int row = firstRow + i;
        return row < rows ? toFloat(vectors[(size_t) row * every * axes.D + d]) : 0.0f;
      },
      [&](int d, int j) {
        const int f = firstFeature + j;
        return f < axes.F ? omega[(size_t) f * axes.D + d] : 0.0f;
      },
      tile);

  eachSum<64>(projected, [&](int i, int j, float sum) {
    const int row = firstRow + i;
    const int f = firstFeature + j;
    if (row < rows && f < axes.F) {
      into[(size_t) row * axes.F + f] = aboveZero(scale * sum) + FEATURE_EPSILON;
    }
  });
}

#define SEA_FEATURES(T)                                                                            \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaFeatures_##T(                  \
      const T *x, const float *omega, float *into, SeaAxes axes, int rows, int every,              \
      float scale) {                                                                               \
    features(x, omega, into, axes, rows, every, scale);                                            \
  }                                                                                                \
  EXPORT(seaFeatures_##T)

SEA_FEATURES(float);
SEA_FEATURES(f16);
SEA_FEATURES(bf16);
