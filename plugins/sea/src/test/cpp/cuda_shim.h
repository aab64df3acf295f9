/*
 * The CUDA device language for g++, as far as the kernels of this project use it, on top of
 * blocks.h. What is missing here is missing on purpose or not yet needed: add it beside its kind.
 *
 * As a GPU it is of compute capability 9.0 in what it can do. Not to be had on a CPU: inline PTX,
 * wgmma, __activemask, clusters, time.
 */
#pragma once
#include "blocks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <tuple>
#include <type_traits>
#include <utility>

#define __CUDA_ARCH__ 900
#define __global__
#define __device__
#define __host__
#define __constant__ static
#define __shared__ static thread_local // a thread of the operating system runs one block at a time
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __restrict__ __restrict
#define __launch_bounds__(...)
#define __align__(bytes) alignas(bytes)

#define threadIdx (::shim::fiber->index)
#define blockIdx (::shim::block->index)
#define blockDim (::shim::block->size)
#define gridDim (::shim::block->grid)
static const int warpSize = 32;

#define DYNAMIC_SHARED(T, name) T *name = reinterpret_cast<T *>(::shim::block->dynamicShared)

// --- Vectors

struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

// --- Barriers and votes

inline void __syncthreads() { shim::blockBarrier(0); }
inline int __syncthreads_count(int vote) {
  shim::blockBarrier(vote != 0);
  return shim::block->votes;
}
inline int __syncthreads_or(int vote) { return __syncthreads_count(vote) > 0; }
inline int __syncthreads_and(int vote) {
  shim::blockBarrier(vote != 0);
  return shim::block->unanimous;
}
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_block() {}

namespace shim {

template <class T> struct Same { using type = T; }; // keeps an argument out of deduction
template <class T> using same = typename Same<T>::type;

inline unsigned lane() { return fiber->number & 31; }
inline unsigned warp() { return fiber->number & ~31u; }

template <class T> unsigned long long bits(T value) {
  static_assert(sizeof(T) <= 8, "warps exchange at most 8 bytes at once");
  unsigned long long all = 0;
  memcpy(&all, &value, sizeof value);
  return all;
}

template <class T> T value(unsigned long long bits) {
  T v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

inline void requireMember(unsigned mask) {
  if (!(mask >> lane() & 1)) fail("a lane calls a warp operation whose mask lacks it");
}

/* All lanes of the mask show a value, meet, and look at those of others. */
template <class T, class Look> auto exchange(unsigned mask, T mine, Look look) {
  requireMember(mask);
  block->slots[fiber->number] = bits(mine);
  warpBarrier(mask);
  return look([mask](unsigned other, T otherwise) {
    bool there = other < 32 && (mask >> other & 1) && warp() + other < block->shown.size();
    return there ? value<T>(block->shown[warp() + other]) : otherwise;
  });
}

/* Of values that point to what the lane may change next: all look before one goes on. */
template <class T, class Look> void together(T mine, Look look) {
  const unsigned all = 0xffffffffu;
  exchange(all, mine, look);
  warpBarrier(all);
}

template <class T> T shuffle(unsigned mask, T mine, unsigned source) {
  return exchange(mask, mine, [=](auto of) { return of(source, mine); });
}

} // namespace shim

inline void __syncwarp(unsigned mask = 0xffffffffu) {
  shim::requireMember(mask);
  shim::warpBarrier(mask);
}
template <class T> T __shfl_sync(unsigned mask, T v, int source, int width = 32) {
  return shim::shuffle(mask, v, (shim::lane() & ~(width - 1u)) + (source & (width - 1)));
}
template <class T> T __shfl_xor_sync(unsigned mask, T v, int with, int width = 32) {
  unsigned me = shim::lane(), other = me ^ with, last = me | (width - 1u);
  return shim::shuffle(mask, v, other <= last ? other : me);
}
template <class T> T __shfl_down_sync(unsigned mask, T v, unsigned by, int width = 32) {
  unsigned me = shim::lane();
  return shim::shuffle(mask, v, (me & (width - 1u)) + by < unsigned(width) ? me + by : me);
}
template <class T> T __shfl_up_sync(unsigned mask, T v, unsigned by, int width = 32) {
  unsigned me = shim::lane();
  return shim::shuffle(mask, v, (me & (width - 1u)) >= by ? me - by : me);
}
template <class T> unsigned __match_any_sync(unsigned mask, T v) {
  return shim::exchange(mask, shim::bits(v), [=](auto of) {
    unsigned equal = 0;
    for (unsigned l = 0; l < 32; l++) {
      if ((mask >> l & 1) && of(l, ~shim::bits(v)) == shim::bits(v)) equal |= 1u << l;
    }
    return equal;
  });
}
inline unsigned __ballot_sync(unsigned mask, int vote) {
  return shim::exchange(mask, vote != 0, [=](auto of) {
    unsigned votes = 0;
    for (unsigned l = 0; l < 32; l++) {
      if (of(l, false)) votes |= 1u << l;
    }
    return votes;
  });
}
inline int __any_sync(unsigned mask, int vote) { return __ballot_sync(mask, vote) != 0; }
inline int __all_sync(unsigned mask, int vote) { return __ballot_sync(mask, !vote) == 0; }

// --- Atomics: real ones, for blocks may run on several threads

namespace shim {
template <class T, class F> T change(T *at, F f) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "atomics take 4 or 8 bytes");
  using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  Bits *place = reinterpret_cast<Bits *>(at);
  Bits before = __atomic_load_n(place, __ATOMIC_RELAXED), after;
  T old;
  do {
    memcpy(&old, &before, sizeof old);
    T changed = f(old);
    memcpy(&after, &changed, sizeof after);
  } while (!__atomic_compare_exchange_n(place, &before, after, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED));
  return old;
}
} // namespace shim

template <class T> T atomicAdd(T *at, shim::same<T> v) {
  return shim::change(at, [=](T old) { return T(old + v); });
}
template <class T> T atomicSub(T *at, shim::same<T> v) {
  return shim::change(at, [=](T old) { return T(old - v); });
}
template <class T> T atomicMax(T *at, shim::same<T> v) {
  return shim::change(at, [=](T old) { return old > v ? old : v; });
}
template <class T> T atomicMin(T *at, shim::same<T> v) {
  return shim::change(at, [=](T old) { return old < v ? old : v; });
}
template <class T> T atomicOr(T *at, shim::same<T> v) {
  return shim::change(at, [=](T old) { return T(old | v); });
}
template <class T> T atomicAnd(T *at, shim::same<T> v) {
  return shim::change(at, [=](T old) { return T(old & v); });
}
template <class T> T atomicExch(T *at, shim::same<T> v) {
  return shim::change(at, [=](T) { return v; });
}
template <class T> T atomicCAS(T *at, shim::same<T> expected, shim::same<T> v) {
  return shim::change(at, [=](T old) { return old == expected ? v : old; });
}

// --- Numbers

template <class T> T __ldg(const T *at) { return *at; }
inline unsigned __float_as_uint(float v) { return shim::value<unsigned>(shim::bits(v)); }
inline float __uint_as_float(unsigned v) { return shim::value<float>(shim::bits(v)); }
inline int __float_as_int(float v) { return shim::value<int>(shim::bits(v)); }
inline float __int_as_float(int v) { return shim::value<float>(shim::bits(v)); }
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline int __float2int_rn(float x) { return int(nearbyintf(x)); }
inline int __float2int_rd(float x) { return int(floorf(x)); }
inline int __float2int_ru(float x) { return int(ceilf(x)); }
inline int __popc(unsigned v) { return __builtin_popcount(v); }
inline int __popcll(unsigned long long v) { return __builtin_popcountll(v); }
inline int __clz(int v) { return v ? __builtin_clz(unsigned(v)) : 32; }
inline int __ffs(int v) { return __builtin_ffs(v); }
inline unsigned __lanemask_lt() { return (1u << shim::lane()) - 1; }
#define SHIM_EXTREMES(T)                                                                           \
  inline T min(T a, T b) { return a < b ? a : b; }                                                 \
  inline T max(T a, T b) { return a > b ? a : b; }
SHIM_EXTREMES(int)
SHIM_EXTREMES(unsigned)
SHIM_EXTREMES(long long)
SHIM_EXTREMES(unsigned long long)
SHIM_EXTREMES(float)
#undef SHIM_EXTREMES

// --- Twins of __half and __nv_bfloat16: storage, with the conversions that are rounded to even

struct f16 {
  uint16_t bits;
};
struct bf16 {
  uint16_t bits;
};

inline float __bfloat162float(bf16 v) { return __uint_as_float(uint32_t(v.bits) << 16); }
inline bf16 __float2bfloat16(float v) {
  uint32_t b = __float_as_uint(v);
  if (isnan(v)) return {0x7fff};
  return {uint16_t((b + 0x7fff + (b >> 16 & 1)) >> 16)};
}
inline float __half2float(f16 v) {
  uint32_t sign = uint32_t(v.bits & 0x8000) << 16, rest = v.bits & 0x7fff;
  if (rest >= 0x7c00) return __uint_as_float(sign | 0x7f800000 | (rest & 0x3ff) << 13);
  float magnitude = __uint_as_float(rest << 13) * 0x1p112f; // right for subnormals too
  return __uint_as_float(sign | __float_as_uint(magnitude));
}
inline f16 __float2half(float v) {
  uint32_t sign = __float_as_uint(v) >> 16 & 0x8000;
  float magnitude = fabsf(v);
  if (isnan(v)) return {0x7fff};
  if (magnitude >= 65520.0f) return {uint16_t(sign | 0x7c00)};
  if (magnitude < 0x1p-14f) return {uint16_t(sign | uint32_t(nearbyintf(magnitude * 0x1p24f)))};
  uint32_t b = __float_as_uint(magnitude) - (112u << 23);
  return {uint16_t(sign | (b + 0xfff + (b >> 13 & 1)) >> 13)};
}

// --- Tensor cores and copies ahead, lane by lane as the PTX ISA shares matrices among lanes

namespace shim {

/* The two numbers of a word, the lower half first. */
inline void unpack(float *to, unsigned word, f16) {
  for (unsigned half = 0; half < 2; half++) to[half] = __half2float({uint16_t(word >> 16 * half)});
}
inline void unpack(float *to, unsigned word, bf16) {
  for (unsigned half = 0; half < 2; half++) {
    to[half] = __bfloat162float({uint16_t(word >> 16 * half)});
  }
}

/* Tensor cores need not round to the nearest: nothing may depend on that. */
inline float towardsZero(double exact) {
  float v = float(exact);
  return isfinite(v) && fabs(double(v)) > fabs(exact) ? nextafterf(v, 0.0f) : v;
}

/* mma.m16n8k16: sums [16, 8] += a [16, 16] · b [16, 8] */
template <class Number>
void multiply(float (&sums)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  struct Operands {
    float a[4][2], b[2][2];
  } mine;
  for (unsigned i = 0; i < 4; i++) unpack(mine.a[i], a[i], Number());
  for (unsigned i = 0; i < 2; i++) unpack(mine.b[i], b[i], Number());
  together(&mine, [&](auto of) {
    for (unsigned i = 0; i < 4; i++) {
      const unsigned row = lane() / 4 + i / 2 * 8, column = lane() % 4 * 2 + i % 2;
      double sum = sums[i];
      for (unsigned pair = 0; pair < 8; pair++) { // of numbers that are multiplied
        const float *left = of(row % 8 * 4 + pair % 4, &mine)->a[row / 8 + pair / 4 * 2];
        const float *right = of(column * 4 + pair % 4, &mine)->b[pair / 4];
        sum += double(left[0]) * right[0] + double(left[1]) * right[1];
      }
      sums[i] = towardsZero(sum);
    }
    return 0;
  });
}

/* ldmatrix.x4: lane 8i + r shows row r of matrix i; `turned` says which element stands for (r, c). */
template <class Turn> void loadMatrices(unsigned (&to)[4], const void *row, Turn turned) {
  if (reinterpret_cast<uintptr_t>(row) % 16 != 0) fail("a row of a matrix must begin at 16 bytes");
  together(row, [&](auto of) {
    for (unsigned i = 0; i < 4; i++) {
      to[i] = 0;
      for (unsigned half = 0; half < 2; half++) {
        auto [r, c] = turned(lane() / 4, lane() % 4 * 2 + half);
        const void *other = of(8 * i + r, row);
        to[i] |= unsigned(static_cast<const uint16_t *>(other)[c]) << 16 * half;
      }
    }
    return 0;
  });
}

/* cp.async: it arrives when it is waited for, and until then there is rubbish. */
inline void copyAhead(void *to, const void *from, bool there) {
  if ((reinterpret_cast<uintptr_t>(to) | reinterpret_cast<uintptr_t>(from)) % 16 != 0) {
    fail("copies of 16 bytes must begin at a multiple of them");
  }
  memset(to, 0xcd, 16);
  fiber->copies.push_back({to, there ? from : nullptr, fiber->copyGroups});
}
inline void commitCopies() { fiber->copyGroups++; }
inline void awaitCopies(unsigned groups) {
  std::vector<Copy> still;
  for (const Copy &copy : fiber->copies) {
    if (copy.group + groups >= fiber->copyGroups) {
      still.push_back(copy);
    } else if (copy.from == nullptr) {
      memset(copy.to, 0, 16);
    } else {
      memcpy(copy.to, copy.from, 16);
    }
  }
  fiber->copies = still;
}

} // namespace shim

// --- Kernels by name, for the driver

namespace shim {

/* A kernel with its arguments, to be run later, as on a stream. */
struct Call {
  virtual ~Call() {}
  virtual void run(const Launch &launch) = 0;
};

template <class... A> struct CallOf : Call {
  void (*kernel)(A...);
  std::tuple<A...> arguments;

  template <size_t... I>
  CallOf(void (*k)(A...), void **pointers, std::index_sequence<I...>)
      : kernel(k), arguments(*static_cast<std::remove_const_t<A> *>(pointers[I])...) {}

  void run(const Launch &launch) override {
    shim::run(
        launch,
        [](void *self) {
          CallOf *call = static_cast<CallOf *>(self);
          std::apply(call->kernel, call->arguments);
        },
        this);
  }
};

using MakeCall = Call *(*)(void *kernel, void **pointers);
void add(const char *name, void *kernel, MakeCall makeCall);

template <class... A> bool add(const char *name, void (*kernel)(A...)) {
  add(name, reinterpret_cast<void *>(kernel), [](void *k, void **pointers) -> Call * {
    return new CallOf<A...>(reinterpret_cast<void (*)(A...)>(k), pointers,
                            std::index_sequence_for<A...>{});
  });
  return true;
}

} // namespace shim

#define EXPORT(kernel)                                                                             \
  static const bool exported_##kernel __attribute__((unused)) = shim::add(#kernel, kernel)
