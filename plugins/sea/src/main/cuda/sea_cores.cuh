/*
 * The product of sea_product.cuh on tensor cores, and how a kernel chooses: OrdinaryCores or
 * TensorCores gives it Sums and Tiles, and addProduct and eachSum do for either what their contract
 * says, in the same number of threads.
 *
 * Tensor cores are used where queries, keys and values are stored in 16 bits. What they multiply is
 * f32 all the same, as features and contexts are, so every number is split into two of bf16 (8 bits
 * of significand each, and the range of f32),
 *
 *   x = x₁ + x₂ + r,  x₁ = bf16(x),  x₂ = bf16(x − x₁),  |x₂| ≤ 2⁻⁹|x|,  |r| ≤ 2⁻¹⁸|x|,
 *
 * and of a·b all is summed but a₂·b₂: a₁·b₁ + a₁·b₂ + a₂·b₁, three products in f32, off by
 *
 *   3·2⁻¹⁸·Σ |a||b|,
 *
 * a hundredth of what storing q, k and v in bf16 changes, a tenth for f16 (numbers stored so are
 * themselves exact: both have no more than 16 bits). So which keys are kept is decided by what was
 * stored, not by how it was multiplied. The three cost a third of the tensor cores' rate, five times
 * that of ordinary f32 on an H200 (990/3 against 67 TFLOP/s): products of tiles of 64 × 64, of 16 FLOP
 * a byte, then wait for L2.
 *
 * Eight warps have 16 rows and 32 columns each. What the next step multiplies is read while this one is
 * multiplied, in registers. Infinite numbers give NaN: ∞ − ∞ is the rest of them.
 */
#pragma once
#include "sea_product.cuh"
#include "tensor_core.cuh"

/* What sea_product.cuh has. */
struct OrdinaryCores {
  using Sums = ::Sums;
  template <int ROWS, int COLUMNS> using Tile = ::Tile<ROWS, COLUMNS>;
};

#if __CUDA_ARCH__ >= 800

/* One operand, in its two parts: [EDGE, 16] or, if the edge runs along memory, [16, EDGE]. */
template <int EDGE> struct SplitOperand {
  static constexpr int LONG = STEP + ROW_GAP;
  static constexpr int WIDE = EDGE + ROW_GAP;
  static constexpr int SIZE = EDGE * LONG > STEP * WIDE ? EDGE * LONG : STEP * WIDE;

  alignas(16) bf16 parts[2][SIZE];
};

template <int ROWS, int COLUMNS> struct TensorTile {
  static_assert(ROWS * COLUMNS == 16 * PRODUCT_THREADS, "16 × 32 sums a warp");
  SplitOperand<ROWS> left;
  SplitOperand<COLUMNS> right;
};

struct TensorSums {
  SumPart of[4] = {}; // [16, 32] of a warp, eight columns each
};

struct TensorCores {
  using Sums = TensorSums;
  template <int ROWS, int COLUMNS> using Tile = TensorTile<ROWS, COLUMNS>;
};

/* This thread's numbers of an operand, two neighbours in memory at a time. */
template <Along ALONG, int EDGE> struct Fetched {
  static constexpr int PAIRS = STEP * EDGE / 2 / PRODUCT_THREADS;
  static_assert(PAIRS * 2 * PRODUCT_THREADS == STEP * EDGE, "as many for every thread");
  float numbers[PAIRS][2];

  /* Calls each(i, edge, k) for the first of every pair. */
  template <class Each> static __device__ __forceinline__ void eachPair(Each each) {
#pragma unroll
    for (int i = 0; i < PAIRS; i++) {
      const int at = 2 * (threadIdx.x + i * PRODUCT_THREADS);
      if (ALONG == Along::DEPTH) {
        each(i, at / STEP, at % STEP);
      } else {
        each(i, at % EDGE, at / EDGE);
      }
    }
  }

  /* read(edge, k) is asked for nothing outside the depth. */
  template <class Read> __device__ __forceinline__ void fetch(int depth, Read read) {
    eachPair([&](int i, int edge, int k) {
      const int nextEdge = ALONG == Along::DEPTH ? edge : edge + 1;
      const int nextK = ALONG == Along::DEPTH ? k + 1 : k;
      numbers[i][0] = k < depth ? read(edge, k) : 0.0f;
      numbers[i][1] = nextK < depth ? read(nextEdge, nextK) : 0.0f;
    });
  }

  __device__ __forceinline__ void split(SplitOperand<EDGE> &into) const {
    using Operand = SplitOperand<EDGE>;
    eachPair([&](int i, int edge, int k) {
      const int at = ALONG == Along::DEPTH ? edge * Operand::LONG + k : k * Operand::WIDE + edge;
      bf16 first[2];
      float rest[2];
#pragma unroll
      for (int which = 0; which < 2; which++) {
        store(&first[which], numbers[i][which]);
        rest[which] = numbers[i][which] - toFloat(first[which]);
      }
      unsigned *parts[2] = {
          reinterpret_cast<unsigned *>(into.parts[0] + at),
          reinterpret_cast<unsigned *>(into.parts[1] + at)};
      *parts[0] = pack<bf16>(toFloat(first[0]), toFloat(first[1]));
      *parts[1] = pack<bf16>(rest[0], rest[1]);
    });
  }
};

template <int EDGE>
__device__ __forceinline__ LeftPart leftPart(
    const SplitOperand<EDGE> &operand, int part, Along along, int row) {
  using Operand = SplitOperand<EDGE>;
  return along == Along::DEPTH ? loadLeft<Operand::LONG>(operand.parts[part], row, 0)
                               : loadLeftOfColumns<Operand::WIDE>(operand.parts[part], row, 0);
}

template <int EDGE>
__device__ __forceinline__ RightPart rightPart(
    const SplitOperand<EDGE> &operand, int part, Along along, int column) {
  using Operand = SplitOperand<EDGE>;
  return along == Along::DEPTH ? loadRight<Operand::LONG>(operand.parts[part], column, 0)
                               : loadRightOfRows<Operand::WIDE>(operand.parts[part], column, 0);
}

/* Where the sums of this warp begin. */
template <int COLUMNS> __device__ __forceinline__ int rowOfWarp() {
  return threadIdx.x / WARP / (COLUMNS / 32) * 16;
}
template <int COLUMNS> __device__ __forceinline__ int columnOfWarp() {
  return threadIdx.x / WARP % (COLUMNS / 32) * 32;
}

template <Along LEFT, Along RIGHT, int ROWS, int COLUMNS, class Left, class Right>
__device__ void addProduct(
    TensorSums &sums, int depth, Left left, Right right, TensorTile<ROWS, COLUMNS> &tile) {
  Fetched<LEFT, ROWS> ofLeft;
  Fetched<RIGHT, COLUMNS> ofRight;
  const auto fetch = [&](int from) {
    ofLeft.fetch(depth - from, [&](int at, int k) { return left(at, from + k); });
    ofRight.fetch(depth - from, [&](int at, int k) { return right(from + k, at); });
  };
  fetch(0);
  for (int from = 0; from < depth; from += STEP) {
    ofLeft.split(tile.left);
    ofRight.split(tile.right);
    __syncthreads();
    if (from + STEP < depth) {
      fetch(from + STEP);
    }
    const LeftPart a1 = leftPart(tile.left, 0, LEFT, rowOfWarp<COLUMNS>());
    const LeftPart a2 = leftPart(tile.left, 1, LEFT, rowOfWarp<COLUMNS>());
#pragma unroll
    for (int j = 0; j < 2; j++) {
      const int column = columnOfWarp<COLUMNS>() + 16 * j;
      const RightPart b1 = rightPart(tile.right, 0, RIGHT, column);
      const RightPart b2 = rightPart(tile.right, 1, RIGHT, column);
#pragma unroll
      for (int half = 0; half < 2; half++) {
        SumPart &sum = sums.of[2 * j + half];
        multiply<bf16>(sum, a1, b1.of[half]);
        multiply<bf16>(sum, a1, b2.of[half]);
        multiply<bf16>(sum, a2, b1.of[half]);
      }
    }
    __syncthreads(); // before the next step overwrites the tile
  }
}

/* Hands every sum of this thread to write(row, column, sum). */
template <int COLUMNS, class Write>
__device__ __forceinline__ void eachSum(const TensorSums &sums, Write write) {
  const int row = rowOfWarp<COLUMNS>() + threadIdx.x % WARP / 4;
  const int column = columnOfWarp<COLUMNS>() + threadIdx.x % 4 * 2;
#pragma unroll
  for (int j = 0; j < 4; j++) {
#pragma unroll
    for (int c = 0; c < 4; c++) {
      write(row + c / 2 * 8, column + 8 * j + c % 2, sums.of[j].of[c]);
    }
  }
}

#endif // __CUDA_ARCH__
