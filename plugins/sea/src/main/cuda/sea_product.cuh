/*
 * Adds one tile of a product left · right to sums in registers.
 *
 *   left  [ROWS, depth]      right  [depth, COLUMNS]      in f32, summed in order of the depth
 *   block  PRODUCT_THREADS, each with 4 × 4 sums          shared  16·(ROWS + COLUMNS + 8) numbers
 *
 * Callers say how an element is read, by functions left(row, k) and right(k, column) that are asked
 * for nothing outside the depth; they give zero for rows and columns that are not there. So one
 * product serves matrices, both halves of attention in linear time, and convolutions.
 *
 * Of 64 × 64 sums a step of 16 loads 2·16·64 numbers for 2·16·64·64 FLOP: 16 FLOP a byte, which is
 * bound by arithmetic where the operands are in L2.
 */
#pragma once

#include "sea_axes.cuh"


constexpr int PRODUCT_THREADS = 256;
constexpr int STEP = 16;

/* Which of its two indices runs along an operand's memory: the summed one, or the other. */
enum class Along { DEPTH, EDGE };

template <int ROWS, int COLUMNS>
struct alignas(16) Tile {
  static_assert(ROWS * COLUMNS == 16 * PRODUCT_THREADS, "4 × 4 sums a thread");
  float left[STEP][ROWS + 4]; // 4 more: columns of it would all lie in one bank
  float right[STEP][COLUMNS + 4];
};

struct Sums {
  float of[4][4] = {};
};

template <Along ALONG, int EDGE, class Read>
__device__ __forceinline__ void load(float (&to)[STEP][EDGE + 4], int depth, Read read) {
  for (int i = threadIdx.x; i < STEP * EDGE; i += PRODUCT_THREADS) {
    const int k = ALONG == Along::DEPTH ? i % STEP : i / EDGE;
    const int at = ALONG == Along::DEPTH ? i / STEP : i % EDGE;
    to[k][at] = k < depth ? read(at, k) : 0.0f;
  }
}

template <Along LEFT, Along RIGHT, int ROWS, int COLUMNS, class Left, class Right>
__device__ void addProduct(
    Sums &sums, int depth, Left left, Right right, Tile<ROWS, COLUMNS>& tile) {
  const int row = 4 * (threadIdx.x / (COLUMNS / 4));
  const int column = 4 * (threadIdx.x % (COLUMNS / 4));
  for (int from = 0; from < depth; from += STEP) {
    load<LEFT, ROWS>(
        tile.left, depth - from, [&](int at, int k) { return left(at, from + k); });
    load<RIGHT, COLUMNS>(
        tile.right, depth - from, [&](int at, int k) { return right(from + k, at); });
    __syncthreads();
#pragma unroll
    for (int k = 0; k < STEP; k++) {
      const float4 a = *reinterpret_cast<const float4 *>(&tile.left[k][row]);
      const float4 b = *reinterpret_cast<const float4 *>(&tile.right[k][column]);
      const float down[4] = {a.x, a.y, a.z, a.w};
      const float across[4] = {b.x, b.y, b.z, b.w};
#pragma unroll
      for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
          sums.of[i][j] = fmaf(down[i], across[j], sums.of[i][j]);
        }
      }
    }
    __syncthreads(); // before the next step overwrites the tile
  }
}

/* Hands every sum of this thread to write(row, column, sum). */
template <int COLUMNS, class Write>
__device__ __forceinline__ void eachSum(const Sums &sums, Write write) {
  const int row = 4 * (threadIdx.x / (COLUMNS / 4));
  const int column = 4 * (threadIdx.x % (COLUMNS / 4));
#pragma unroll
  for (int i = 0; i < 4; i++) {
#pragma unroll
    for (int j = 0; j < 4; j++) {
      write(row + i, column + j, sums.of[i][j]);
    }
  }
}
