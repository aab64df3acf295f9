/*
 * Exact attention of every query to the keys under its kept columns, mixed with the running mean:
 *
 *   context = β·gate·softmax(scale·q·k over kept keys)·v + (1 − β)·average
 *
 *   query, key, value  [B, H, T, D] as T        kept     [B, H, T, ⌈M/32⌉] words, a bit a column
 *   gates              [B, H, R, 2], gate, β    rank     [B, T], keys that a query sees, or null: t + 1
 *   position           [B, T] or null           of every real key, by rank from 0 on
 *   k                  one number; scaled is 0 if the gate is left out
 *   context            [B, H, T, D] as T        in: the average; out: the context
 *   grid (⌈T/8⌉, B·H), block 8 warps, one a query: neighbours keep like columns, so share L1
 *
 * Columns become keys 32 at a time: lane i finds the i-th. Then lanes are grouped so that a group
 * reads one row of keys, 16 bytes a lane; a softmax that is corrected as greater scores come up
 * (Milakov & Gimelshein 2018) needs no room for scores. After any number of keys
 *
 *   greatest = max x      sum = Σ exp(x − greatest)      mixed = Σ exp(x − greatest)·v
 *
 * A query without a kept key gets the average alone. Rows whose bytes are a multiple of 16 are read
 * in pieces of 16 bytes (seaAttention), others number by number (seaAttentionNarrow); D ≤ 256.
 *
 * Floor of a query and head that keeps K keys: 8·D·K bytes of keys and values in f32, from L2 where
 * neighbours share them, 16·D of its own; 4·D·K FLOP: bound by bandwidth.
 * Reference: SparseAttention.java, SeaSteps.java.
 */
#include "sea_kept.cuh"

constexpr int QUERIES = 8; // of a block

/* Attention of one query to the keys that came up so far; every group has keys of its own. */
template <class T, int N, int PIECES>
struct KeptAttention {
  using Row = Part<N, PIECES>;

  const Group<T, N, PIECES> group;
  const T *key; // [T, D]
  const T *value; // [T, D]
  const int D;
  Row query; // scaled
  Row mixed;
  float greatest = -INFINITY;
  float sum = 0.0f; // of the keys of this lane

  __device__ __forceinline__ KeptAttention(
      const T *q, const T *key, const T *value, int D, float scale)
      : group(D), key(key), value(value), D(D) {
    query.clear();
    mixed.clear();
    group.add(query, scale, q);
  }

  __device__ __forceinline__ const T *row(const T *rows, int at) const {
    return at == NO_KEY ? nullptr : rows + (size_t) at * D;
  }

  /* Attends to 32 keys or fewer: every lane's own. */
  __device__ __forceinline__ void attend(int own, int count) {
    float score = -INFINITY;
    for (int from = 0; from < count; from += group.rows()) {
      const int at = __shfl_sync(ALL_LANES, own, from + group.own);
      const float product = group.product(query, row(key, at));
      const float mine = __shfl_sync(ALL_LANES, product, laneOf() % group.rows() * group.size);
      if (laneOf() - from >= 0 && laneOf() - from < group.rows() && own != NO_KEY) {
        score = mine;
      }
    }
    const float next = fmaxf(greatest, greatestOver<WARP>(score));
    if (next == -INFINITY) {
      return; // all keys so far were dropped
    }
    const float shrink = expf(greatest - next);
    const float weight = own == NO_KEY ? 0.0f : expf(score - next);
    greatest = next;
    sum = fmaf(sum, shrink, weight);
    group.eachPiece([&](int p, int) {
#pragma unroll
      for (int i = 0; i < N; i++) {
        mixed.of[p][i] *= shrink;
      }
    });
    for (int from = 0; from < count; from += group.rows()) {
      const int at = __shfl_sync(ALL_LANES, own, from + group.own);
      const float ofRow = __shfl_sync(ALL_LANES, weight, from + group.own);
      if (at != NO_KEY) {
        group.add(mixed, ofRow, row(value, at));
      }
    }
  }

  /* context = share·softmax·v + rest·context */
  __device__ __forceinline__ void write(float share, float rest, T *context) {
    const float total = sumOver<WARP>(sum);
    const float factor = total == 0.0f ? 0.0f : share / total;
#pragma unroll
    for (int p = 0; p < PIECES; p++) {
#pragma unroll
      for (int i = 0; i < N; i++) {
        float &number = mixed.of[p][i];
        for (int off = group.size; off < WARP; off *= 2) {
          number += __shfl_xor_sync(ALL_LANES, number, off);
        }
      }
    }
    if (group.own == 0) {
      group.eachPiece([&](int p, int piece) {
        Piece<T, N> &to = reinterpret_cast<Piece<T, N> *>(context)[piece];
        Piece<T, N> numbers = to;
#pragma unroll
        for (int i = 0; i < N; i++) {
          store(&numbers.at[i], fmaf(factor, mixed.of[p][i], rest * toFloat(numbers.at[i])));
        }
        to = numbers;
      });
    }
  }
};

template <int N, int PIECES, class T>
__device__ __forceinline__ void attendToKept(
    const T *__restrict__ query,
    const T *__restrict__ key,
    const T *__restrict__ value,
    const unsigned *__restrict__ kept,
    const float *__restrict__ gates,
    const int *__restrict__ rank,
    const int *__restrict__ position,
    const float *__restrict__ k,
    T *__restrict__ context,
    const SeaAxes &axes,
    const SeaKeyRule &rule,
    float scale,
    int scaled) {
  const int t = blockIdx.x * QUERIES + warpOf();
  if (t >= axes.T) {
    return;
  }
  const size_t head = blockIdx.y;
  const size_t sequence = head / axes.H;
  const size_t first = head * axes.T * axes.D;
  const size_t own = first + (size_t) t * axes.D;
  const int words = (axes.M + WARP - 1) / WARP;
  const unsigned *bits = kept + (head * axes.T + t) * words;
  const SeenKeys seen{
      rule,
      *k,
      position == nullptr ? nullptr : position + sequence * axes.T,
      rank == nullptr ? t + 1 : rank[sequence * axes.T + t],
      axes.M};

  KeptAttention<T, N, PIECES> attention(query + own, key + first, value + first, axes.D, scale);
  eachKept(bits, words, seen, [&](int at, int count) { attention.attend(at, count); });

  const float *gate = gates + (head * axes.R + t / axes.n) * 2;
  const float beta = gate[1];
  attention.write(scaled ? gate[0] * beta : beta, 1.0f - beta, context + own);
}

#define SEA_ATTENTION(NAME, T, N, PIECES)                                                          \
  extern "C" __global__ void __launch_bounds__(QUERIES *WARP) NAME##_##T(                          \
      const T *query, const T *key, const T *value, const unsigned *kept, const float *gates,      \
      const int *rank, const int *position, const float *k, T *context, SeaAxes axes,              \
      SeaKeyRule rule, float scale, int scaled) {                                                  \
    attendToKept<N, PIECES>(query, key, value, kept, gates, rank, position, k, context, axes,      \
                            rule, scale, scaled);                                                  \
  }                                                                                                \
  EXPORT(NAME##_##T)

SEA_ATTENTION(seaAttention, float, 4, 2);
SEA_ATTENTION(seaAttention, f16, 8, 1);
SEA_ATTENTION(seaAttention, bf16, 8, 1);
SEA_ATTENTION(seaAttentionNarrow, float, 1, 8);
SEA_ATTENTION(seaAttentionNarrow, f16, 1, 8);
SEA_ATTENTION(seaAttentionNarrow, bf16, 1, 8);
