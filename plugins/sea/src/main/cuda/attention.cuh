/* What the exact attentions share: which key a query sees, and where its numbers lie. */
#pragma once
#include <limits.h>

#include "device.cuh"

/* B is a dimension of the grid. In Java: AttentionSize. */
struct AttentionSize {
  int heads, kvHeads, queries, keys, headSize; // H, K, T, S, D; K divides H
  int causal;                                  // 0: every key is seen; 1: those not later
  float scale;                                 // of the logits, 1/√D as a rule

  /* The row [b, h, 0] of a [B, H, T, ·]. */
  __device__ size_t queryRow(int b, int h) const { return ((size_t)b * heads + h) * queries; }

  /* The row [b, k, 0] of a [B, K, S, ·], k being the key head of query head h. */
  __device__ size_t keyRow(int b, int h) const {
    return ((size_t)b * kvHeads + h / (heads / kvHeads)) * keys;
  }

  /* The first query that sees a key; no query is so far that it sees one that is not there, or is
   * hidden by real [B, S], which may be missing. */
  __device__ int firstSeeing(const float *real, int b, int key) const {
    bool hidden = key >= keys || (real != nullptr && real[(size_t)b * keys + key] == 0.0f);
    return hidden ? INT_MAX : causal ? key : 0;
  }

  /* One behind the last key that any of the queries before `query` sees. */
  __device__ int keysBefore(int query) const { return causal ? min(keys, query) : keys; }
};
