/*
 * Gradients of queries, keys and values as they are stored, rounded once: several stages add to them
 * in f32.
 *
 *   sums  [B, H, T, D]       gradient  [B, H, T, D] as T
 *   grid  (⌈B·H·T·D/blockDim⌉), one thread a number
 *
 * Floor of a number: 6 bytes. Not needed where T is f32, whose gradients are the sums.
 */
#include "sea_axes.cuh"

template <class T>
__device__ __forceinline__ void roundAll(const float *sums, T *gradient, const SeaAxes &axes) {
  const size_t i = (size_t) blockIdx.x * blockDim.x + threadIdx.x;
  if (i < (size_t) axes.B * axes.H * axes.T * axes.D) {
    store(gradient + i, sums[i]);
  }
}

#define SEA_ROUND(T)                                                                               \
  extern "C" __global__ void seaRound_##T(const float *sums, T *gradient, SeaAxes axes) {          \
    roundAll(sums, gradient, axes);                                                                \
  }                                                                                                \
  EXPORT(seaRound_##T)

SEA_ROUND(f16);
SEA_ROUND(bf16);
