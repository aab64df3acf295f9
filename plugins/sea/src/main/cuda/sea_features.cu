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
#include "sea_placed.cuh"
#include "sea_projection.cuh"

template <class Cores, class T>
__device__ __forceinline__ void features(
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
    into[(size_t) row * axes.F + f] = aboveZero(scale * sum) + FEATURE_EPSILON;
  });
}

#define SEA_FEATURES(name, Cores, T)                                                               \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) name##_##T(                        \
      const T *x, const float *omega, float *into, SeaAxes axes, int rows, int every,              \
      float scale) {                                                                               \
    features<Cores>(x, omega, into, axes, rows, every, scale);                                     \
  }                                                                                                \
  EXPORT(name##_##T)

SEA_FEATURES(seaFeatures, OrdinaryCores, float);
SEA_FEATURES(seaFeatures, OrdinaryCores, f16);
SEA_FEATURES(seaFeatures, OrdinaryCores, bf16);
#if __CUDA_ARCH__ >= 800
SEA_FEATURES(seaFeaturesTensor, TensorCores, f16);
SEA_FEATURES(seaFeaturesTensor, TensorCores, bf16);
#endif
