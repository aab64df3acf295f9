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
 * How the greatest are found is said in sea_cut.cuh.
 *
 * Floor of a query and head: 4·M bytes in and M/8 out; four passes through shared memory, 16·M
 * bytes; bound by shared memory. Reference: KeptColumns.java.
 */
#include "sea_cut.cuh"

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
  DYNAMIC_SHARED(int, shared);
  const int t = blockIdx.x;
  const int firstHead = blockIdx.y * joint;
  const int sequence = blockIdx.z;
  const int words = (axes.M + WARP - 1) / WARP;
  const float *row =
      weights + (((size_t) sequence * axes.R + t / axes.n) * axes.H + firstHead) * axes.M;
  const bool sees = rank == nullptr || rank[(size_t) sequence * axes.T + t] > 0;
  keepGreatest(
      (const unsigned *) row,
      axes.M,
      joint,
      keptCount(columnsOf(k, oversample, axes.M), before + t + 1, joint, joint * axes.M),
      held,
      shared,
      [&](int word, unsigned bits) {
        const size_t head = (size_t) sequence * axes.H + firstHead + word / words;
        kept[(head * axes.T + t) * words + word % words] = sees ? bits : 0;
      });
}
EXPORT(seaCut);
