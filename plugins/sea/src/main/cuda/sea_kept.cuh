/*
 * What attention to kept keys is made of, forward and back: rows that the lanes of a warp share,
 * and lists whose lengths only a GPU knows, which are never written down.
 */
#pragma once

#include "sea_keys.cuh"

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

/*
 * Lanes with a count of things each, as one list in the order of lanes. All lanes ask together.
 */
struct Listing {
  int end; // of this lane's things in the list
  int start;
  int total;

  __device__ __forceinline__ explicit Listing(int count) {
    end = sumSoFar(count);
    start = end - count;
    total = __shfl_sync(ALL_LANES, end, WARP - 1);
  }

  /* Whose a thing is: the first lane's whose things end after it. */
  __device__ __forceinline__ int owner(int thing) const {
    int owner = 0;
    for (int off = WARP / 2; off > 0; off /= 2) {
      const int passed = __shfl_sync(ALL_LANES, end, owner + off - 1);
      owner += passed <= thing ? off : 0;
    }
    return owner;
  }

  /* Which of its owner's things it is. */
  __device__ __forceinline__ int place(int thing, int owner) const {
    return thing - __shfl_sync(ALL_LANES, start, owner);
  }
};

/*
 * Calls each(key, count) with the keys of a query, 32 at a time or fewer: every lane's own, which
 * is NO_KEY if it is dropped. Keys ascend over lanes and calls. All lanes of a warp together.
 *
 *   bits  of the kept columns, in so many words
 */
template <class Each>
__device__ __forceinline__ void eachKept(
    const unsigned *bits, int words, const SeenKeys &seen, Each each) {
  for (int word = 0; word < words; word++) {
    if (bits[word] == 0) {
      continue;
    }
    KeyRun run{0, 0, 0, 0, 0};
    if (bits[word] >> laneOf() & 1) {
      run = seen.run(word * WARP + laneOf());
    }
    const Listing candidates(run.count);
    for (int from = 0; from < candidates.total; from += WARP) {
      const int candidate = from + laneOf();
      const int owner = candidates.owner(candidate);
      const KeyRun ofOwner{
          __shfl_sync(ALL_LANES, run.from, owner),
          __shfl_sync(ALL_LANES, run.to, owner),
          __shfl_sync(ALL_LANES, run.count, owner),
          __shfl_sync(ALL_LANES, run.last, owner),
          __shfl_sync(ALL_LANES, run.step, owner)};
      const int fromFirst = candidates.place(candidate, owner);
      const int place = seen.rule.atMostK ? ofOwner.count - 1 - fromFirst : fromFirst;
      const int at = candidate < candidates.total ? seen.key(ofOwner, place) : NO_KEY;
      each(at, min(WARP, candidates.total - from));
    }
  }
}
