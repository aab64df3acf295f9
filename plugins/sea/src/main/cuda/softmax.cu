/*
 * softmax(QKᵀ·scale)·V by the plain formula, one kernel a step, with all weights in memory: the
 * slow explanation of flash.cu, and what it is timed against.
 *
 *   q,g     [B, H, T, D]   f32, f16 or bf16           g is the gradient of the context
 *   k,v     [B, K, S, D]   the same; K divides H
 *   real    [B, S]         f32, 0 hides a key; or null
 *   logits  [B, H, T, S]   f32, scratch; softmaxRows makes weights of it in place
 *   slopes  [B, H, T, S]   f32, scratch; gradient of the weights, then of the logits
 *
 *   forward   Logits → Rows → Context
 *   backward  Logits → Rows → Slopes → RowSlopes → QueryGradient, KeyGradients
 *
 *   grid   (T, ⌈S/THREADS⌉ or 1, B·H)    (S, 1, B·K) for KeyGradients
 *   block  THREADS                       shared  the sum of a row
 *
 * A query that sees no key has weights, context and gradient 0. NaN goes through: only the search
 * for the greatest passes over it, not the sum. Reference: PlainAttention.java.
 */
#include "attention.cuh"

const int THREADS = 128;

enum class Fold { SUM, GREATEST };

/* The sum or the greatest of what all threads have, for all of them. */
template <Fold FOLD> __device__ float overBlock(float mine) {
  __shared__ float ofWarp[THREADS / 32];
  mine = FOLD == Fold::SUM ? sumOver<32>(mine) : greatestOver<32>(mine);
  if (threadIdx.x % 32 == 0) ofWarp[threadIdx.x / 32] = mine;
  __syncthreads();
  float all = ofWarp[0];
  for (int w = 1; w < THREADS / 32; w++) {
    all = FOLD == Fold::SUM ? all + ofWarp[w] : fmaxf(all, ofWarp[w]);
  }
  __syncthreads(); // before anyone writes for the next time
  return all;
}

template <class Number> __device__ float dot(const Number *a, const Number *b, int count) {
  float sum = 0.0f;
  for (int d = 0; d < count; d++) sum += toFloat(a[d]) * toFloat(b[d]);
  return sum;
}

/* logits = q·k·scale, −∞ where a key is hidden. */
template <class Number>
__device__ void softmaxLogits(const Number *q, const Number *k, const float *real, float *logits,
                              AttentionSize size) {
  int t = blockIdx.x, s = blockIdx.y * THREADS + threadIdx.x;
  int b = blockIdx.z / size.heads, h = blockIdx.z % size.heads;
  if (s >= size.keys) return;
  size_t row = size.queryRow(b, h) + t;
  const Number *query = q + row * size.headSize;
  const Number *key = k + (size.keyRow(b, h) + s) * size.headSize;
  logits[row * size.keys + s] =
      t >= size.firstSeeing(real, b, s) ? dot(query, key, size.headSize) * size.scale : -INFINITY;
}

/* weights = exp(logits − greatest)/Σ, a row at a time. */
extern "C" __global__ void softmaxRows(float *logits, AttentionSize size) {
  float *row = logits + ((size_t)blockIdx.z * size.queries + blockIdx.x) * size.keys;
  float greatest = -INFINITY;
  for (int s = threadIdx.x; s < size.keys; s += THREADS) greatest = fmaxf(greatest, row[s]);
  greatest = overBlock<Fold::GREATEST>(greatest);
  if (greatest == -INFINITY) greatest = 0.0f; // nothing is seen, or nothing but NaN
  float sum = 0.0f;
  for (int s = threadIdx.x; s < size.keys; s += THREADS) sum += expf(row[s] - greatest);
  sum = overBlock<Fold::SUM>(sum);
  for (int s = threadIdx.x; s < size.keys; s += THREADS) {
    row[s] = sum == 0.0f ? 0.0f : expf(row[s] - greatest) / sum;
  }
}
EXPORT(softmaxRows);

/* context = Σ weight·v */
template <class Number>
__device__ void softmaxContext(const float *weights, const Number *v, Number *context,
                               AttentionSize size) {
  int b = blockIdx.z / size.heads, h = blockIdx.z % size.heads;
  size_t row = size.queryRow(b, h) + blockIdx.x;
  const Number *values = v + size.keyRow(b, h) * size.headSize;
  for (int d = threadIdx.x; d < size.headSize; d += THREADS) {
    float sum = 0.0f;
    for (int s = 0; s < size.keysBefore(blockIdx.x + 1); s++) {
      sum += weights[row * size.keys + s] * toFloat(values[(size_t)s * size.headSize + d]);
    }
    store(&context[row * size.headSize + d], sum);
  }
}

/* slopes = g·v, the gradient of each weight. */
template <class Number>
__device__ void softmaxSlopes(const Number *g, const Number *v, float *slopes, AttentionSize size) {
  int s = blockIdx.y * THREADS + threadIdx.x;
  int b = blockIdx.z / size.heads, h = blockIdx.z % size.heads;
  if (s >= size.keys) return;
  size_t row = size.queryRow(b, h) + blockIdx.x;
  const Number *value = v + (size.keyRow(b, h) + s) * size.headSize;
  slopes[row * size.keys + s] = dot(g + row * size.headSize, value, size.headSize);
}

/* slopes = weight·(slope − Σ weight·slope)·scale, the gradient of q·k. */
extern "C" __global__ void softmaxRowSlopes(const float *weights, float *slopes,
                                            AttentionSize size) {
  size_t begin = ((size_t)blockIdx.z * size.queries + blockIdx.x) * size.keys;
  float mean = 0.0f;
  for (int s = threadIdx.x; s < size.keys; s += THREADS) {
    mean += weights[begin + s] * slopes[begin + s];
  }
  mean = overBlock<Fold::SUM>(mean);
  for (int s = threadIdx.x; s < size.keys; s += THREADS) {
    slopes[begin + s] = weights[begin + s] * (slopes[begin + s] - mean) * size.scale;
  }
}
EXPORT(softmaxRowSlopes);

/* dq = Σ slope·k */
template <class Number>
__device__ void softmaxQueryGradient(const float *slopes, const Number *k, Number *queryGradient,
                                     AttentionSize size) {
  softmaxContext(slopes, k, queryGradient, size);
}

/* dk = Σ slope·q and dv = Σ weight·g, over the queries of all heads that share a key head. */
template <class Number>
__device__ void softmaxKeyGradients(const float *weights, const float *slopes, const Number *q,
                                    const Number *g, Number *keyGradient, Number *valueGradient,
                                    AttentionSize size) {
  int b = blockIdx.z / size.kvHeads, kvHead = blockIdx.z % size.kvHeads;
  int s = blockIdx.x, group = size.heads / size.kvHeads;
  for (int d = threadIdx.x; d < size.headSize; d += THREADS) {
    float ofKey = 0.0f, ofValue = 0.0f;
    for (int h = kvHead * group; h < (kvHead + 1) * group; h++) {
      for (int t = size.causal ? s : 0; t < size.queries; t++) {
        size_t row = size.queryRow(b, h) + t;
        ofKey += slopes[row * size.keys + s] * toFloat(q[row * size.headSize + d]);
        ofValue += weights[row * size.keys + s] * toFloat(g[row * size.headSize + d]);
      }
    }
    size_t at = ((size_t)blockIdx.z * size.keys + s) * size.headSize + d;
    store(&keyGradient[at], ofKey);
    store(&valueGradient[at], ofValue);
  }
}

#define SOFTMAX(Number)                                                                            \
  extern "C" __global__ void softmaxLogits_##Number(const Number *q, const Number *k,              \
                                                    const float *real, float *logits,              \
                                                    AttentionSize size) {                          \
    softmaxLogits(q, k, real, logits, size);                                                       \
  }                                                                                                \
  EXPORT(softmaxLogits_##Number);                                                                  \
  extern "C" __global__ void softmaxContext_##Number(const float *weights, const Number *v,        \
                                                     Number *context, AttentionSize size) {        \
    softmaxContext(weights, v, context, size);                                                     \
  }                                                                                                \
  EXPORT(softmaxContext_##Number);                                                                 \
  extern "C" __global__ void softmaxSlopes_##Number(const Number *g, const Number *v,              \
                                                    float *slopes, AttentionSize size) {           \
    softmaxSlopes(g, v, slopes, size);                                                             \
  }                                                                                                \
  EXPORT(softmaxSlopes_##Number);                                                                  \
  extern "C" __global__ void softmaxQueryGradient_##Number(                                        \
      const float *slopes, const Number *k, Number *queryGradient, AttentionSize size) {           \
    softmaxQueryGradient(slopes, k, queryGradient, size);                                          \
  }                                                                                                \
  EXPORT(softmaxQueryGradient_##Number);                                                           \
  extern "C" __global__ void softmaxKeyGradients_##Number(                                         \
      const float *weights, const float *slopes, const Number *q, const Number *g,                 \
      Number *keyGradient, Number *valueGradient, AttentionSize size) {                            \
    softmaxKeyGradients(weights, slopes, q, g, keyGradient, valueGradient, size);                  \
  }                                                                                                \
  EXPORT(softmaxKeyGradients_##Number)

SOFTMAX(float);
SOFTMAX(f16);
SOFTMAX(bf16);
