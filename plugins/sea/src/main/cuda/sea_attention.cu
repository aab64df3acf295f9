/*
 * Exact attention of every query to the keys under its kept columns, mixed with the running mean:
 *
 *   context = β·gate·softmax(scale·q·k over kept keys)·v + (1 − β)·average
 *
 *   query, key, value  [B, H, T, D] as T        kept     [B, H, T, ⌈M/32⌉] words, a bit a column
 *   gates              [B, H, R, 2], gate, β    rank     [B, T] or null, real keys up to a position
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
#include "sea_axes.cuh"
#include "sea_keys.cuh"

constexpr int QUERIES = 8; // of a block

/* Numbers that a lane reads at once. */
template <class T, int N>
struct alignas(sizeof(T) * N) Piece {
  T at[N];
};

/* The pieces of a row that one lane holds: every group-th. */
template <int N, int PIECES>
struct Part {
  float of[PIECES][N];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int p = 0; p < PIECES; p++) {
#pragma unroll
      for (int i = 0; i < N; i++) {
        of[p][i] = 0.0f;
      }
    }
  }
};

/* How lanes share rows of D numbers: `size` lanes a row, a power of two. */
template <class T, int N, int PIECES>
struct Group {
  int size;
  int pieces; // of a row
  int lane; // in its group
  int own; // which of the groups

  __device__ __forceinline__ explicit Group(int D) {
    pieces = D / N;
    size = 1;
    while (size < pieces && size < WARP) {
      size *= 2;
    }
    lane = laneOf() % size;
    own = laneOf() / size;
  }

  /* Rows that the warp reads at once. */
  __device__ __forceinline__ int rows() const { return WARP / size; }

  /* Calls each(p, piece of the row) for the pieces of this lane. */
  template <class Each>
  __device__ __forceinline__ void eachPiece(Each each) const {
#pragma unroll
    for (int p = 0; p < PIECES; p++) {
      const int piece = p * size + lane;
      if (piece < pieces) {
        each(p, piece);
      }
    }
  }

  /* q·k, in all lanes of the group. */
  __device__ __forceinline__ float product(const Part<N, PIECES> &q, const T *k) const {
    float sum = 0.0f;
    if (k != nullptr) {
      eachPiece([&](int p, int piece) {
        const Piece<T, N> numbers = reinterpret_cast<const Piece<T, N> *>(k)[piece];
#pragma unroll
        for (int i = 0; i < N; i++) {
          sum = fmaf(q.of[p][i], toFloat(numbers.at[i]), sum);
        }
      });
    }
    for (int off = size / 2; off > 0; off /= 2) {
      sum += __shfl_xor_sync(ALL_LANES, sum, off);
    }
    return sum;
  }

  /* into += weight·v */
  __device__ __forceinline__ void add(Part<N, PIECES> &into, float weight, const T *v) const {
    eachPiece([&](int p, int piece) {
      const Piece<T, N> numbers = reinterpret_cast<const Piece<T, N> *>(v)[piece];
#pragma unroll
      for (int i = 0; i < N; i++) {
        into.of[p][i] = fmaf(weight, toFloat(numbers.at[i]), into.of[p][i]);
      }
    });
  }
};

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
  for (int word = 0; word < words; word++) {
    if (bits[word] == 0) {
      continue;
    }
    KeyRun run{0, 0, 0, 0, 0};
    if (bits[word] >> laneOf() & 1) {
      run = seen.run(word * WARP + laneOf());
    }
    const int end = sumSoFar(run.count);
    const int start = end - run.count;
    const int total = __shfl_sync(ALL_LANES, end, WARP - 1);
    for (int from = 0; from < total; from += WARP) {
      const int candidate = from + laneOf();
      int owner = 0; // the lane of the column: the first whose candidates end after this one
      for (int off = WARP / 2; off > 0; off /= 2) {
        const int passed = __shfl_sync(ALL_LANES, end, owner + off - 1);
        owner += passed <= candidate ? off : 0;
      }
      const KeyRun ofOwner{
          __shfl_sync(ALL_LANES, run.from, owner),
          __shfl_sync(ALL_LANES, run.to, owner),
          __shfl_sync(ALL_LANES, run.count, owner),
          __shfl_sync(ALL_LANES, run.last, owner),
          __shfl_sync(ALL_LANES, run.step, owner)};
      const int before = __shfl_sync(ALL_LANES, start, owner);
      const int at = candidate < total ? seen.key(ofOwner, candidate - before) : NO_KEY;
      attention.attend(at, min(WARP, total - from));
    }
  }

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
