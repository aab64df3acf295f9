/*
 * The columns of the estimate that are worth an exact look: of every query the greatest, exactly,
 * among the columns of J = H heads together, or of every head by itself where J = 1.
 *
 *   weights  [B, R, H, M], not negative         rank  [B, T] or null      k  one number
 *   kept     [B, H, T, ⌈M/32⌉] words            bit m of a row's words says that column m is kept
 *   grid     (T, H/J, B)                        block a multiple of 32
 *   shared   4·J·⌈M/32⌉ bytes, and 4·J·M more if the weights are to be held
 *
 * Query t, behind `before` positions that were decoded earlier and are not among T, keeps
 * max(1, rint(columns/(before + t + 1)·J)) of J·M columns, in float32 and rounded half to even,
 * where columns = k·o·M, rounded from float64 with o the oversampling. Of equal weights the first
 * are kept, heads in order. A query that sees no key keeps none.
 *
 * Floats above zero are ordered like their bits, so the k-th greatest is found digit by digit, the
 * leading 8 bits first: a histogram of those that share the digits so far says which digit comes
 * next. What is greater than it is kept, and of what is equal as many as there is room for.
 *
 * Floor of a query and head: 4·M bytes in and M/8 out; four passes through shared memory, 16·M
 * bytes; bound by shared memory. Reference: KeptColumns.java.
 */
#include "sea_axes.cuh"

constexpr int DIGIT_BITS = 8;
constexpr int DIGITS = 1 << DIGIT_BITS;

/* How many of `competing` columns the query of a position keeps. */
__device__ __forceinline__ int keptCount(float columns, int position, int joint, int competing) {
  const float count = rintf(__fmul_rn(__fdiv_rn(columns, (float) (position + 1)), (float) joint));
  return count < 1.0f ? 1 : count < (float) competing ? (int) count : competing;
}

/*
 * Finds the greatest digit whose elements, with those above it, are at least `wanted`, and how many
 * are still wanted of its own. By one warp.
 */
__device__ __forceinline__ void findDigit(
    const int *histogram, int wanted, unsigned *digit, int *ofDigit) {
  constexpr int OF_LANE = DIGITS / WARP;
  const int greatest = DIGITS - 1 - laneOf() * OF_LANE; // of the digits of this lane
  int own = 0;
  for (int i = 0; i < OF_LANE; i++) {
    own += histogram[greatest - i];
  }
  int above = sumSoFar(own) - own;
  if (above < wanted && above + own >= wanted) { // true for one lane
    int i = 0;
    while (above + histogram[greatest - i] < wanted) {
      above += histogram[greatest - i++];
    }
    *digit = greatest - i;
    *ofDigit = wanted - above;
  }
}

extern "C" __global__ void seaCut(
    const float *__restrict__ weights,
    const int *__restrict__ rank,
    unsigned *__restrict__ kept,
    SeaAxes axes,
    const float *__restrict__ k,
    double oversample,
    int joint,
    int held,
    int before) {
  DYNAMIC_SHARED(int, equals); // of every word [J, ⌈M/32⌉]; then of all words before it
  __shared__ int histogram[DIGITS];
  __shared__ unsigned digit;
  __shared__ int ofDigit;
  const int t = blockIdx.x;
  const int firstHead = blockIdx.y * joint;
  const int sequence = blockIdx.z;
  const int words = (axes.M + WARP - 1) / WARP;
  const int competing = joint * axes.M;
  const unsigned *bits = (const unsigned *)(weights
      + (((size_t) sequence * axes.R + t / axes.n) * axes.H + firstHead) * axes.M);
  const bool sees = rank == nullptr || rank[(size_t) sequence * axes.T + t] > 0;
  const float columns = (float) (*k * oversample * axes.M);
  int wanted = keptCount(columns, before + t, joint, competing);

  if (held) {
    unsigned *copy = (unsigned *)(equals + joint * words);
    for (int i = threadIdx.x; i < competing; i += blockDim.x) {
      copy[i] = bits[i];
    }
    bits = copy;
  }
  unsigned threshold = 0; // the digits of the last one kept, as far as they are known
  unsigned known = 0; // which bits those are
  for (int shift = 32 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
    for (int i = threadIdx.x; i < DIGITS; i += blockDim.x) {
      histogram[i] = 0;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < competing; i += blockDim.x) {
      if ((bits[i] & known) == threshold) {
        atomicAdd(&histogram[bits[i] >> shift & (DIGITS - 1)], 1);
      }
    }
    __syncthreads();
    if (warpOf() == 0) {
      findDigit(histogram, wanted, &digit, &ofDigit);
    }
    __syncthreads();
    threshold |= digit << shift;
    known |= (unsigned) (DIGITS - 1) << shift;
    wanted = ofDigit; // in the end, of those that equal the threshold
  }

  const int warps = warpsOfBlock();
  for (int word = warpOf(); word < joint * words; word += warps) {
    const int column = word % words * WARP + laneOf();
    const bool there = column < axes.M;
    const unsigned own = there ? bits[word / words * axes.M + column] : 0;
    const unsigned ties = __ballot_sync(ALL_LANES, there && own == threshold);
    if (laneOf() == 0) {
      equals[word] = __popc(ties);
    }
  }
  __syncthreads();
  if (warpOf() == 0) {
    int before = 0;
    for (int from = 0; from < joint * words; from += WARP) {
      const int word = from + laneOf();
      const int own = word < joint * words ? equals[word] : 0;
      const int soFar = sumSoFar(own);
      if (word < joint * words) {
        equals[word] = before + soFar - own;
      }
      before += __shfl_sync(ALL_LANES, soFar, WARP - 1);
    }
  }
  __syncthreads();

  for (int word = warpOf(); word < joint * words; word += warps) {
    const int head = word / words;
    const int column = word % words * WARP + laneOf();
    const bool there = column < axes.M;
    const unsigned own = there ? bits[head * axes.M + column] : 0;
    const unsigned ties = __ballot_sync(ALL_LANES, there && own == threshold);
    const int tiesBefore = equals[word] + __popc(ties & ((1u << laneOf()) - 1));
    const bool keeps =
        there && sees && (own > threshold || (own == threshold && tiesBefore < wanted));
    const unsigned result = __ballot_sync(ALL_LANES, keeps);
    if (laneOf() == 0) {
      kept[(((size_t) sequence * axes.H + firstHead + head) * axes.T + t) * words + word % words] =
          result;
    }
  }
}
EXPORT(seaCut);
