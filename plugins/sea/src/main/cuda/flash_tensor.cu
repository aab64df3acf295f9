/*
 * flash.cu on tensor cores: the same attention of numbers stored in 16 bits, for GPUs of compute
 * capability 8.0 and newer (Dao, FlashAttention-2, 2023). flash.cu explains what is computed; here
 * is how it is spread.
 *
 *   q,g,context  [B, H, T, D]  f16 or bf16             g is the gradient of the context
 *   k,v          [B, K, S, D]  the same; K divides H
 *   real         [B, S]        float, 0 hides a key; or null
 *   greatest, share, delta  [B, H, T]  float, as flash.cu has them; its flashDelta is used
 *
 *                  grid                        block   dynamic shared memory, in bytes
 *   Forward        (⌈T/(64·bands)⌉, H, B)      128     2·(D + 8)·(64·bands + 2·met)
 *   QueryGradient  (⌈T/64⌉, H, B)              128     2·(D + 8)·(2·64 + 4·met)
 *   KeyGradients   (⌈S/64⌉·⌈D/128⌉, K, B)      128     the same
 *
 * bands = 1 for D = 256, 2 for less; met = 64 for D ≤ 64, 32 for more.
 *
 * A warp has bands of 16 rows. What is summed never leaves its registers: the sums of a product lie
 * as the left operand of the next wants them, so weights go from q·k to weights·v without shared
 * memory; the way back for the keys computes transposed, with keys as rows, for the same reason. Of a
 * row of sums four lanes have all columns, and softmax is a matter of them. Tiles arrive by copies
 * ahead: forward the values travel during q·k, and the next keys during weights·v; on the way back
 * two tiles of what is met take turns. Longest rows of a causal picture begin first.
 *
 * Rounded are, besides what is stored: weights exp(logit − m) before they meet v or g, and slopes
 * before they meet k or q, to 11 bits in f16 and 8 in bf16; their sums l are of unrounded weights, as
 * everything that is added up is f32. Slopes of f16 below 6e-8 vanish: gradients want to be scaled.
 *
 * Floor of a query and key seen, forward: 4·D FLOP (bf16 on an H200: 990 TFLOP/s by wgmma, which is
 * of compute capability 9.0a only; mma.sync reaches about six tenths of it). Back 14·D, of which 4·D
 * are weights that both halves compute. Operands from shared memory: forward 2·2·D bytes a key of 32
 * rows, 32 FLOP a byte; back half of it, which is what an SM can read beside what it can multiply.
 */
#include "attention.cuh"
#include "tensor_core.cuh"

#if __CUDA_ARCH__ >= 800

constexpr int THREADS = 128;
constexpr int WARPS = THREADS / 32;
constexpr int BAND = 16;              // rows of a product
constexpr int EDGE = BAND * WARPS;    // rows of a block with one band a warp
constexpr float LOG2_E = 1.44269504f; // exp(x) = 2^(x·log₂e)

__device__ __forceinline__ int lane() { return threadIdx.x % 32; }
/* Of sums, the first of this lane's rows in a band and the first of its columns in eight. */
__device__ __forceinline__ int ownRow() { return lane() / 4; }
__device__ __forceinline__ int ownColumn() { return lane() % 4 * 2; }

/* Over the four lanes that share a row. */
__device__ __forceinline__ float sumOfRow(float v) { return sumOver<4>(v); }

/* Asks for ROWS rows of [·, headSize]; zeros beyond `count` and the head size. */
template <int D, int ROWS, class Number>
__device__ __forceinline__ void ask(Number *tile, const Number *from, int first, int count,
                                    int headSize) {
  constexpr int PITCH = D + ROW_GAP;
  constexpr int PIECE = 16 / sizeof(Number);
  constexpr int PIECES = D / PIECE;
  if (headSize % PIECE == 0) {
#pragma unroll 2
    for (int i = threadIdx.x; i < ROWS * PIECES; i += THREADS) {
      const int r = i / PIECES, d = i % PIECES * PIECE;
      const bool there = first + r < count && d < headSize;
      copyAhead(tile + r * PITCH + d, there ? from + (size_t)(first + r) * headSize + d : from,
                there);
    }
  } else {
#pragma unroll 1
    for (int i = threadIdx.x; i < ROWS * D; i += THREADS) {
      const int r = i / D, d = i % D;
      const bool there = first + r < count && d < headSize;
      store(&tile[r * PITCH + d], 0.0f);
      if (there) tile[r * PITCH + d] = from[(size_t)(first + r) * headSize + d];
    }
  }
}

/* products [BANDS·16, COLUMNS] = rows of a tile · rows of another, both [·, D] */
template <class Number, int D, int BANDS, int COLUMNS>
__device__ __forceinline__ void productsOf(SumPart (&products)[BANDS][COLUMNS / 8],
                                           const Number *rows, int firstRow,
                                           const Number *columns) {
  constexpr int PITCH = D + ROW_GAP;
#pragma unroll
  for (int band = 0; band < BANDS; band++) {
#pragma unroll
    for (int j = 0; j < COLUMNS / 8; j++) products[band][j] = SumPart{};
  }
#pragma unroll 4
  for (int d = 0; d < D; d += 16) {
    LeftPart left[BANDS];
#pragma unroll
    for (int band = 0; band < BANDS; band++) {
      left[band] = loadLeft<PITCH>(rows, firstRow + band * BAND, d);
    }
#pragma unroll
    for (int j = 0; j < COLUMNS / 16; j++) {
      const RightPart right = loadRight<PITCH>(columns, 16 * j, d);
#pragma unroll
      for (int band = 0; band < BANDS; band++) {
        multiply<Number>(products[band][2 * j], left[band], right.of[0]);
        multiply<Number>(products[band][2 * j + 1], left[band], right.of[1]);
      }
    }
  }
}

/* sums [BANDS·16, WIDTH] += weights [BANDS·16, COLUMNS], rounded, · a tile [COLUMNS, D], from
 * feature `first` on */
template <class Number, int D, int WIDTH, int BANDS, int COLUMNS>
__device__ __forceinline__ void addMixed(SumPart (&sums)[BANDS][WIDTH / 8],
                                         const SumPart (&weights)[BANDS][COLUMNS / 8],
                                         const Number *tile, int first) {
  constexpr int PITCH = D + ROW_GAP;
#pragma unroll
  for (int s = 0; s < COLUMNS / 16; s++) {
    LeftPart left[BANDS];
#pragma unroll
    for (int band = 0; band < BANDS; band++) {
      left[band] = rounded<Number>(weights[band][2 * s], weights[band][2 * s + 1]);
    }
#pragma unroll
    for (int d = 0; d < WIDTH / 16; d++) {
      const RightPart right = loadRightOfRows<PITCH>(tile, first + 16 * d, 16 * s);
#pragma unroll
      for (int band = 0; band < BANDS; band++) {
        multiply<Number>(sums[band][2 * d], left[band], right.of[0]);
        multiply<Number>(sums[band][2 * d + 1], left[band], right.of[1]);
      }
    }
  }
}

/* Writes a band of sums, features `from` on, of rows and head size that are there. */
template <int WIDTH, class Number>
__device__ __forceinline__ void write(Number *to, const SumPart (&sums)[WIDTH / 8], int firstRow,
                                      int count, int from, int headSize) {
#pragma unroll
  for (int half = 0; half < 2; half++) {
    const int r = firstRow + ownRow() + 8 * half;
    if (r >= count) continue;
    Number *row = to + (size_t)r * headSize;
#pragma unroll
    for (int j = 0; j < WIDTH / 8; j++) {
      const int d = from + 8 * j + ownColumn();
      const float first = sums[j].of[2 * half], second = sums[j].of[2 * half + 1];
      if (d + 1 < headSize && headSize % 2 == 0) {
        *reinterpret_cast<unsigned *>(row + d) = pack<Number>(first, second);
      } else {
        if (d < headSize) store(&row[d], first);
        if (d + 1 < headSize) store(&row[d + 1], second);
      }
    }
  }
}

template <class Number, int D, int BANDS, int KEYS>
__device__ __forceinline__ void flashForward(
    const Number *__restrict__ q, const Number *__restrict__ k, const Number *__restrict__ v,
    const float *__restrict__ real, Number *__restrict__ context, float *__restrict__ greatest,
    float *__restrict__ share, const AttentionSize &size) {
  constexpr int QUERIES = EDGE * BANDS;
  constexpr int PITCH = D + ROW_GAP;
  DYNAMIC_SHARED(Number, queries); // [QUERIES, PITCH], and two of [KEYS, PITCH]
  Number *keys = queries + QUERIES * PITCH;
  Number *values = keys + KEYS * PITCH;

  const int b = blockIdx.z, h = blockIdx.y;
  const int tile = size.causal ? gridDim.x - 1 - blockIdx.x : blockIdx.x;
  const int firstQuery = tile * QUERIES;
  const int bandOfWarp = threadIdx.x / 32 * BANDS * BAND; // in the tile
  const size_t rows = size.queryRow(b, h);
  const Number *keysOfHead = k + size.keyRow(b, h) * size.headSize;
  const Number *valuesOfHead = v + size.keyRow(b, h) * size.headSize;
  const float scale = size.scale * LOG2_E;

  ask<D, QUERIES>(queries, q + rows * size.headSize, firstQuery, size.queries, size.headSize);
  ask<D, KEYS>(keys, keysOfHead, 0, size.keys, size.headSize);
  commitCopies();

  SumPart o[BANDS][D / 8] = {};
  float m[BANDS][2], l[BANDS][2]; // of rows r and r + 8; l of this lane's columns only
#pragma unroll
  for (int band = 0; band < BANDS; band++) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
      m[band][half] = -INFINITY;
      l[band][half] = 0.0f;
    }
  }
  const int end = size.keysBefore(firstQuery + QUERIES);
  for (int first = 0; first < end; first += KEYS) {
    awaitCopies<0>();
    __syncthreads(); // the keys are there, and all are done with the values before
    ask<D, KEYS>(values, valuesOfHead, first, size.keys, size.headSize);
    commitCopies();
    SumPart x[BANDS][KEYS / 8];
    productsOf<Number, D, BANDS, KEYS>(x, queries, bandOfWarp, keys);

    const bool whole = real == nullptr && first + KEYS <= size.keys &&
                       (!size.causal || first + KEYS <= firstQuery + bandOfWarp + 1);
    if (!whole) {
#pragma unroll
      for (int j = 0; j < KEYS / 8; j++) {
#pragma unroll
        for (int c = 0; c < 2; c++) {
          const int sight = size.firstSeeing(real, b, first + 8 * j + ownColumn() + c);
#pragma unroll
          for (int band = 0; band < BANDS; band++) {
            const int t = firstQuery + bandOfWarp + band * BAND + ownRow();
            if (t < sight) x[band][j].of[c] = -INFINITY;
            if (t + 8 < sight) x[band][j].of[2 + c] = -INFINITY;
          }
        }
      }
    }
#pragma unroll
    for (int band = 0; band < BANDS; band++) {
#pragma unroll
      for (int half = 0; half < 2; half++) {
        float top = -INFINITY;
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++) {
          top = fmaxf(top, fmaxf(x[band][j].of[2 * half], x[band][j].of[2 * half + 1]));
        }
        top = fmaxf(m[band][half], greatestOver<4>(top) * size.scale);
        const float from = top == -INFINITY ? 0.0f : top * LOG2_E; // −∞ − −∞ is no number
        const float shrink =
            m[band][half] == -INFINITY ? 1.0f : powerOf2(m[band][half] * LOG2_E - from);
        float sum = 0.0f;
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++) {
#pragma unroll
          for (int c = 2 * half; c < 2 * half + 2; c++) {
            const float weight = powerOf2(fmaf(x[band][j].of[c], scale, -from));
            x[band][j].of[c] = weight;
            sum += weight;
          }
        }
        l[band][half] = l[band][half] * shrink + sum;
        m[band][half] = top;
#pragma unroll
        for (int j = 0; j < D / 8; j++) {
          o[band][j].of[2 * half] *= shrink;
          o[band][j].of[2 * half + 1] *= shrink;
        }
      }
    }
    awaitCopies<0>();
    __syncthreads(); // the values are there, and all are done with the keys
    if (first + KEYS < end) {
      ask<D, KEYS>(keys, keysOfHead, first + KEYS, size.keys, size.headSize);
      commitCopies();
    }
    addMixed<Number, D, D, BANDS, KEYS>(o, x, values, 0);
  }

#pragma unroll
  for (int band = 0; band < BANDS; band++) {
    const int firstRow = firstQuery + bandOfWarp + band * BAND;
#pragma unroll
    for (int half = 0; half < 2; half++) {
      const float sum = sumOfRow(l[band][half]);
      const float part = sum == 0.0f ? 0.0f : 1.0f / sum;
#pragma unroll
      for (int j = 0; j < D / 8; j++) {
        o[band][j].of[2 * half] *= part;
        o[band][j].of[2 * half + 1] *= part;
      }
      const int t = firstRow + ownRow() + 8 * half;
      if (t < size.queries && ownColumn() == 0) {
        greatest[rows + t] = m[band][half] == -INFINITY ? 0.0f : m[band][half];
        share[rows + t] = part;
      }
    }
    write<D>(context + rows * size.headSize, o[band], firstRow, size.queries, 0, size.headSize);
  }
}

/* What is known of a query on the way back, ready for weight = 2^(product·scale − from)·share. */
struct Known {
  float from, share, delta;
};

__device__ __forceinline__ Known knownOf(const float *greatest, const float *share,
                                         const float *delta, int t, int queries) {
  if (t >= queries) return {0.0f, 0.0f, 0.0f};
  return {greatest[t] * LOG2_E, share[t], delta[t]};
}

/* A product q·k and g·v become a weight and a slope, the gradient of q·k. */
__device__ __forceinline__ void toSlope(float &x, float &y, bool seen, const Known &known,
                                        const AttentionSize &size) {
  const float weight =
      seen ? powerOf2(fmaf(x, size.scale * LOG2_E, -known.from)) * known.share : 0.0f;
  x = weight;
  y = seen ? weight * (y - known.delta) * size.scale : 0.0f;
}

/* dq = Σ slope·k, a tile of queries a block. */
template <class Number, int D, int MET>
__device__ __forceinline__ void flashQueryGradient(
    const Number *__restrict__ q, const Number *__restrict__ k, const Number *__restrict__ v,
    const float *__restrict__ real, const Number *__restrict__ g, const float *__restrict__ greatest,
    const float *__restrict__ share, const float *__restrict__ delta,
    Number *__restrict__ queryGradient, const AttentionSize &size) {
  constexpr int PITCH = D + ROW_GAP;
  constexpr int TILE = MET * PITCH;
  DYNAMIC_SHARED(Number, queries); // [EDGE, PITCH], as the next; then 2 × 2 of [MET, PITCH]
  Number *gradients = queries + EDGE * PITCH;
  Number *met = gradients + EDGE * PITCH;

  const int b = blockIdx.z, h = blockIdx.y;
  const int tile = size.causal ? gridDim.x - 1 - blockIdx.x : blockIdx.x;
  const int firstQuery = tile * EDGE, band = threadIdx.x / 32 * BAND;
  const size_t rows = size.queryRow(b, h), keyRows = size.keyRow(b, h);
  const auto askFor = [&](int first) {
    Number *keys = met + first / MET % 2 * 2 * TILE;
    ask<D, MET>(keys, k + keyRows * size.headSize, first, size.keys, size.headSize);
    ask<D, MET>(keys + TILE, v + keyRows * size.headSize, first, size.keys, size.headSize);
    commitCopies();
  };
  ask<D, EDGE>(queries, q + rows * size.headSize, firstQuery, size.queries, size.headSize);
  ask<D, EDGE>(gradients, g + rows * size.headSize, firstQuery, size.queries, size.headSize);
  askFor(0);
  Known known[2];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    known[half] = knownOf(greatest + rows, share + rows, delta + rows,
                          firstQuery + band + ownRow() + 8 * half, size.queries);
  }

  SumPart sums[1][D / 8] = {};
  const int end = size.keysBefore(firstQuery + EDGE);
  for (int first = 0; first < end; first += MET) {
    awaitCopies<0>();
    __syncthreads(); // this tile is there, and all are done with the one before
    if (first + MET < end) askFor(first + MET);
    const Number *keys = met + first / MET % 2 * 2 * TILE;
    SumPart x[1][MET / 8], y[1][MET / 8];
    productsOf<Number, D, 1, MET>(x, queries, band, keys);
    productsOf<Number, D, 1, MET>(y, gradients, band, keys + TILE);
#pragma unroll
    for (int j = 0; j < MET / 8; j++) {
#pragma unroll
      for (int c = 0; c < 4; c++) {
        const int t = firstQuery + band + ownRow() + c / 2 * 8;
        const int sight = size.firstSeeing(real, b, first + 8 * j + ownColumn() + c % 2);
        toSlope(x[0][j].of[c], y[0][j].of[c], t < size.queries && t >= sight, known[c / 2], size);
      }
    }
    addMixed<Number, D, D, 1, MET>(sums, y, keys, 0);
  }
  write<D>(queryGradient + rows * size.headSize, sums[0], firstQuery + band, size.queries, 0,
           size.headSize);
}

/* dk = Σ slope·q and dv = Σ weight·g, over the queries of all heads that share the key head. PART of
 * the features a block. */
template <class Number, int D, int MET>
__device__ __forceinline__ void flashKeyGradients(
    const Number *__restrict__ q, const Number *__restrict__ k, const Number *__restrict__ v,
    const float *__restrict__ real, const Number *__restrict__ g, const float *__restrict__ greatest,
    const float *__restrict__ share, const float *__restrict__ delta,
    Number *__restrict__ keyGradient, Number *__restrict__ valueGradient,
    const AttentionSize &size) {
  constexpr int PITCH = D + ROW_GAP;
  constexpr int TILE = MET * PITCH;
  constexpr int PART = D < 128 ? D : 128;
  DYNAMIC_SHARED(Number, keys); // [EDGE, PITCH], as the next; then 2 × 2 of [MET, PITCH]
  Number *values = keys + EDGE * PITCH;
  Number *met = values + EDGE * PITCH;

  const int b = blockIdx.z, group = size.heads / size.kvHeads;
  const int firstKey = blockIdx.x / (D / PART) * EDGE, band = threadIdx.x / 32 * BAND;
  const int part = blockIdx.x % (D / PART) * PART;
  const int firstHead = blockIdx.y * group;
  const size_t keyRows = size.keyRow(b, firstHead);
  const int begin = size.causal ? firstKey / MET * MET : 0; // the first queries that see any
  const int tiles = begin < size.queries ? ceilDiv(size.queries - begin, MET) : 0; // of a head
  const auto askFor = [&](int number) {
    const size_t row = size.queryRow(b, firstHead + number / tiles);
    const int first = begin + number % tiles * MET;
    Number *queries = met + number % 2 * 2 * TILE;
    ask<D, MET>(queries, q + row * size.headSize, first, size.queries, size.headSize);
    ask<D, MET>(queries + TILE, g + row * size.headSize, first, size.queries, size.headSize);
    commitCopies();
  };
  ask<D, EDGE>(keys, k + keyRows * size.headSize, firstKey, size.keys, size.headSize);
  ask<D, EDGE>(values, v + keyRows * size.headSize, firstKey, size.keys, size.headSize);
  if (tiles > 0) askFor(0);
  int sight[2];
#pragma unroll
  for (int half = 0; half < 2; half++) {
    sight[half] = size.firstSeeing(real, b, firstKey + band + ownRow() + 8 * half);
  }

  SumPart ofKeys[1][PART / 8] = {}, ofValues[1][PART / 8] = {};
  for (int number = 0; number < tiles * group; number++) {
    awaitCopies<0>();
    __syncthreads(); // this tile is there, and all are done with the one before
    if (number + 1 < tiles * group) askFor(number + 1);
    const size_t row = size.queryRow(b, firstHead + number / tiles);
    const int first = begin + number % tiles * MET;
    const Number *queries = met + number % 2 * 2 * TILE;
    SumPart x[1][MET / 8], y[1][MET / 8]; // keys down, queries across
    productsOf<Number, D, 1, MET>(x, keys, band, queries);
    productsOf<Number, D, 1, MET>(y, values, band, queries + TILE);
#pragma unroll
    for (int j = 0; j < MET / 8; j++) {
#pragma unroll
      for (int c = 0; c < 2; c++) {
        const int t = first + 8 * j + ownColumn() + c;
        const Known known = knownOf(greatest + row, share + row, delta + row, t, size.queries);
#pragma unroll
        for (int half = 0; half < 2; half++) {
          toSlope(x[0][j].of[2 * half + c], y[0][j].of[2 * half + c],
                  t < size.queries && t >= sight[half], known, size);
        }
      }
    }
    addMixed<Number, D, PART, 1, MET>(ofValues, x, queries + TILE, part);
    addMixed<Number, D, PART, 1, MET>(ofKeys, y, queries, part);
  }
  write<PART>(keyGradient + keyRows * size.headSize, ofKeys[0], firstKey + band, size.keys, part,
              size.headSize);
  write<PART>(valueGradient + keyRows * size.headSize, ofValues[0], firstKey + band, size.keys,
              part, size.headSize);
}

#define FLASH_TENSOR(Number, D, BANDS, MET)                                                        \
  extern "C" __global__ void __launch_bounds__(THREADS) flashTensorForward_##Number##_##D(         \
      const Number *q, const Number *k, const Number *v, const float *real, Number *context,       \
      float *greatest, float *share, AttentionSize size) {                                         \
    flashForward<Number, D, BANDS, MET>(q, k, v, real, context, greatest, share, size);                 \
  }                                                                                                \
  EXPORT(flashTensorForward_##Number##_##D);                                                       \
  extern "C" __global__ void __launch_bounds__(THREADS) flashTensorQueryGradient_##Number##_##D(   \
      const Number *q, const Number *k, const Number *v, const float *real, const Number *g,       \
      const float *greatest, const float *share, const float *delta, Number *queryGradient,        \
      AttentionSize size) {                                                                        \
    flashQueryGradient<Number, D, MET>(q, k, v, real, g, greatest, share, delta, queryGradient,    \
                                       size);                                                      \
  }                                                                                                \
  EXPORT(flashTensorQueryGradient_##Number##_##D);                                                 \
  extern "C" __global__ void __launch_bounds__(THREADS) flashTensorKeyGradients_##Number##_##D(    \
      const Number *q, const Number *k, const Number *v, const float *real, const Number *g,       \
      const float *greatest, const float *share, const float *delta, Number *keyGradient,          \
      Number *valueGradient, AttentionSize size) {                                                 \
    flashKeyGradients<Number, D, MET>(q, k, v, real, g, greatest, share, delta, keyGradient,       \
                                      valueGradient, size);                                        \
  }                                                                                                \
  EXPORT(flashTensorKeyGradients_##Number##_##D)

FLASH_TENSOR(f16, 32, 2, 64);
FLASH_TENSOR(f16, 64, 2, 64);
FLASH_TENSOR(f16, 128, 2, 32);
FLASH_TENSOR(f16, 256, 1, 32);
FLASH_TENSOR(bf16, 32, 2, 64);
FLASH_TENSOR(bf16, 64, 2, 64);
FLASH_TENSOR(bf16, 128, 2, 32);
FLASH_TENSOR(bf16, 256, 1, 32);

#endif // __CUDA_ARCH__
