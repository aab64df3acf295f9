/*
 * What a run leaves behind for those who want to look: kept keys and their weights as compressed
 * sparse rows, one a query of a head, and the estimate as every query has it. Launched only when
 * somebody asks, after a way forward, whose scratch they read.
 *
 *   query, key   [B, H, T, D] as T              kept      [B, H, T, ⌈M/32⌉] words, a bit a column
 *   gates        [B, H, R, 2], gate, β          rank      [B, T], keys that a query sees, or null: t + 1
 *   position     [B, T] or null                 k         one number; scaled is 0 without a gate
 *   rows         [B·H·T + 1], 64 bits           columns   [entries], ascending within a row
 *   weights      [entries], gate·softmax of the scores: without β, and without the average
 *
 *   seaCsrCount     grid (⌈T/8⌉, B·H), 8 warps, one a query     rows[1 + row] = keys of the row
 *   seaCsrTiles     grid (⌈B·H·T/2,048⌉), 256                   sums [grid] of tiles of rows
 *   seaCsrScan      grid (1), 256                               sums become those of tiles before
 *   seaCsrRows      as seaCsrTiles                              rows[1 + row] = end of the row
 *   seaCsrFill      as seaCsrCount                              columns and weights
 *   seaCsrEstimate  grid (T, B·H), 128                          weights [B, R, H, M] to [B, H, T, M]
 *
 * Keys are looked up by the rules of the attention itself, so mask and attention cannot disagree.
 * A warp writes what 32 columns give side by side. All sums that say where something goes are of
 * whole numbers: the order of threads shows nowhere.
 *
 * Floor of a query and head that keeps K keys: M/4 + 40 bytes for its row, 4·D·K bytes of keys in
 * f32 from L2, 16·K of entries, 2·D·K FLOP: bound by bandwidth, at half the cost of the attention.
 * Reference: SeaLayer.java (probes kept, sparse-attention, estimated-attention).
 */
#include "sea_axes.cuh"
#include "sea_kept.cuh"

using RowEnd = long long; // entries of all rows may be more than 2³¹

constexpr int QUERIES = 8; // of a block
constexpr int TILE_ROWS = 2048; // that a block of 256 threads adds up
constexpr int KEYS_AT_ONCE = 4; // rows of keys that a warp has under way
constexpr int LONGEST_ROW = 256; // D

/* What decides which keys a query kept. */
struct KeptOf {
  const unsigned *__restrict__ kept;
  const int *__restrict__ rank;
  const int *__restrict__ position;
  const float *__restrict__ k;
  SeaAxes axes;
  SeaKeyRule rule;

  /*
   * Calls each(key) for all keys of query t of a head, 32 at a time, with NO_KEY in lanes that have
   * none; keys ascend over lanes and calls. By a whole warp.
   */
  template <class Each>
  __device__ __forceinline__ void each(size_t head, int t, Each each) const {
    const size_t sequence = head / axes.H;
    const int words = (axes.M + WARP - 1) / WARP;
    const unsigned *bits = kept + (head * axes.T + t) * words;
    const SeenKeys seen{
        rule,
        *k,
        position == nullptr ? nullptr : position + sequence * axes.T,
        rank == nullptr ? t + 1 : rank[sequence * axes.T + t],
        axes.M};
    eachKept(bits, words, seen, [&](int at, int) { each(at); });
  }
};

__device__ __forceinline__ unsigned lanesBefore() { return (1u << laneOf()) - 1; }

extern "C" __global__ void __launch_bounds__(QUERIES *WARP) seaCsrCount(
    const unsigned *kept,
    const int *rank,
    const int *position,
    const float *k,
    RowEnd *__restrict__ rows,
    SeaAxes axes,
    SeaKeyRule rule) {
  const int t = blockIdx.x * QUERIES + warpOf();
  if (t >= axes.T) {
    return;
  }
  int count = 0;
  KeptOf{kept, rank, position, k, axes, rule}.each(blockIdx.y, t, [&](int at) {
    count += __popc(__ballot_sync(ALL_LANES, at != NO_KEY));
  });
  if (laneOf() == 0) {
    rows[1 + (size_t) blockIdx.y * axes.T + t] = count;
  }
}
EXPORT(seaCsrCount);

/*
 * The sum over the threads of the block up to this one, itself included; `all` becomes that of all
 * of them. For a block of whole warps; `ofWarps` is shared, and free again after the call.
 */
__device__ __forceinline__ RowEnd sumSoFarOfBlock(RowEnd x, RowEnd *ofWarps, RowEnd *all) {
  for (int off = 1; off < WARP; off *= 2) {
    const RowEnd before = __shfl_up_sync(ALL_LANES, x, off);
    x += laneOf() >= off ? before : 0;
  }
  if (laneOf() == WARP - 1) {
    ofWarps[warpOf()] = x;
  }
  __syncthreads();
  *all = 0;
  for (int warp = 0; warp < warpsOfBlock(); warp++) {
    x += warp < warpOf() ? ofWarps[warp] : 0;
    *all += ofWarps[warp];
  }
  __syncthreads();
  return x;
}

extern "C" __global__ void seaCsrTiles(
    const RowEnd *__restrict__ rows, RowEnd *__restrict__ sums, RowEnd count) {
  __shared__ RowEnd ofWarps[WARP];
  const RowEnd first = (RowEnd) blockIdx.x * TILE_ROWS;
  RowEnd own = 0;
  for (int i = threadIdx.x; i < TILE_ROWS && first + i < count; i += blockDim.x) {
    own += rows[1 + first + i];
  }
  RowEnd all;
  sumSoFarOfBlock(own, ofWarps, &all);
  if (threadIdx.x == 0) {
    sums[blockIdx.x] = all;
  }
}
EXPORT(seaCsrTiles);

extern "C" __global__ void seaCsrScan(RowEnd *__restrict__ sums, int tiles) {
  __shared__ RowEnd ofWarps[WARP];
  RowEnd before = 0;
  for (int from = 0; from < tiles; from += blockDim.x) {
    const int tile = from + threadIdx.x;
    const RowEnd own = tile < tiles ? sums[tile] : 0;
    RowEnd all;
    const RowEnd soFar = sumSoFarOfBlock(own, ofWarps, &all);
    if (tile < tiles) {
      sums[tile] = before + soFar - own;
    }
    before += all;
  }
}
EXPORT(seaCsrScan);

extern "C" __global__ void seaCsrRows(
    RowEnd *__restrict__ rows, const RowEnd *__restrict__ sums, RowEnd count) {
  __shared__ RowEnd ofWarps[WARP];
  const RowEnd first = (RowEnd) blockIdx.x * TILE_ROWS;
  RowEnd before = sums[blockIdx.x];
  if (first + threadIdx.x == 0) {
    rows[0] = 0;
  }
  for (int from = 0; from < TILE_ROWS; from += blockDim.x) {
    const RowEnd row = first + from + threadIdx.x;
    RowEnd all;
    const RowEnd soFar = sumSoFarOfBlock(row < count ? rows[1 + row] : 0, ofWarps, &all);
    if (row < count) {
      rows[1 + row] = before + soFar;
    }
    before += all;
  }
}
EXPORT(seaCsrRows);

/* A query, D numbers over the lanes of a warp, and its products with keys. */
struct WarpQuery {
  static constexpr int OF_LANE = LONGEST_ROW / WARP;
  float of[OF_LANE];
  int D;

  template <class T>
  __device__ __forceinline__ WarpQuery(const T *__restrict__ query, float scale, int D) : D(D) {
#pragma unroll
    for (int i = 0; i < OF_LANE; i++) {
      const int d = i * WARP + laneOf();
      of[i] = d < D ? scale * toFloat(query[d]) : 0.0f;
    }
  }

  /* What this lane adds to the product. */
  template <class T>
  __device__ __forceinline__ float part(const T *__restrict__ key) const {
    float sum = 0.0f;
#pragma unroll
    for (int i = 0; i < OF_LANE; i++) {
      const int d = i * WARP + laneOf();
      if (d < D) {
        sum = fmaf(of[i], toFloat(key[d]), sum);
      }
    }
    return sum;
  }

  /* The product of the key that this lane has, with all lanes; those of `there` have one. */
  template <class T>
  __device__ __forceinline__ float score(const T *__restrict__ keys, int at, unsigned there) const {
    float score = -INFINITY;
    while (there != 0) {
      int owner[KEYS_AT_ONCE];
      float parts[KEYS_AT_ONCE];
#pragma unroll
      for (int i = 0; i < KEYS_AT_ONCE; i++) {
        owner[i] = __ffs((int) there) - 1; // -1 if none is left
        there &= there - 1;
        const int row = __shfl_sync(ALL_LANES, at, max(owner[i], 0));
        parts[i] = owner[i] < 0 ? 0.0f : part(keys + (size_t) row * D);
      }
#pragma unroll
      for (int i = 0; i < KEYS_AT_ONCE; i++) {
        const float product = sumOver<WARP>(parts[i]);
        score = laneOf() == owner[i] ? product : score;
      }
    }
    return score;
  }
};

template <class T>
__device__ __forceinline__ void fill(
    const T *__restrict__ query,
    const T *__restrict__ key,
    const KeptOf &keys,
    const float *__restrict__ gates,
    const RowEnd *__restrict__ rows,
    int *__restrict__ columns,
    float *__restrict__ weights,
    float scale,
    int scaled) {
  const SeaAxes &axes = keys.axes;
  const int t = blockIdx.x * QUERIES + warpOf();
  if (t >= axes.T) {
    return;
  }
  const size_t head = blockIdx.y;
  const size_t row = head * axes.T + t;
  const T *ofHead = key + head * axes.T * axes.D;
  const WarpQuery own(query + row * axes.D, scale, axes.D);
  columns += rows[row];
  weights += rows[row];

  int written = 0;
  float greatest = -INFINITY;
  float sum = 0.0f; // of the keys of this lane, as multiples of exp(greatest)
  keys.each(head, t, [&](int at) {
    const unsigned there = __ballot_sync(ALL_LANES, at != NO_KEY);
    if (there == 0) {
      return; // of all lanes at once
    }
    const float score = own.score(ofHead, at, there);
    const float next = fmaxf(greatest, greatestOver<WARP>(score));
    const float before = sum == 0.0f ? 0.0f : sum * expf(greatest - next); // NaN stays
    sum = before + (at == NO_KEY ? 0.0f : expf(score - next));
    greatest = next;
    if (at != NO_KEY) {
      const int place = written + __popc(there & lanesBefore());
      columns[place] = at;
      weights[place] = score;
    }
    written += __popc(there);
  });
  const float gate = scaled ? gates[(head * axes.R + t / axes.n) * 2] : 1.0f;
  const float factor = gate / sumOver<WARP>(sum); // unused without a key
  __syncwarp(); // scores are read by other lanes than wrote them
  for (int place = laneOf(); place < written; place += WARP) {
    weights[place] = expf(weights[place] - greatest) * factor;
  }
}

#define SEA_CSR_FILL(T)                                                                            \
  extern "C" __global__ void __launch_bounds__(QUERIES *WARP) seaCsrFill_##T(                      \
      const T *query, const T *key, const unsigned *kept, const float *gates, const int *rank,     \
      const int *position, const float *k, const RowEnd *rows, int *columns, float *weights,       \
      SeaAxes axes, SeaKeyRule rule, float scale, int scaled) {                                    \
    fill(query, key, KeptOf{kept, rank, position, k, axes, rule}, gates, rows, columns, weights,   \
         scale, scaled);                                                                           \
  }                                                                                                \
  EXPORT(seaCsrFill_##T)

SEA_CSR_FILL(float);
SEA_CSR_FILL(f16);
SEA_CSR_FILL(bf16);

extern "C" __global__ void seaCsrEstimate(
    const float *__restrict__ weights, float *__restrict__ estimate, SeaAxes axes) {
  const size_t t = blockIdx.x;
  const size_t head = blockIdx.y;
  const size_t row = (head / axes.H * axes.R + t / axes.n) * axes.H + head % axes.H;
  for (int m = threadIdx.x; m < axes.M; m += blockDim.x) {
    estimate[(head * axes.T + t) * axes.M + m] = weights[row * axes.M + m];
  }
}
EXPORT(seaCsrEstimate);
