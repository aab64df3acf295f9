/*
 * What every kernel of this folder begins with, for nvcc and, in tests, for g++ with cuda_shim.h.
 *
 * Numbers are stored as float, f16 or bf16 and computed with as float. A kernel is written
 *
 *     extern "C" __global__ void doubled_f32(const float *x, float *y, int count) { … }
 *     EXPORT(doubled_f32);
 *
 * and shared memory of a size that the host chooses is DYNAMIC_SHARED(float, tile).
 */
#pragma once

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <math.h>

using f16 = __half;
using bf16 = __nv_bfloat16;

#define DYNAMIC_SHARED(T, name)                                                                    \
  extern __shared__ __align__(16) unsigned char dynamicShared_[];                                  \
  T *name = reinterpret_cast<T *>(dynamicShared_)

// Tests find kernels by it; a GPU finds them by itself.
#define EXPORT(kernel) static_assert(true, #kernel)
#else
#include "cuda_shim.h"
#endif

const unsigned ALL_LANES = 0xffffffffu;

__device__ __forceinline__ float toFloat(float v) { return v; }
__device__ __forceinline__ float toFloat(f16 v) { return __half2float(v); }
__device__ __forceinline__ float toFloat(bf16 v) { return __bfloat162float(v); }

/* Rounds to the nearest, ties to even. */
__device__ __forceinline__ void store(float *at, float v) { *at = v; }
__device__ __forceinline__ void store(f16 *at, float v) { *at = __float2half(v); }
__device__ __forceinline__ void store(bf16 *at, float v) { *at = __float2bfloat16(v); }

__device__ __forceinline__ int ceilDiv(int a, int b) { return (a + b - 1) / b; }

/* Over the lanes that differ from the caller's in the lower bits only: W of them, a power of 2. */
template <int W> __device__ __forceinline__ float sumOver(float v) {
#pragma unroll
  for (int step = W / 2; step > 0; step /= 2) v += __shfl_xor_sync(ALL_LANES, v, step);
  return v;
}

/* As above. NaN is passed over, so it must show elsewhere: in a sum. */
template <int W> __device__ __forceinline__ float greatestOver(float v) {
#pragma unroll
  for (int step = W / 2; step > 0; step /= 2) v = fmaxf(v, __shfl_xor_sync(ALL_LANES, v, step));
  return v;
}

/* max(v, 0), and NaN for NaN: what is broken must show. */
__device__ __forceinline__ float aboveZero(float v) { return v < 0.0f ? 0.0f : v; }
