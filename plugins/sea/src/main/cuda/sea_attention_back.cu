/*
 * The way back of attention to the kept keys. Of a query t that keeps keys j with weights p,
 *
 *   out = share·Σ p_j v_j + (1 − β)·average   share = β·gate   p = softmax(s)   s_j = scale·q·k_j
 *   δ = Σ p_j (dout·v_j)       ds_j = share·p_j·(dout·v_j − δ)     dq = scale·Σ_j ds_j k_j
 *   dgate = β·δ       dβ = gate·δ − dout·average       each times the slope of the logistic function
 *
 *   and of a key    dk_j = scale·Σ_t ds_tj q_t       dv_j = Σ_t share_t·p_tj·dout_t
 *
 *   seaTransposeKept     the bits of the kept columns, a column's queries side by side
 *   seaQueryGradient     dq, the gates', and what keys must know of a query
 *   seaKeyGradient       dk, dv
 *
 *   query, key, value, ofContext  [B, H, T, D] as T    kept     [B, H, T, ⌈M/32⌉] words
 *   gates       [B, H, R, 2], gate, β                  rank, position  [B, T] or null (sea_real.cu)
 *   transposed  [B, H, M, ⌈T/32⌉] words                k        one number; scaled is 0 without gate
 *   known       [B, H, T] of Known                     ofGates  [B, H, T, 2], before they are opened
 *   ofQuery     [B, H, T, D]   in: the average; out: dq     ofKey, ofValue  [B, H, T, D]
 *
 * Queries find their keys as on the way forward, and correct sums as greater scores come up, so there
 * is no room for scores. What is added up is p·(dout·v − ρ)·k and p·k, where ρ is dout·v of the first
 * key: then what all keys share does not drown what they differ in, and one key alone gives zero.
 *
 * Keys find their queries, rather than queries adding to keys: every key has one warp, which adds in
 * one order, without atomics, and there is no list of pairs, whose length the host could not know
 * (k is read on the GPU) and which would take T² if k were T. As L, the keys that a query sees,
 * grows, the column over a key of rank r falls from M − 1 to about r·M/T, and each is over the key
 * for a run of queries. So a key looks, a column a lane, at the bits of those runs, 32 queries a
 * word; 32 words at a time become a list of queries. The rules that drop keys of a column are asked
 * for every query that is found (sea_keys.cuh). Where all queries see all keys, one column is over a
 * key, and its run is all queries.
 *
 * Floor of a query and head that keeps K keys: 8·D·K bytes from L2 in f32 there, and as many for
 * the keys, which read q and dout; 16·D·K FLOP; bound by bandwidth. The bits: T/64 words on average,
 * read by 32 lanes at once, or T/32 where all see all keys; they grow with T, T/16 bytes beside 8·D·K,
 * as many at T = 500,000 and K = 64.
 * Reference: KeptAttentionGradient.java.
 */
#include "sea_kept.cuh"

constexpr int NEIGHBOURS = 8; // queries or keys of a block, one a warp: neighbours share L1
constexpr int NO_QUERY = -1;

/* What a key must know of a query. */
struct alignas(16) Known {
  float greatest; // of its scores
  float share; // by which exp(score − greatest) becomes share·p
  float along; // δ
  int seen; // L, the keys that it sees
};

/* grid (⌈T/32⌉, B·H), block a multiple of 32: a warp a word of columns */
extern "C" __global__ void seaTransposeKept(
    const unsigned *__restrict__ kept, unsigned *__restrict__ transposed, SeaAxes axes) {
  const int words = ceilDiv(axes.M, WARP);
  const int ofQueries = ceilDiv(axes.T, WARP);
  const int t = blockIdx.x * WARP + laneOf();
  const size_t head = blockIdx.y;
  for (int word = warpOf(); word < words; word += warpsOfBlock()) {
    const unsigned own = t < axes.T ? kept[(head * axes.T + t) * words + word] : 0;
    unsigned ofLane = 0; // the queries that keep column 32·word + lane
    for (int column = 0; column < WARP; column++) {
      const unsigned queries = __ballot_sync(ALL_LANES, own >> column & 1);
      ofLane = laneOf() == column ? queries : ofLane;
    }
    const int column = word * WARP + laneOf();
    if (column < axes.M) {
      transposed[(head * axes.M + column) * ofQueries + blockIdx.x] = ofLane;
    }
  }
}
EXPORT(seaTransposeKept);

/* Products of a row with those that all lanes' rows name, each lane's own; 0 for those without. */
template <class T, int N, int PIECES>
__device__ __forceinline__ float products(
    const Group<T, N, PIECES> &group,
    const Part<N, PIECES> &row,
    const T *rows,
    int D,
    int own,
    int count) {
  float mine = 0.0f;
  for (int from = 0; from < count; from += group.rows()) {
    const int at = __shfl_sync(ALL_LANES, own, from + group.own);
    const float product = group.product(row, at < 0 ? nullptr : rows + (size_t) at * D);
    const float passed = __shfl_sync(ALL_LANES, product, laneOf() % group.rows() * group.size);
    if (laneOf() >= from && laneOf() - from < group.rows() && own >= 0) {
      mine = passed;
    }
  }
  return mine;
}

/* Writes the sums of all groups, times a factor, as a row of f32. */
template <class T, int N, int PIECES>
__device__ __forceinline__ void writeSums(
    const Group<T, N, PIECES> &group, Part<N, PIECES> &sums, float *row) {
#pragma unroll
  for (int p = 0; p < PIECES; p++) {
#pragma unroll
    for (int i = 0; i < N; i++) {
      for (int off = group.size; off < WARP; off *= 2) {
        sums.of[p][i] += __shfl_xor_sync(ALL_LANES, sums.of[p][i], off);
      }
    }
  }
  if (group.own == 0) {
    group.eachPiece([&](int p, int piece) {
#pragma unroll
      for (int i = 0; i < N; i++) {
        row[piece * N + i] = sums.of[p][i];
      }
    });
  }
}

/* One query and the keys that came up so far; every group of lanes has keys of its own. */
template <class T, int N, int PIECES>
struct QueryGradient {
  using Row = Part<N, PIECES>;

  const Group<T, N, PIECES> group;
  const T *key; // [T, D]
  const T *value; // [T, D]
  const int D;
  Row query; // scaled
  Row ofContext;
  Row weighted; // Σ exp(s − greatest)·(dout·v − ρ)·k
  Row plain; // Σ exp(s − greatest)·k
  float greatest = -INFINITY;
  float reference = 0.0f; // ρ
  float sum = 0.0f; // Σ exp(s − greatest) of the keys of this lane, as the next
  float along = 0.0f; // Σ exp(s − greatest)·(dout·v − ρ)

  __device__ __forceinline__ QueryGradient(
      const T *q, const T *ofOut, const T *key, const T *value, int D, float scale)
      : group(D), key(key), value(value), D(D) {
    query.clear();
    ofContext.clear();
    weighted.clear();
    plain.clear();
    group.add(query, scale, q);
    group.add(ofContext, 1.0f, ofOut);
  }

  /* Takes 32 keys or fewer: every lane's own. */
  __device__ __forceinline__ void attend(int own, int count) {
    const bool there = own != NO_KEY;
    const float product = products(group, query, key, D, own, count);
    const float ofWeight = products(group, ofContext, value, D, own, count);
    const float score = there ? product : -INFINITY;
    const unsigned lanes = __ballot_sync(ALL_LANES, there);
    if (lanes == 0) {
      return; // all were dropped
    }
    if (greatest == -INFINITY) {
      reference = __shfl_sync(ALL_LANES, ofWeight, __ffs((int) lanes) - 1);
    }
    const float next = fmaxf(greatest, greatestOver<WARP>(score)); // passes over NaN: the sum has it
    const float shrink = expf(greatest - next);
    const float weight = there ? expf(score - next) : 0.0f;
    const float off = there ? ofWeight - reference : 0.0f;
    greatest = next;
    sum = fmaf(sum, shrink, weight);
    along = fmaf(along, shrink, weight * off);
    group.eachPiece([&](int p, int) {
#pragma unroll
      for (int i = 0; i < N; i++) {
        weighted.of[p][i] *= shrink;
        plain.of[p][i] *= shrink;
      }
    });
    for (int from = 0; from < count; from += group.rows()) {
      const int at = __shfl_sync(ALL_LANES, own, from + group.own);
      const float ofRow = __shfl_sync(ALL_LANES, weight, from + group.own);
      const float offOfRow = __shfl_sync(ALL_LANES, off, from + group.own);
      if (at != NO_KEY) {
        group.add(weighted, ofRow * offOfRow, key + (size_t) at * D);
        group.add(plain, ofRow, key + (size_t) at * D);
      }
    }
  }
};

template <int N, int PIECES, class T>
__device__ __forceinline__ void queryGradient(
    const T *__restrict__ query,
    const T *__restrict__ key,
    const T *__restrict__ value,
    const T *__restrict__ ofContext,
    const unsigned *__restrict__ kept,
    const float *__restrict__ gates,
    const int *__restrict__ rank,
    const int *__restrict__ position,
    const float *__restrict__ k,
    Known *__restrict__ known,
    float *__restrict__ ofGates,
    float *__restrict__ ofQuery,
    const SeaAxes &axes,
    const SeaKeyRule &rule,
    float scale,
    int scaled) {
  const int t = blockIdx.x * NEIGHBOURS + warpOf();
  if (t >= axes.T) {
    return;
  }
  const size_t head = blockIdx.y;
  const size_t sequence = head / axes.H;
  const size_t first = head * axes.T * axes.D;
  const size_t own = first + (size_t) t * axes.D;
  const int words = ceilDiv(axes.M, WARP);
  const SeenKeys seen{
      rule,
      *k,
      position == nullptr ? nullptr : position + sequence * axes.T,
      rank == nullptr ? t + 1 : rank[sequence * axes.T + t],
      axes.M};

  float alongAverage = 0.0f; // dout·average
  for (int d = laneOf(); d < axes.D; d += WARP) {
    alongAverage = fmaf(toFloat(ofContext[own + d]), ofQuery[own + d], alongAverage);
  }
  alongAverage = sumOver<WARP>(alongAverage);

  QueryGradient<T, N, PIECES> sums(
      query + own, ofContext + own, key + first, value + first, axes.D, scale);
  eachKept(kept + (head * axes.T + t) * words, words, seen, [&](int at, int count) {
    sums.attend(at, count);
  });

  const float *opened = gates + (head * axes.R + t / axes.n) * 2;
  const float gate = scaled ? opened[0] : 1.0f;
  const float beta = opened[1];
  const float total = sumOver<WARP>(sums.sum);
  const float off = total == 0.0f ? 0.0f : sumOver<WARP>(sums.along) / total;
  const float along = sums.reference + off;
  const float share = total == 0.0f ? 0.0f : gate * beta / total;
  const float factor = scale * share;
#pragma unroll
  for (int p = 0; p < PIECES; p++) {
#pragma unroll
    for (int i = 0; i < N; i++) {
      sums.weighted.of[p][i] = factor * fmaf(-off, sums.plain.of[p][i], sums.weighted.of[p][i]);
    }
  }
  __syncwarp(); // the average is read
  writeSums(sums.group, sums.weighted, ofQuery + own);
  if (laneOf() == 0) {
    known[head * axes.T + t] = {total == 0.0f ? 0.0f : sums.greatest, share, along, seen.L};
    float *of = ofGates + (head * axes.T + t) * 2;
    of[0] = scaled ? beta * along * gate * (1.0f - gate) : 0.0f;
    of[1] = (gate * along - alongAverage) * beta * (1.0f - beta);
  }
}

/* The queries that see a key under one column: those from … end − 1. */
struct Watchers {
  int from;
  int end;
};

/* The columns that are over one key as the queries go by: one, if all of them see all keys. */
struct ColumnsOfKey {
  SeenKeys seen; // of nobody: L is set to whoever asks
  int rank; // of the key, from 1 on
  int all; // real keys of the sequence
  int T;
  bool around; // whether every query sees all keys

  /* The column over the key in the eyes of the first that sees it; it falls to that of the last. */
  __device__ __forceinline__ int highest() const { return column(around ? all : rank); }

  __device__ __forceinline__ int column(int L) const {
    SeenKeys by = seen;
    by.L = L;
    return by.column(rank);
  }

  /* The lowest L at which the key's column is at most this one; all + 1 if there is none. */
  __device__ __forceinline__ int firstLength(int column) const {
    const float near = ((float) rank - 0.5f) / ((float) column + 1.0f + TIE) * (float) seen.M;
    int L = max(rank, near < (float) all ? (int) near : all);
    while (L > rank && this->column(L - 1) <= column) {
      L--;
    }
    while (L <= all && this->column(L) > column) {
      L++;
    }
    return L;
  }

  /* The first query that sees L keys; behind the last if there is none. */
  __device__ __forceinline__ int query(int L) const {
    return L > all ? T : seen.position == nullptr ? L - 1 : seen.position[L - 1];
  }

  __device__ __forceinline__ Watchers watchers(int column) const {
    if (around) {
      return {0, T};
    }
    return {query(firstLength(column)), query(firstLength(column - 1))};
  }

  /* Whether a query of L keys that keeps this column attends to the key at a position. */
  __device__ __forceinline__ bool remains(int ofColumn, int L, int at) const {
    SeenKeys by = seen;
    by.L = L;
    if (by.rule.oversample != 1.0f && !by.remains(at)) {
      return false;
    }
    if (!by.rule.atMostK) {
      return true;
    }
    const KeyRun run = by.run(ofColumn); // by distance from the last: the i-th is at ⌊i·step⌋
    const float distance = __fadd_rn(run.last, -(float) rank);
    const float nearest = ceilf(__fdiv_rn(distance, run.step));
    for (int off = -1; off <= 1; off++) {
      const float i = __fadd_rn(nearest, (float) off);
      if (i >= 0.0f && i < (float) run.count && floorf(__fmul_rn(i, run.step)) == distance) {
        return true;
      }
    }
    return false;
  }
};

/* The place of the n-th bit that is set, n from 0 on. */
__device__ __forceinline__ int placeOfBit(unsigned bits, int n) {
  int place = 0;
  for (int half = WARP / 2; half > 0; half /= 2) {
    const int below = __popc(bits >> place & ((1u << half) - 1));
    if (n >= below) {
      n -= below;
      place += half;
    }
  }
  return place;
}

/*
 * Calls each(query, column, count) with the queries that keep the column that is over a key, 32 at a
 * time or fewer: every lane's own. All lanes of a warp together.
 *
 *   transposed  [M, ⌈T/32⌉] words
 */
template <class Each>
__device__ __forceinline__ void eachWatcher(
    const unsigned *transposed, const ColumnsOfKey &columns, Each each) {
  const int words = ceilDiv(columns.T, WARP);
  const int last = columns.column(columns.all);
  for (int first = columns.highest(); first >= last; first -= WARP) {
    const int column = first - laneOf();
    const Watchers own = column >= last ? columns.watchers(column) : Watchers{0, 0};
    const Listing spans(own.end > own.from ? ceilDiv(own.end, WARP) - own.from / WARP : 0);
    for (int from = 0; from < spans.total; from += WARP) {
      const int span = from + laneOf();
      const int owner = spans.owner(span);
      const int start = __shfl_sync(ALL_LANES, own.from, owner);
      const int end = __shfl_sync(ALL_LANES, own.end, owner);
      const int ofSpan = __shfl_sync(ALL_LANES, column, owner);
      const int word = start / WARP + spans.place(span, owner);
      unsigned bits = 0;
      if (span < spans.total) {
        const int begin = word * WARP;
        bits = transposed[(size_t) ofSpan * words + word];
        bits &= start > begin ? ALL_LANES << (start - begin) : ALL_LANES;
        bits &= end < begin + WARP ? ~(ALL_LANES << (end - begin)) : ALL_LANES;
      }
      const Listing queries(__popc(bits));
      for (int of = 0; of < queries.total; of += WARP) {
        const int query = of + laneOf();
        const int holder = queries.owner(query);
        const unsigned held = __shfl_sync(ALL_LANES, bits, holder);
        const int heldWord = __shfl_sync(ALL_LANES, word, holder);
        const int heldColumn = __shfl_sync(ALL_LANES, ofSpan, holder);
        const int place = queries.place(query, holder);
        const int t =
            query < queries.total ? heldWord * WARP + placeOfBit(held, place) : NO_QUERY;
        each(t, heldColumn, min(WARP, queries.total - of));
      }
    }
  }
}

template <int N, int PIECES, class T>
__device__ __forceinline__ void keyGradient(
    const T *__restrict__ query,
    const T *__restrict__ key,
    const T *__restrict__ value,
    const T *__restrict__ ofContext,
    const unsigned *__restrict__ transposed,
    const Known *__restrict__ known,
    const int *__restrict__ rank,
    const int *__restrict__ position,
    const float *__restrict__ k,
    float *__restrict__ ofKey,
    float *__restrict__ ofValue,
    const SeaAxes &axes,
    const SeaKeyRule &rule,
    float scale,
    bool around) {
  const int j = blockIdx.x * NEIGHBOURS + warpOf();
  if (j >= axes.T) {
    return;
  }
  const size_t head = blockIdx.y;
  const size_t sequence = head / axes.H;
  const size_t first = head * axes.T * axes.D;
  const size_t own = first + (size_t) j * axes.D;
  const int *ranks = rank == nullptr ? nullptr : rank + sequence * axes.T;
  const bool real = ranks == nullptr || ranks[j] > (j == 0 ? 0 : ranks[j - 1]);
  const ColumnsOfKey columns{
      {rule, *k, position == nullptr ? nullptr : position + sequence * axes.T, 0, axes.M},
      ranks == nullptr ? j + 1 : ranks[j],
      ranks == nullptr ? axes.T : ranks[axes.T - 1],
      axes.T,
      around};

  const Group<T, N, PIECES> group(axes.D);
  Part<N, PIECES> scaledKey, ownValue, keySums, valueSums;
  scaledKey.clear();
  ownValue.clear();
  keySums.clear();
  valueSums.clear();
  group.add(scaledKey, scale, key + own);
  group.add(ownValue, 1.0f, value + own);
  if (real) {
    eachWatcher(
        transposed + head * axes.M * ceilDiv(axes.T, WARP), columns,
        [&](int found, int column, int count) {
          Known by{0, 0, 0, 0};
          if (found != NO_QUERY) {
            by = known[head * axes.T + found];
          }
          const int t =
              found != NO_QUERY && columns.remains(column, by.seen, j) ? found : NO_QUERY;
          const float score = products(group, scaledKey, query + first, axes.D, t, count);
          const float along = products(group, ownValue, ofContext + first, axes.D, t, count);
          const float weight = t == NO_QUERY ? 0.0f : by.share * expf(score - by.greatest);
          const float ofScore = scale * weight * (along - by.along);
          for (int from = 0; from < count; from += group.rows()) {
            const int at = __shfl_sync(ALL_LANES, t, from + group.own);
            const float ofRow = __shfl_sync(ALL_LANES, weight, from + group.own);
            const float scoreOfRow = __shfl_sync(ALL_LANES, ofScore, from + group.own);
            if (at != NO_QUERY) {
              group.add(keySums, scoreOfRow, query + first + (size_t) at * axes.D);
              group.add(valueSums, ofRow, ofContext + first + (size_t) at * axes.D);
            }
          }
        });
  }
  writeSums(group, keySums, ofKey + own);
  writeSums(group, valueSums, ofValue + own);
}

#define SEA_ATTENTION_BACK(SUFFIX, T, N, PIECES)                                                   \
  extern "C" __global__ void __launch_bounds__(NEIGHBOURS *WARP) seaQueryGradient##SUFFIX##_##T(   \
      const T *query, const T *key, const T *value, const T *ofContext, const unsigned *kept,      \
      const float *gates, const int *rank, const int *position, const float *k, Known *known,      \
      float *ofGates, float *ofQuery, SeaAxes axes, SeaKeyRule rule, float scale, int scaled) {    \
    queryGradient<N, PIECES>(query, key, value, ofContext, kept, gates, rank, position, k, known,  \
                             ofGates, ofQuery, axes, rule, scale, scaled);                         \
  }                                                                                                \
  EXPORT(seaQueryGradient##SUFFIX##_##T);                                                          \
  extern "C" __global__ void __launch_bounds__(NEIGHBOURS *WARP) seaKeyGradient##SUFFIX##_##T(     \
      const T *query, const T *key, const T *value, const T *ofContext,                            \
      const unsigned *transposed, const Known *known, const int *rank, const int *position,        \
      const float *k, float *ofKey, float *ofValue, SeaAxes axes, SeaKeyRule rule, float scale,    \
      int around) {                                                                                \
    keyGradient<N, PIECES>(query, key, value, ofContext, transposed, known, rank, position, k,     \
                           ofKey, ofValue, axes, rule, scale, around != 0);                        \
  }                                                                                                \
  EXPORT(seaKeyGradient##SUFFIX##_##T)

SEA_ATTENTION_BACK(, float, 4, 2);
SEA_ATTENTION_BACK(, f16, 8, 1);
SEA_ATTENTION_BACK(, bf16, 8, 1);
SEA_ATTENTION_BACK(Narrow, float, 1, 8);
SEA_ATTENTION_BACK(Narrow, f16, 1, 8);
SEA_ATTENTION_BACK(Narrow, bf16, 1, 8);
