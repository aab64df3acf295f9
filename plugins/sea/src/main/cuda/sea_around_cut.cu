/*
 * The columns of the estimate that are worth an exact look where every query sees L keys: of every
 * query the greatest by itself, as in sea_cut.cu, but of L keys instead of t + 1.
 *
 *   weights  [B, R, H, M], not negative         counted  [B, T]   L; 0 for padding, which keeps none
 *   kept     [B, H, T, ⌈M/32⌉] words            k        one number
 *   grid     (T, H/J, B)                        block    a multiple of 32
 *   shared   4·J·⌈M/32⌉ bytes, and 4·J·M more if the weights are to be held
 *
 * Floor of a query and head: 4·M bytes in and M/8 out; four passes through shared memory, 16·M
 * bytes; bound by shared memory. Reference: KeptCount.java, KeptOfQuery.java.
 */
#include "sea_cut.cuh"

extern "C" __global__ void seaAroundCut(
    const float *__restrict__ weights,
    const int *__restrict__ counted,
    unsigned *__restrict__ kept,
    SeaAxes axes,
    const float *__restrict__ k,
    double oversample,
    int joint,
    int held) {
  DYNAMIC_SHARED(int, shared);
  const int t = blockIdx.x;
  const int firstHead = blockIdx.y * joint;
  const int sequence = blockIdx.z;
  const int words = (axes.M + WARP - 1) / WARP;
  const float *row =
      weights + (((size_t) sequence * axes.R + t / axes.n) * axes.H + firstHead) * axes.M;
  const int keys = counted[(size_t) sequence * axes.T + t];
  keepGreatest(
      (const unsigned *) row,
      axes.M,
      joint,
      keptCount(columnsOf(k, oversample, axes.M), max(keys, 1), joint, joint * axes.M),
      held,
      shared,
      [&](int word, unsigned bits) {
        const size_t head = (size_t) sequence * axes.H + firstHead + word / words;
        kept[(head * axes.T + t) * words + word % words] = keys > 0 ? bits : 0;
      });
}
EXPORT(seaAroundCut);
