/*
 * softmax(QKᵀ·scale)·V, exact and without a matrix of weights: tiles of queries meet tiles of keys,
 * and a running softmax keeps what was summed in proportion (Milakov and Gimelshein 2018; Dao,
 * FlashAttention-2, 2023, algorithms 1 and 2).
 *
 *   q,g,context  [B, H, T, D]  float, f16 or bf16      g is the gradient of the context
 *   k,v          [B, K, S, D]  the same; K divides H
 *   real         [B, S]        float, 0 hides a key; or null
 *   greatest     [B, H, T]     float, m = max logit                 0 for a query
 *   share        [B, H, T]     float, 1/l, l = Σ exp(logit − m)     that sees no key
 *   delta        [B, H, T]     float, scratch, Σ g·context
 *
 *                  grid              block   dynamic shared memory, in floats
 *   Forward        (⌈T/64⌉, H, B)    128     (64 + 32)·(D + 4) + 64·36
 *   Delta          (⌈T/4⌉, H, B)     128     none
 *   QueryGradient  (⌈T/32⌉, H, B)    64      3·32·(D + 4) + 2·32·36
 *   KeyGradients   (⌈S/32⌉, K, B)    64      the same
 *
 * D is what a kernel is compiled for; a smaller head size is filled up with zeros. After a tile of
 * keys:  m = max logit,  l = Σ exp(logit − m),  o = Σ exp(logit − m)·v.  The way back computes the
 * weights anew from m and l, once for the queries and once for the keys, so that no two blocks add
 * to one number: equal inputs give equal bits. There a third tile holds in turn what belongs to q·k
 * and what belongs to g·v, so that D = 128 fits into the 64 KiB of compute capability 7.5.
 *
 * flash_tensor.cu is the fast way for 16 bits on newer GPUs.
 *
 * Threads stand in rows of eight: a thread has four queries (rows) and, of a tile of 32 keys or of D
 * features, every eighth (columns), so that a row's sum is a matter of eight lanes.
 *
 * NaN goes through: only the search for m passes over it. Reference: PlainAttention.java.
 */
#include "attention.cuh"

const int ROWS = 4;                  // of a thread
const int COLUMNS = 8;               // threads that share a row
const int KEYS = 32;                 // of a tile
const int KEYS_EACH = KEYS / COLUMNS;
const int GAP = 4;                   // so that eight rows lie in different banks
const int WIDTH = KEYS + GAP;        // of a row of weights

__device__ __forceinline__ int row() { return threadIdx.x / COLUMNS * ROWS; } // the first of four
__device__ __forceinline__ int column() { return threadIdx.x % COLUMNS; }

__device__ __forceinline__ float4 four(const float *at) {
  return *reinterpret_cast<const float4 *>(at);
}

/* Copies rows of [·, headSize] into a tile of D + GAP floats a row; zeros beyond `count` and D. */
template <class Number, int D, int TILE>
__device__ void load(float *tile, const Number *from, int first, int count, int headSize) {
  for (int i = threadIdx.x; i < TILE * D; i += blockDim.x) {
    int r = i / D, d = i % D;
    bool there = first + r < count && d < headSize;
    tile[r * (D + GAP) + d] = there ? toFloat(from[(size_t)(first + r) * headSize + d]) : 0.0f;
  }
}

/* products = a·bᵀ for this thread's rows of tile a and every eighth row of tile b. */
template <int D>
__device__ __forceinline__ void dots(float (&products)[ROWS][KEYS_EACH], const float *a,
                                     const float *b) {
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
#pragma unroll
    for (int j = 0; j < KEYS_EACH; j++) products[i][j] = 0.0f;
  }
#pragma unroll 1
  for (int d = 0; d < D; d += 4) {
    float4 ofA[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; i++) ofA[i] = four(a + (row() + i) * (D + GAP) + d);
#pragma unroll
    for (int j = 0; j < KEYS_EACH; j++) {
      float4 ofB = four(b + (column() + COLUMNS * j) * (D + GAP) + d);
#pragma unroll
      for (int i = 0; i < ROWS; i++) {
        products[i][j] += ofA[i].x * ofB.x + ofA[i].y * ofB.y + ofA[i].z * ofB.z + ofA[i].w * ofB.w;
      }
    }
  }
}

/* This thread's part of a tile [·, D]: four rows, and of each four features in every 32. */
template <int D> struct Sums {
  float4 at[ROWS][D / 32];

  __device__ __forceinline__ Sums() {
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
#pragma unroll
      for (int c = 0; c < D / 32; c++) at[i][c] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    }
  }

  __device__ __forceinline__ void scale(int i, float by) {
#pragma unroll
    for (int c = 0; c < D / 32; c++) {
      at[i][c] = make_float4(at[i][c].x * by, at[i][c].y * by, at[i][c].z * by, at[i][c].w * by);
    }
  }

  __device__ __forceinline__ void add(int i, float weight, int c, float4 v) {
    at[i][c].x += weight * v.x;
    at[i][c].y += weight * v.y;
    at[i][c].z += weight * v.z;
    at[i][c].w += weight * v.w;
  }

  /* += weights·tile, the rows of the tile being the columns of the weights. */
  __device__ __forceinline__ void addMixed(const float *weights, const float *tile) {
#pragma unroll 1
    for (int s = 0; s < KEYS; s++) {
#pragma unroll
      for (int c = 0; c < D / 32; c++) {
        float4 v = four(tile + s * (D + GAP) + 4 * column() + 32 * c);
#pragma unroll
        for (int i = 0; i < ROWS; i++) add(i, weights[(row() + i) * WIDTH + s], c, v);
      }
    }
  }

  /* += weightsᵀ·tile, the rows of the tile being the rows of the weights. */
  __device__ __forceinline__ void addMixedByColumn(const float *weights, const float *tile) {
#pragma unroll 1
    for (int t = 0; t < KEYS; t++) {
      float4 w = four(weights + t * WIDTH + row());
#pragma unroll
      for (int c = 0; c < D / 32; c++) {
        float4 v = four(tile + t * (D + GAP) + 4 * column() + 32 * c);
        add(0, w.x, c, v);
        add(1, w.y, c, v);
        add(2, w.z, c, v);
        add(3, w.w, c, v);
      }
    }
  }

  /* Writes what lies within `count` rows and the head size. */
  template <class Number>
  __device__ __forceinline__ void write(Number *to, int first, int count, int headSize) const {
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
      int r = first + row() + i;
#pragma unroll
      for (int c = 0; c < D / 32; c++) {
        int d = 4 * column() + 32 * c;
        const float values[4] = {at[i][c].x, at[i][c].y, at[i][c].z, at[i][c].w};
#pragma unroll
        for (int e = 0; e < 4; e++) {
          if (r < count && d + e < headSize) store(&to[(size_t)r * headSize + d + e], values[e]);
        }
      }
    }
  }
};

/* The first query that sees each of this thread's keys. */
__device__ __forceinline__ void sightOf(int (&sight)[KEYS_EACH], const float *real, int b,
                                        int firstKey, AttentionSize size) {
#pragma unroll
  for (int j = 0; j < KEYS_EACH; j++) {
    sight[j] = size.firstSeeing(real, b, firstKey + column() + COLUMNS * j);
  }
}

template <class Number, int D>
__device__ void flashForward(const Number *q, const Number *k, const Number *v, const float *real,
                             Number *context, float *greatest, float *share, AttentionSize size) {
  const int QUERIES = 64;
  DYNAMIC_SHARED(float, queries);                // [64, D + 4]
  float *keys = queries + QUERIES * (D + GAP);   // [32, D + 4], then the values
  float *weights = keys + KEYS * (D + GAP);      // [64, 36]

  int b = blockIdx.z, h = blockIdx.y, firstQuery = blockIdx.x * QUERIES;
  const Number *keysOfHead = k + size.keyRow(b, h) * size.headSize;
  const Number *valuesOfHead = v + size.keyRow(b, h) * size.headSize;
  size_t rows = size.queryRow(b, h);
  load<Number, D, QUERIES>(queries, q + rows * size.headSize, firstQuery, size.queries,
                           size.headSize);

  float m[ROWS], l[ROWS];
  Sums<D> o;
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
    m[i] = -INFINITY;
    l[i] = 0.0f;
  }
  int end = size.keysBefore(firstQuery + QUERIES);
  for (int first = 0; first < end; first += KEYS) {
    __syncthreads(); // all are done with the values before
    load<Number, D, KEYS>(keys, keysOfHead, first, size.keys, size.headSize);
    __syncthreads();
    float x[ROWS][KEYS_EACH];
    dots<D>(x, queries, keys);
    int sight[KEYS_EACH];
    sightOf(sight, real, b, first, size);
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
      float top = m[i];
#pragma unroll
      for (int j = 0; j < KEYS_EACH; j++) {
        x[i][j] = firstQuery + row() + i >= sight[j] ? x[i][j] * size.scale : -INFINITY;
        top = fmaxf(top, x[i][j]);
      }
      top = greatestOver<COLUMNS>(top);
      float from = top == -INFINITY ? 0.0f : top; // nothing seen so far: −∞ − −∞ is no number
      float shrink = m[i] == -INFINITY ? 1.0f : expf(m[i] - from); // what was summed under m
      float sum = 0.0f;
#pragma unroll
      for (int j = 0; j < KEYS_EACH; j++) {
        float weight = expf(x[i][j] - from);
        weights[(row() + i) * WIDTH + column() + COLUMNS * j] = weight;
        sum += weight;
      }
      sum = sumOver<COLUMNS>(sum);
      l[i] = l[i] * shrink + sum;
      o.scale(i, shrink);
      m[i] = top;
    }
    __syncthreads(); // all are done with the keys
    load<Number, D, KEYS>(keys, valuesOfHead, first, size.keys, size.headSize);
    __syncthreads();
    o.addMixed(weights, keys);
  }
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
    int t = firstQuery + row() + i;
    float part = l[i] == 0.0f ? 0.0f : 1.0f / l[i];
    o.scale(i, part);
    if (t < size.queries && column() == 0) {
      greatest[rows + t] = m[i] == -INFINITY ? 0.0f : m[i];
      share[rows + t] = part;
    }
  }
  o.write(context + rows * size.headSize, firstQuery, size.queries, size.headSize);
}

/* delta = Σ g·context = Σ weight·(g·v), what a row's slopes have in common; a warp a query. */
template <class Number>
__device__ void flashDelta(const Number *context, const Number *g, float *delta,
                           AttentionSize size) {
  int t = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (t >= size.queries) return;
  size_t r = size.queryRow(blockIdx.z, blockIdx.y) + t;
  float sum = 0.0f;
  for (int d = threadIdx.x % 32; d < size.headSize; d += 32) {
    sum += toFloat(context[r * size.headSize + d]) * toFloat(g[r * size.headSize + d]);
  }
  sum = sumOver<32>(sum);
  if (threadIdx.x % 32 == 0) delta[r] = sum;
}

/* What is known of the queries on the way back. */
struct Known {
  const float *greatest, *share, *delta; // of the head's first query
};

/*
 * Of a tile of 32 queries and 32 keys, weights = exp(logit − m)/l and slopes, the gradients of q·k,
 * = weight·(g·v − delta)·scale, from x = q·k and y = g·v.
 */
__device__ __forceinline__ void slopesOf(float *weights, float *slopes,
                                         const float (&x)[ROWS][KEYS_EACH],
                                         const float (&y)[ROWS][KEYS_EACH], Known known,
                                         const float *real, int b, int firstQuery, int firstKey,
                                         AttentionSize size) {
  int sight[KEYS_EACH];
  sightOf(sight, real, b, firstKey, size);
#pragma unroll
  for (int i = 0; i < ROWS; i++) {
    int t = firstQuery + row() + i;
    bool there = t < size.queries;
    float m = there ? known.greatest[t] : 0.0f, part = there ? known.share[t] : 0.0f;
    float delta = there ? known.delta[t] : 0.0f;
#pragma unroll
    for (int j = 0; j < KEYS_EACH; j++) {
      bool seen = there && t >= sight[j];
      float weight = seen ? expf(x[i][j] * size.scale - m) * part : 0.0f;
      int at = (row() + i) * WIDTH + column() + COLUMNS * j;
      weights[at] = weight;
      slopes[at] = seen ? weight * (y[i][j] - delta) * size.scale : 0.0f;
    }
  }
}

/* dq = Σ slope·k, a tile of queries a block. */
template <class Number, int D>
__device__ void flashQueryGradient(const Number *q, const Number *k, const Number *v,
                                   const float *real, const Number *g, const float *greatest,
                                   const float *share, const float *delta, Number *queryGradient,
                                   AttentionSize size) {
  const int QUERIES = 32;
  DYNAMIC_SHARED(float, queries); // [32, D + 4], as the next two
  float *gradients = queries + QUERIES * (D + GAP);
  float *met = gradients + QUERIES * (D + GAP); // values, then keys
  float *weights = met + KEYS * (D + GAP);      // [32, 36]
  float *slopes = weights + QUERIES * WIDTH;    // [32, 36]

  int b = blockIdx.z, h = blockIdx.y, firstQuery = blockIdx.x * QUERIES;
  size_t rows = size.queryRow(b, h), keyRows = size.keyRow(b, h);
  Known known = {greatest + rows, share + rows, delta + rows};
  load<Number, D, QUERIES>(queries, q + rows * size.headSize, firstQuery, size.queries,
                           size.headSize);
  load<Number, D, QUERIES>(gradients, g + rows * size.headSize, firstQuery, size.queries,
                           size.headSize);
  Sums<D> sums;
  int end = size.keysBefore(firstQuery + QUERIES);
  for (int first = 0; first < end; first += KEYS) {
    float x[ROWS][KEYS_EACH], y[ROWS][KEYS_EACH];
    __syncthreads(); // all are done with the keys before
    load<Number, D, KEYS>(met, v + keyRows * size.headSize, first, size.keys, size.headSize);
    __syncthreads();
    dots<D>(y, gradients, met);
    __syncthreads();
    load<Number, D, KEYS>(met, k + keyRows * size.headSize, first, size.keys, size.headSize);
    __syncthreads();
    dots<D>(x, queries, met);
    slopesOf(weights, slopes, x, y, known, real, b, firstQuery, first, size);
    __syncthreads();
    sums.addMixed(slopes, met);
  }
  sums.write(queryGradient + rows * size.headSize, firstQuery, size.queries, size.headSize);
}

/* dk = Σ slope·q and dv = Σ weight·g, over the queries of all heads that share the key head. */
template <class Number, int D>
__device__ void flashKeyGradients(const Number *q, const Number *k, const Number *v,
                                  const float *real, const Number *g, const float *greatest,
                                  const float *share, const float *delta, Number *keyGradient,
                                  Number *valueGradient, AttentionSize size) {
  const int QUERIES = 32;
  DYNAMIC_SHARED(float, keys); // as above
  float *values = keys + KEYS * (D + GAP);
  float *met = values + KEYS * (D + GAP); // queries, then gradients, then queries again
  float *weights = met + QUERIES * (D + GAP);
  float *slopes = weights + QUERIES * WIDTH;

  int b = blockIdx.z, group = size.heads / size.kvHeads, firstKey = blockIdx.x * KEYS;
  size_t keyRows = size.keyRow(b, blockIdx.y * group);
  load<Number, D, KEYS>(keys, k + keyRows * size.headSize, firstKey, size.keys, size.headSize);
  load<Number, D, KEYS>(values, v + keyRows * size.headSize, firstKey, size.keys, size.headSize);
  Sums<D> ofKeys, ofValues;
  for (int h = blockIdx.y * group; h < (int)(blockIdx.y + 1) * group; h++) {
    size_t rows = size.queryRow(b, h);
    Known known = {greatest + rows, share + rows, delta + rows};
    // Tiles of queries and of keys are equally long: the first that sees any begins where they do.
    for (int first = size.causal ? firstKey : 0; first < size.queries; first += QUERIES) {
      float x[ROWS][KEYS_EACH], y[ROWS][KEYS_EACH];
      __syncthreads(); // all are done with the queries before
      load<Number, D, QUERIES>(met, q + rows * size.headSize, first, size.queries, size.headSize);
      __syncthreads();
      dots<D>(x, met, keys);
      __syncthreads();
      load<Number, D, QUERIES>(met, g + rows * size.headSize, first, size.queries, size.headSize);
      __syncthreads();
      dots<D>(y, met, values);
      slopesOf(weights, slopes, x, y, known, real, b, first, firstKey, size);
      __syncthreads();
      ofValues.addMixedByColumn(weights, met);
      __syncthreads(); // all are done with the gradients
      load<Number, D, QUERIES>(met, q + rows * size.headSize, first, size.queries, size.headSize);
      __syncthreads();
      ofKeys.addMixedByColumn(slopes, met);
    }
  }
  ofKeys.write(keyGradient + keyRows * size.headSize, firstKey, size.keys, size.headSize);
  ofValues.write(valueGradient + keyRows * size.headSize, firstKey, size.keys, size.headSize);
}

#define FLASH_OF_SIZE(Number, D)                                                                   \
  extern "C" __global__ void __launch_bounds__(128) flashForward_##Number##_##D(                   \
      const Number *q, const Number *k, const Number *v, const float *real, Number *context,       \
      float *greatest, float *share, AttentionSize size) {                                         \
    flashForward<Number, D>(q, k, v, real, context, greatest, share, size);                        \
  }                                                                                                \
  EXPORT(flashForward_##Number##_##D);                                                             \
  extern "C" __global__ void __launch_bounds__(64) flashQueryGradient_##Number##_##D(              \
      const Number *q, const Number *k, const Number *v, const float *real, const Number *g,       \
      const float *greatest, const float *share, const float *delta, Number *queryGradient,        \
      AttentionSize size) {                                                                        \
    flashQueryGradient<Number, D>(q, k, v, real, g, greatest, share, delta, queryGradient, size);  \
  }                                                                                                \
  EXPORT(flashQueryGradient_##Number##_##D);                                                       \
  extern "C" __global__ void __launch_bounds__(64) flashKeyGradients_##Number##_##D(               \
      const Number *q, const Number *k, const Number *v, const float *real, const Number *g,       \
      const float *greatest, const float *share, const float *delta, Number *keyGradient,          \
      Number *valueGradient, AttentionSize size) {                                                 \
    flashKeyGradients<Number, D>(q, k, v, real, g, greatest, share, delta, keyGradient,            \
                                 valueGradient, size);                                             \
  }                                                                                                \
  EXPORT(flashKeyGradients_##Number##_##D)

#define FLASH(Number)                                                                              \
  extern "C" __global__ void flashDelta_##Number(const Number *context, const Number *g,           \
                                                 float *delta, AttentionSize size) {               \
    flashDelta(context, g, delta, size);                                                           \
  }                                                                                                \
  EXPORT(flashDelta_##Number);                                                                     \
  FLASH_OF_SIZE(Number, 64);                                                                       \
  FLASH_OF_SIZE(Number, 128)

FLASH(float);
FLASH(f16);
FLASH(bf16);
