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
constexpr int WIDEST_HEAD = 256; // D, of what a warp holds in registers

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
    if (__ballot_sync(ALL_LANES, own != NO_KEY) == 0) {
      return; // all were dropped
    }
    const float next = fmaxf(greatest, greatestOver<WARP>(score)); // passes over NaN: the sum has it
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

  /* Adds up what the groups have mixed, in all of them. */
  __device__ __forceinline__ void mixOverGroups() {
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
  }

  /* context = share·softmax·v + rest·context */
  __device__ __forceinline__ void write(float share, float rest, T *context) {
    const float total = sumOver<WARP>(sum);
    const float factor = total == 0.0f ? 0.0f : share / total;
    mixOverGroups();
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

/*
 * The same while decoding, for n positions behind `before` others: keys and values lie in a cache
 * with room for C positions, and position [B, C] is of all of them.
 *
 *   query, context  [B, H, n, D] in f32        key, value  [B, H, C, D] in f32
 *   grid (⌈n/⌊8/S⌋⌉, B·H), block 8 warps, S of which share a query: they take 32 keys in turn
 *
 * Many positions have a warp each; a single one has all 8, since a warp alone would wait for its
 * keys one after the other. Shares are put together in the order of the warps.
 */
struct SeaDecoded {
  int before; // positions before those of this step
  int room; // C
  int sharing; // S, a divisor of 8
};

/* What a warp found of its share, for the first of those that share a query. */
struct Shares {
  float mixed[QUERIES][WIDEST_HEAD];
  float greatest[QUERIES];
  float sum[QUERIES];
};

template <class T, int N, int PIECES>
__device__ __forceinline__ void leave(
    KeptAttention<T, N, PIECES> &attention, Shares &shares) {
  const float total = sumOver<WARP>(attention.sum);
  if (laneOf() == 0) {
    shares.greatest[warpOf()] = attention.greatest;
    shares.sum[warpOf()] = total;
  }
  attention.mixOverGroups();
  if (attention.group.own == 0) {
    attention.group.eachPiece([&](int p, int piece) {
#pragma unroll
      for (int i = 0; i < N; i++) {
        shares.mixed[warpOf()][piece * N + i] = attention.mixed.of[p][i];
      }
    });
  }
}

/* context = share·softmax·v + rest·context, by one warp, from what it and those behind it left. */
template <class T>
__device__ __forceinline__ void join(
    const Shares &shares, int sharing, int D, float share, float rest, T *context) {
  const int first = warpOf();
  float greatest = -INFINITY;
  for (int warp = first; warp < first + sharing; warp++) {
    greatest = fmaxf(greatest, shares.greatest[warp]);
  }
  float total = 0.0f;
  float weight[QUERIES];
#pragma unroll
  for (int i = 0; i < QUERIES; i++) {
    weight[i] = 0.0f;
    if (i < sharing && shares.greatest[first + i] != -INFINITY) {
      weight[i] = expf(shares.greatest[first + i] - greatest);
      total = fmaf(shares.sum[first + i], weight[i], total);
    }
  }
  const float factor = total == 0.0f ? 0.0f : share / total;
  for (int d = laneOf(); d < D; d += WARP) {
    float mixed = 0.0f;
#pragma unroll
    for (int i = 0; i < QUERIES; i++) {
      if (weight[i] != 0.0f) {
        mixed = fmaf(weight[i], shares.mixed[first + i][d], mixed);
      }
    }
    store(context + d, fmaf(factor, mixed, rest * toFloat(context[d])));
  }
}

template <int N, int PIECES, class T>
__device__ __forceinline__ void attendDecoding(
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
    int scaled,
    const SeaDecoded &decoded) {
  __shared__ Shares shares;
  const int sharing = decoded.sharing;
  const int t = blockIdx.x * (QUERIES / sharing) + warpOf() / sharing;
  const size_t head = blockIdx.y;
  const size_t sequence = head / axes.H;
  const size_t own = (head * axes.T + t) * axes.D;
  const float *gate = gates + (head * axes.R + t / axes.n) * 2;
  if (t < axes.T) {
    const size_t first = head * decoded.room * axes.D;
    const int words = (axes.M + WARP - 1) / WARP;
    const SeenKeys seen{
        rule,
        *k,
        position == nullptr ? nullptr : position + sequence * decoded.room,
        rank == nullptr ? decoded.before + t + 1 : rank[sequence * axes.T + t],
        axes.M};
    KeptAttention<T, N, PIECES> attention(query + own, key + first, value + first, axes.D, scale);
    const unsigned *bits = kept + (head * axes.T + t) * words;
    int turn = warpOf() % sharing; // of the first; a warp attends when none is before it
    eachKept(bits, words, seen, [&](int at, int count) {
      if (turn == 0) {
        attention.attend(at, count);
      }
      turn = turn == 0 ? sharing - 1 : turn - 1;
    });
    if (sharing == 1) {
      attention.write(scaled ? gate[0] * gate[1] : gate[1], 1.0f - gate[1], context + own);
    } else {
      leave(attention, shares);
    }
  }
  if (sharing > 1) { // as for every thread of the grid
    __syncthreads();
    if (t < axes.T && warpOf() % sharing == 0) {
      join(shares, sharing, axes.D, scaled ? gate[0] * gate[1] : gate[1], 1.0f - gate[1],
           context + own);
    }
  }
}

#define SEA_DECODED_ATTENTION(NAME, N, PIECES)                                                     \
  extern "C" __global__ void __launch_bounds__(QUERIES *WARP) NAME(                                \
      const float *query, const float *key, const float *value, const unsigned *kept,              \
      const float *gates, const int *rank, const int *position, const float *k, float *context,    \
      SeaAxes axes, SeaKeyRule rule, float scale, int scaled, SeaDecoded decoded) {                \
    attendDecoding<N, PIECES>(query, key, value, kept, gates, rank, position, k, context, axes,    \
                              rule, scale, scaled, decoded);                                       \
  }                                                                                                \
  EXPORT(NAME)

SEA_DECODED_ATTENTION(seaDecodedAttention_float, 4, 2);
SEA_DECODED_ATTENTION(seaDecodedAttentionNarrow_float, 1, 8);
