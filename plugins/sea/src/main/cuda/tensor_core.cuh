/*
 * What GPUs of compute capability 8.0 and newer have for products of 16-bit matrices, as the PTX ISA
 * defines it (mma.m16n8k16, ldmatrix, cp.async). Number is f16 or bf16; sums are f32.
 *
 *   multiply     sums [16, 8] += a [16, 16] · b [16, 8], by the 32 lanes of a warp together
 *   load…        operands of it from tiles in shared memory
 *   copyAhead    16 bytes from memory into shared memory, while the thread goes on
 *
 * Lanes share matrices so, with row = lane/4 and pair = 2·(lane mod 4):
 *
 *   sums   of[0], of[1]  (row, pair), (row, pair + 1)        of[2], of[3]  the same of row + 8
 *   a      of[0]  (row, pair) and (row, pair + 1)            of[1]  row + 8
 *          of[2]  (row, pair + 8) and (row, pair + 9)        of[3]  row + 8
 *   b      of[0]  (pair, row) and (pair + 1, row)            of[1]  (pair + 8, row) and (pair + 9, row)
 *
 * so sums of 16 × 16, rounded and packed, are the left operand of a next product where they are. Rows
 * of a tile are an odd multiple of 16 bytes apart (PITCH): eight rows then lie in different banks.
 */
#pragma once
#include "device.cuh"

#if __CUDA_ARCH__ >= 800

/* Numbers more than are used in a row of a tile, whose length is a multiple of 16. */
constexpr int ROW_GAP = 8;

/* A left operand; a right one of 16 columns, 8 and 8; sums. */
struct LeftPart {
  unsigned of[4];
};
struct RightPart {
  unsigned of[2][2];
};
struct SumPart {
  float of[4];
};

#ifdef __CUDACC__

__device__ __forceinline__ unsigned inShared(const void *at) {
  return (unsigned) __cvta_generic_to_shared(at);
}

#define TENSOR_PRODUCT(Number, name)                                                              \
  __device__ __forceinline__ void multiply(                                                        \
      Number, float (&sums)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {                  \
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." name "." name ".f32 "                    \
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                 \
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])                      \
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));              \
  }
TENSOR_PRODUCT(f16, "f16")
TENSOR_PRODUCT(bf16, "bf16")

/* Four matrices of 8 × 8; lane 8i + r says where row r of the i-th is. */
__device__ __forceinline__ void loadMatrices(unsigned (&to)[4], const void *row) {
  asm volatile(
      "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
      : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
      : "r"(inShared(row))
      : "memory");
}

/* The same, transposed. */
__device__ __forceinline__ void loadTransposed(unsigned (&to)[4], const void *row) {
  asm volatile(
      "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
      : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
      : "r"(inShared(row))
      : "memory");
}

/* Zeros if they are not there; `from` must be an address all the same. */
__device__ __forceinline__ void copyAhead(void *to, const void *from, bool there) {
  asm volatile(
      "cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(inShared(to)), "l"(from),
      "r"(there ? 16 : 0)
      : "memory");
}

/* What was copied ahead so far, and not yet committed, is one group. */
__device__ __forceinline__ void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/* Waits for this thread's copies, but for the last GROUPS groups; others know after a barrier. */
template <int GROUPS> __device__ __forceinline__ void awaitCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(GROUPS) : "memory");
}

/* Off by two parts in 2²³ at most; zero below 2⁻¹²⁶. */
__device__ __forceinline__ float powerOf2(float x) {
  float power;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
  return power;
}

__device__ __forceinline__ unsigned packed(f16, float first, float second) {
  const __half2 both = __floats2half2_rn(first, second);
  return *reinterpret_cast<const unsigned *>(&both);
}
__device__ __forceinline__ unsigned packed(bf16, float first, float second) {
  const __nv_bfloat162 both = __floats2bfloat162_rn(first, second);
  return *reinterpret_cast<const unsigned *>(&both);
}

#else // the same, lane by lane

template <class Number>
inline void multiply(Number, float (&sums)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  shim::multiply<Number>(sums, a, b);
}
inline void loadMatrices(unsigned (&to)[4], const void *row) {
  shim::loadMatrices(to, row, [](unsigned r, unsigned c) { return std::make_pair(r, c); });
}
inline void loadTransposed(unsigned (&to)[4], const void *row) {
  shim::loadMatrices(to, row, [](unsigned r, unsigned c) { return std::make_pair(c, r); });
}
inline void copyAhead(void *to, const void *from, bool there) { shim::copyAhead(to, from, there); }
inline void commitCopies() { shim::commitCopies(); }
template <int GROUPS> inline void awaitCopies() { shim::awaitCopies(GROUPS); }
inline float powerOf2(float x) { return exp2f(x); }
template <class Number> inline unsigned packed(Number, float first, float second) {
  Number both[2];
  store(&both[0], first);
  store(&both[1], second);
  return unsigned(both[1].bits) << 16 | both[0].bits;
}

#endif

/* Two numbers in the halves of a word. */
template <class Number> __device__ __forceinline__ unsigned pack(float first, float second) {
  return packed(Number(), first, second);
}

/* The left operand that two sums of 8 columns each are, rounded. */
template <class Number>
__device__ __forceinline__ LeftPart rounded(const SumPart &first, const SumPart &second) {
  return {{pack<Number>(first.of[0], first.of[1]), pack<Number>(first.of[2], first.of[3]),
           pack<Number>(second.of[0], second.of[1]), pack<Number>(second.of[2], second.of[3])}};
}

template <class Number>
__device__ __forceinline__ void multiply(SumPart &sums, const LeftPart &a, const unsigned (&b)[2]) {
  multiply(Number(), sums.of, a.of, b);
}

/* [16 rows from `row` on, 16 summed from `k` on] of a tile [row, summed]. */
template <int PITCH, class Number>
__device__ __forceinline__ LeftPart loadLeft(const Number *tile, int row, int k) {
  const int lane = threadIdx.x % 32;
  LeftPart part;
  loadMatrices(part.of, tile + (row + lane % 16) * PITCH + k + lane / 16 * 8);
  return part;
}

/* The same of a tile [summed, row]. */
template <int PITCH, class Number>
__device__ __forceinline__ LeftPart loadLeftOfColumns(const Number *tile, int row, int k) {
  const int lane = threadIdx.x % 32;
  LeftPart part;
  loadTransposed(
      part.of, tile + (k + lane % 8 + lane / 16 * 8) * PITCH + row + lane / 8 % 2 * 8);
  return part;
}

/* [16 summed from `k` on, 16 columns from `column` on] of a tile [column, summed]. */
template <int PITCH, class Number>
__device__ __forceinline__ RightPart loadRight(const Number *tile, int column, int k) {
  const int lane = threadIdx.x % 32;
  unsigned of[4];
  loadMatrices(of, tile + (column + lane % 8 + lane / 16 * 8) * PITCH + k + lane / 8 % 2 * 8);
  return {{{of[0], of[1]}, {of[2], of[3]}}};
}

/* The same of a tile [summed, column]. */
template <int PITCH, class Number>
__device__ __forceinline__ RightPart loadRightOfRows(const Number *tile, int column, int k) {
  const int lane = threadIdx.x % 32;
  unsigned of[4];
  loadTransposed(of, tile + (k + lane % 16) * PITCH + column + lane / 16 * 8);
  return {{{of[0], of[1]}, {of[2], of[3]}}};
}

#endif // __CUDA_ARCH__
