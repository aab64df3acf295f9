/*
 * Which keys stand under a column of the estimate in the eyes of one query, in the float32
 * arithmetic of the definition: every operation is rounded by itself, so that no multiplication melts
 * into an addition.
 *
 * The key of rank r, from 1 on, among the L that a query sees belongs to column
 * max(⌊(r − ½)/L·M − 1e-4⌋, 0). Ranks count real keys; without padding rank r is position r − 1.
 * So a column is a run of ranks, found near its place and settled by evaluating the formula.
 *
 * Two rules drop keys of a run. Thinning (o > 1, of o times too many columns) keeps one o-th of all
 * keys, evenly spaced by position. At most k: those at distances ⌊i·n/k⌋ from the last, i < k.
 * Reference: ColumnsToKeys.java, Thinning.java.
 */
#pragma once

#include "sea_axes.cuh"


constexpr float TIE = 1e-4f; // sends a key that lies between two columns to the lower one
constexpr int NO_KEY = -1;

/* What decides which keys of a column remain. */
struct SeaKeyRule {
  float oversample; // o
  int atMostK; // 1 if so
};

/* Candidates 0 … count − 1 for the keys under one column. */
struct KeyRun {
  int from; // the first rank
  int to; // one after the last
  int count;
  float last; // at most k: the column's border, from which distances count
  float step; // at most k
};

struct SeenKeys {
  SeaKeyRule rule;
  float k;
  const int *position; // [T], of every rank but from 0 on; null if none is padding
  int L;
  int M;

  __device__ __forceinline__ int column(int rank) const {
    const float part = __fdiv_rn(__fadd_rn((float) rank, -0.5f), (float) L);
    return max((int) floorf(__fadd_rn(__fmul_rn(part, (float) M), -TIE)), 0);
  }

  /* The lowest rank whose column is at least this one; L + 1 if there is none. */
  __device__ __forceinline__ int firstRank(int ofColumn) const {
    int rank = max(1, (int) ((long long) ofColumn * L / M));
    while (rank > 1 && column(rank - 1) >= ofColumn) {
      rank--;
    }
    while (rank <= L && column(rank) < ofColumn) {
      rank++;
    }
    return rank;
  }

  __device__ __forceinline__ KeyRun run(int ofColumn) const {
    KeyRun run;
    run.from = firstRank(ofColumn);
    run.to = firstRank(ofColumn + 1);
    run.count = run.to - run.from;
    run.last = run.step = 0;
    if (rule.atMostK && run.count > 0) {
      const float perColumn = __fdiv_rn((float) L, (float) M);
      const float begin = floorf(__fadd_rn(__fmul_rn((float) ofColumn, perColumn), 0.5f));
      run.last = floorf(__fadd_rn(__fmul_rn((float) (ofColumn + 1), perColumn), 0.5f));
      const float n = fmaxf(__fadd_rn(run.last, -begin), 1.0f);
      const float few = fminf(n, k);
      run.step = __fdiv_rn(n, few);
      run.count = (int) few;
    }
    return run;
  }

  /* The position of a candidate, or NO_KEY if it is dropped. */
  __device__ __forceinline__ int key(const KeyRun &run, int candidate) const {
    int rank = run.from + candidate;
    if (rule.atMostK) {
      rank = (int) __fadd_rn(run.last, -floorf(__fmul_rn((float) candidate, run.step)));
      if (rank < run.from || rank >= run.to) {
        return NO_KEY;
      }
    }
    const int at = position == nullptr ? rank - 1 : position[rank - 1];
    return rule.oversample == 1.0f || remains(at) ? at : NO_KEY;
  }

  /* Whether a position is one of the evenly spaced. */
  __device__ __forceinline__ bool remains(int at) const {
    const float most = rintf(__fmul_rn(k, rule.oversample));
    const float spacing = __fdiv_rn(fminf(fmaxf((float) L, k), most), k);
    const float places = fmaxf(rintf(__fdiv_rn((float) L, rule.oversample)), 1.0f);
    const float place = __fmul_rn(__fdiv_rn(__fadd_rn((float) at, 1.0f), (float) L), places);
    const float near = __fadd_rn(__fmul_rn(__fdiv_rn(1.0f, spacing), 0.5f), TIE);
    return fabsf(__fadd_rn(place, -rintf(place))) <= near;
  }
};
