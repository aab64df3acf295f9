/*
 * The axes of all that SEA's kernels read and write; shapes are written with these letters. Numbers
 * are row-major without gaps, and f32 unless a contract says otherwise: queries, keys, values and
 * contexts are stored as T, which is f32, f16 or bf16, and computed with as f32.
 *
 * A row of the estimate serves n = estimate-every positions: row r is that of position r·n.
 */
#pragma once

#include "device.cuh"

struct SeaAxes {
  int B; // sequences in the batch
  int H; // heads
  int T; // positions, of queries and keys
  int D; // features per head
  int F; // random features
  int n; // positions that a row of the estimate serves
  int R; // rows of the estimate, ⌈T/n⌉
  int M; // columns of the estimate
  int W; // columns of a strip, ⌊M/4⌋; two strips a head, so a picture has 2H channels. Without a
         // causal mask ⌊M/2⌋, and four
};

constexpr int WARP = 32;
constexpr int CHUNK = 128; // positions that are summed up by themselves
constexpr float NORM_EPSILON = 1e-5f;

__device__ __forceinline__ int chunksOf(const SeaAxes &axes) { return ceilDiv(axes.T, CHUNK); }

__device__ __forceinline__ int laneOf() { return threadIdx.x % WARP; }

__device__ __forceinline__ int warpOf() { return threadIdx.x / WARP; }

__device__ __forceinline__ int warpsOfBlock() { return blockDim.x / WARP; }

/* The sum over the lanes up to this one, itself included. */
template <class N> __device__ __forceinline__ N sumSoFar(N x) {
  for (int off = 1; off < WARP; off *= 2) {
    const N before = __shfl_up_sync(ALL_LANES, x, off);
    x += laneOf() >= off ? before : 0;
  }
  return x;
}
