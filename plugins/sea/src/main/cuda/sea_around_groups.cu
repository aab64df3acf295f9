/*
 * The columns of the estimate that are worth an exact look, where all queries of a head share the
 * places, J = 1, or those of all J = H heads of a sequence. No block can hold the weights of such a
 * group, so the last one that is kept is found by histograms in global memory, four times:
 *
 *   seaAroundCount     of every group, the next 8 bits of those that share the bits so far, added up
 *                      in shared memory and then by atomics, exact as they are of whole numbers
 *   seaAroundChoose    the next 8 bits of the last one kept
 *
 * before them seaAroundBegin, which says how many are kept, and behind them
 *
 *   seaAroundEquals    how many weights equal the last one, in every 32 queries
 *   seaAroundRanks     how many do so in the group before them
 *   seaAroundKeep      what is greater, and of what is equal the first
 *
 *   weights    [B, R, H, M], not negative     row r serves n queries
 *   counted    [B, T]   L; 0 for padding      seen     [B, T]   L       k   one number
 *   groups     [B, H/J] of Group              histogram  [B, H/J, 256] in 64 bits
 *   equals     [B, H, ⌈T/32⌉] in 64 bits
 *   kept       [B, H, T, ⌈M/32⌉] words        bit m of a row's words says that column m is kept
 *
 * A group keeps max(1, rint(L·J·(columns/L))) of J·T·M, in float32 and rounded half to even, where
 * columns = k·o·M with o the oversampling. Padded queries compete with zeros, and may win if there are
 * more places than weights above zero. Of equal ones the first: heads in order, then queries, then
 * columns.
 *
 * Floor of a query and head, n = 1: six times 4·M bytes in, of which most is in L2 if a sequence's
 * weights are, and M/8 out; bound by bandwidth. Reference: KeptCount.java, KeptOfGroup.java.
 */
#include "sea_cut.cuh"
#include "sea_served.cuh"

using Whole = unsigned long long; // numbers of columns of all queries

constexpr int ROWS = 64; // that a block counts
constexpr int COPIES = 8; // of its histogram, for neighbouring lanes: most weights share a digit

/* Weights that compete with one another, in 16 bytes. */
struct Group {
  Whole wanted; // of those that share the bits known so far
  unsigned threshold; // those bits
  int unused;
};

/* grid (B·H/J), block a multiple of 32 */
extern "C" __global__ void seaAroundBegin(
    const int *__restrict__ seen,
    Group *__restrict__ groups,
    Whole *__restrict__ histogram,
    SeaAxes axes,
    const float *__restrict__ k,
    double oversample,
    int joint) {
  for (int i = threadIdx.x; i < DIGITS; i += blockDim.x) {
    histogram[(size_t) blockIdx.x * DIGITS + i] = 0;
  }
  if (threadIdx.x == 0) {
    const size_t sequence = blockIdx.x / (axes.H / joint);
    const float keys = (float) max(seen[sequence * axes.T], 1);
    const float each = __fdiv_rn(columnsOf(k, oversample, axes.M), keys);
    const float count = fmaxf(rintf(__fmul_rn(__fmul_rn(keys, (float) joint), each)), 1.0f);
    const Whole competing = (Whole) joint * axes.T * axes.M;
    groups[blockIdx.x] = {count < (float) competing ? (Whole) count : competing, 0, 0};
  }
}
EXPORT(seaAroundBegin);

/* grid (⌈R/64⌉, H, B) */
extern "C" __global__ void seaAroundCount(
    const float *__restrict__ weights,
    const int *__restrict__ counted,
    const Group *__restrict__ groups,
    Whole *__restrict__ histogram,
    SeaAxes axes,
    int joint,
    int shift) {
  __shared__ int served[ROWS];
  __shared__ int own[DIGITS * COPIES];
  const int first = blockIdx.x * ROWS;
  const int rows = min(ROWS, axes.R - first);
  const size_t group = ((size_t) blockIdx.z * axes.H + blockIdx.y) / joint;
  const unsigned threshold = groups[group].threshold;
  const unsigned known = shift + DIGIT_BITS < 32 ? ~0u << (shift + DIGIT_BITS) : 0;
  for (int i = threadIdx.x; i < DIGITS * COPIES; i += blockDim.x) {
    own[i] = 0;
  }
  countServed(served, counted + (size_t) blockIdx.z * axes.T, first, rows, axes);
  const unsigned *bits = (const unsigned *) weights;
  for (int i = threadIdx.x; i < rows * axes.M; i += blockDim.x) {
    const int r = i / axes.M;
    const size_t row = (size_t) blockIdx.z * axes.R + first + r;
    const unsigned of = bits[(row * axes.H + blockIdx.y) * axes.M + i % axes.M];
    if (served[r] > 0 && (of & known) == threshold) {
      const unsigned digit = of >> shift & (DIGITS - 1);
      atomicAdd(&own[digit * COPIES + laneOf() % COPIES], served[r]);
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < DIGITS; i += blockDim.x) {
    Whole count = 0;
    for (int copy = 0; copy < COPIES; copy++) {
      count += own[i * COPIES + copy];
    }
    if (count > 0) {
      atomicAdd(&histogram[group * DIGITS + i], count);
    }
  }
}
EXPORT(seaAroundCount);

/* grid (B·H/J), one warp */
extern "C" __global__ void seaAroundChoose(
    const int *__restrict__ seen,
    Group *__restrict__ groups,
    Whole *__restrict__ histogram,
    SeaAxes axes,
    int joint,
    int shift) {
  __shared__ unsigned digit;
  __shared__ Whole ofDigit;
  Whole *own = histogram + (size_t) blockIdx.x * DIGITS;
  Group *group = groups + blockIdx.x;
  if (laneOf() == 0 && group->threshold == 0) {
    const size_t sequence = blockIdx.x / (axes.H / joint);
    own[0] += (Whole) (axes.T - seen[sequence * axes.T]) * axes.M * joint; // the zeros of padding
  }
  __syncwarp();
  findDigit(own, group->wanted, &digit, &ofDigit);
  __syncwarp();
  for (int i = laneOf(); i < DIGITS; i += WARP) {
    own[i] = 0; // for the next digit
  }
  if (laneOf() == 0) {
    group->threshold |= digit << shift;
    group->wanted = ofDigit;
  }
}
EXPORT(seaAroundChoose);

/* The weights of one head's columns, 32 at a time, of 32 queries one after the other; by a warp. */
struct Queries {
  const unsigned *bits; // of weights
  const int *counted; // [T]
  SeaAxes axes;
  int sequence;
  int head;
  int first;

  __device__ __forceinline__ int end() const { return min(first + WARP, axes.T); }

  /* That of this lane, if the column is there; zero for padding. */
  __device__ __forceinline__ unsigned weight(int t, int column) const {
    const size_t row = (size_t) sequence * axes.R + t / axes.n;
    return column < axes.M && counted[t] != 0 ? bits[(row * axes.H + head) * axes.M + column] : 0;
  }
};

/* The queries of this warp; none, if there are none left. Grid (⌈T/32/warps of a block⌉, H, B). */
__device__ __forceinline__ Queries queriesOf(
    const float *weights, const int *counted, const SeaAxes &axes) {
  return {
      (const unsigned *) weights,
      counted + (size_t) blockIdx.z * axes.T,
      axes,
      (int) blockIdx.z,
      (int) blockIdx.y,
      (int) (blockIdx.x * warpsOfBlock() + warpOf()) * WARP};
}

/* Where [B, H, ⌈T/32⌉] has those queries. */
__device__ __forceinline__ size_t placeOf(const Queries &queries) {
  const SeaAxes &axes = queries.axes;
  return ((size_t) queries.sequence * axes.H + queries.head) * ceilDiv(axes.T, WARP)
      + queries.first / WARP;
}

extern "C" __global__ void seaAroundEquals(
    const float *__restrict__ weights,
    const int *__restrict__ counted,
    const Group *__restrict__ groups,
    Whole *__restrict__ equals,
    SeaAxes axes,
    int joint) {
  const Queries queries = queriesOf(weights, counted, axes);
  if (queries.first >= axes.T) {
    return;
  }
  const unsigned threshold = groups[(queries.sequence * axes.H + queries.head) / joint].threshold;
  int own = 0; // of this lane
  for (int t = queries.first; t < queries.end(); t++) {
    for (int column = laneOf(); column < axes.M; column += WARP) {
      own += queries.weight(t, column) == threshold;
    }
  }
  const int all = sumSoFar(own);
  if (laneOf() == WARP - 1) {
    equals[placeOf(queries)] = all;
  }
}
EXPORT(seaAroundEquals);

/* grid (B·H/J), block a multiple of 32, at most 1,024 */
extern "C" __global__ void seaAroundRanks(Whole *equals, SeaAxes axes, int joint) {
  __shared__ Whole ofWarp[WARP];
  const int count = joint * ceilDiv(axes.T, WARP);
  Whole *ofGroup = equals + (size_t) blockIdx.x * count;
  Whole before = 0; // in all places before
  for (int from = 0; from < count; from += blockDim.x) {
    const int at = from + threadIdx.x;
    const Whole own = at < count ? ofGroup[at] : 0;
    Whole soFar = sumSoFar(own);
    if (laneOf() == WARP - 1) {
      ofWarp[warpOf()] = soFar;
    }
    __syncthreads();
    soFar += before;
    for (int warp = 0; warp < warpsOfBlock(); warp++) {
      soFar += warp < warpOf() ? ofWarp[warp] : 0;
      before += ofWarp[warp];
    }
    if (at < count) {
      ofGroup[at] = soFar - own;
    }
    __syncthreads(); // before the next overwrite the warps' sums
  }
}
EXPORT(seaAroundRanks);

extern "C" __global__ void seaAroundKeep(
    const float *__restrict__ weights,
    const int *__restrict__ counted,
    const Group *__restrict__ groups,
    const Whole *__restrict__ equals,
    unsigned *__restrict__ kept,
    SeaAxes axes,
    int joint) {
  const Queries queries = queriesOf(weights, counted, axes);
  if (queries.first >= axes.T) {
    return;
  }
  const Group group = groups[(queries.sequence * axes.H + queries.head) / joint];
  const int words = (axes.M + WARP - 1) / WARP;
  const size_t head = (size_t) queries.sequence * axes.H + queries.head;
  Whole before = equals[placeOf(queries)];
  for (int t = queries.first; t < queries.end(); t++) {
    for (int word = 0; word < words; word++) {
      const int column = word * WARP + laneOf();
      const unsigned own = queries.weight(t, column);
      const bool ties = column < axes.M && own == group.threshold;
      const unsigned allTies = __ballot_sync(ALL_LANES, ties);
      const bool first = before + __popc(allTies & ((1u << laneOf()) - 1)) < group.wanted;
      const bool greater = column < axes.M && own > group.threshold;
      const unsigned result = __ballot_sync(ALL_LANES, greater || (ties && first));
      if (laneOf() == 0) {
        kept[(head * axes.T + t) * words + word] = result;
      }
      before += __popc(allTies);
    }
  }
}
EXPORT(seaAroundKeep);
