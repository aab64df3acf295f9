/*
 * What a GPU can do at most, measured: kernels that do nothing but read and write memory, or
 * multiply and add.
 *
 *   ceilingTriad   c = a + s·b of `count` pieces of 16 bytes: 48 bytes a piece
 *   ceilingFma     16 chains of fused multiply-adds a thread: 2·16·rounds FLOP a thread
 *   ceilingMma     8 accumulators of a tensor core's product a warp, f32 sums of 16-bit numbers:
 *                  compute capability 7.5   16×8×8   f16     2·1,024·8·rounds FLOP a warp
 *                  from 8.0 on              16×8×16  bf16    2·2,048·8·rounds FLOP a warp
 *
 *   a, b, c  [count] of 16 bytes      out  one float a thread, so that no work is optimised away
 *   grid     any                      block  a multiple of 32
 *
 * From 9.0 on only other instructions (wgmma) reach all that tensor cores can do; these are what
 * kernels for every GPU since 8.0 can use.
 */
#ifdef __CUDACC__
#define EXPORT(kernel) static_assert(true, #kernel)
#else
#include "cuda_shim.h"
#endif

const int CHAINS = 16;
const int ACCUMULATORS = 8;

extern "C" __global__ void ceilingTriad(const float4 *a, const float4 *b, float4 *c, float s,
                                        long long count) {
  const long long step = (long long)gridDim.x * blockDim.x;
  for (long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += step) {
    const float4 x = a[i], y = b[i];
    c[i] = make_float4(x.x + s * y.x, x.y + s * y.y, x.z + s * y.z, x.w + s * y.w);
  }
}
EXPORT(ceilingTriad);

extern "C" __global__ void ceilingFma(float *out, float factor, float addend, int rounds) {
  const int thread = blockIdx.x * blockDim.x + threadIdx.x;
  float x[CHAINS];
#pragma unroll
  for (int i = 0; i < CHAINS; i++) x[i] = (float)(thread + i);
#pragma unroll 4
  for (int round = 0; round < rounds; round++) {
#pragma unroll
    for (int i = 0; i < CHAINS; i++) x[i] = fmaf(x[i], factor, addend);
  }
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < CHAINS; i++) sum += x[i];
  out[thread] = sum;
}
EXPORT(ceilingFma);

/* sum += a·b on a tensor core; on a CPU as many multiplications and additions of its own. */
__device__ __forceinline__ void multiply(float (&sum)[4], const unsigned (&a)[4],
                                         const unsigned (&b)[2]) {
#ifndef __CUDACC__
  for (int i = 0; i < 4; i++) sum[i] += (float)(a[i] & 0xff) * (float)(b[i % 2] & 0xff);
#elif __CUDA_ARCH__ >= 800
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
               "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
               "{%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
               : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
               : "r"(a[0]), "r"(a[1]), "r"(b[0]));
#endif
}

extern "C" __global__ void ceilingMma(float *out, unsigned bits, int rounds) {
  const int thread = blockIdx.x * blockDim.x + threadIdx.x;
  // Pairs of 16-bit numbers of about one, whose last bits differ: zeros would take less power.
  const unsigned one = 0x3c003c00u; // 1 as f16, 0.008 as bf16
  unsigned a[4], b[2];
#pragma unroll
  for (int i = 0; i < 4; i++) a[i] = one ^ ((thread * 2654435761u + i * bits) & 0x007f007fu);
#pragma unroll
  for (int i = 0; i < 2; i++) b[i] = one ^ ((thread * 40503u + i * bits) & 0x007f007fu);
  float sums[ACCUMULATORS][4];
#pragma unroll
  for (int i = 0; i < ACCUMULATORS; i++) {
#pragma unroll
    for (int j = 0; j < 4; j++) sums[i][j] = 0.0f;
  }
#pragma unroll 2
  for (int round = 0; round < rounds; round++) {
#pragma unroll
    for (int i = 0; i < ACCUMULATORS; i++) multiply(sums[i], a, b);
  }
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < ACCUMULATORS; i++) {
#pragma unroll
    for (int j = 0; j < 4; j++) sum += sums[i][j];
  }
  out[thread] = sum;
}
EXPORT(ceilingMma);
