/*
 * What a position sees and where it stands, without a causal mask: every query sees all L real keys.
 *
 *   rank    [B, T] or null    real keys up to a position, itself included; null if all are real
 *   counted [B, T]            L; 0 for padding, which is left out of estimate and values
 *   seen    [B, T]            L, for padding too: padded queries may attend
 *   place   [B, T]            where between 0 and D − 1 a position stands, that is between the first
 *                             real one and the last; −1 for padding
 *   grid (⌈T/blockDim⌉, B), a thread a position
 *
 * What causal stages read as the real keys up to a query are counted and seen here.
 *
 * Floor of a position: 16 bytes. Reference: Sight.java, BetweenEnds.java.
 */
#include "sea_axes.cuh"

extern "C" __global__ void seaAroundSight(
    const int *__restrict__ rank,
    int *__restrict__ counted,
    int *__restrict__ seen,
    float *__restrict__ place,
    SeaAxes axes) {
  const int t = blockIdx.x * blockDim.x + threadIdx.x;
  if (t >= axes.T) {
    return;
  }
  const size_t sequence = (size_t) blockIdx.y * axes.T;
  const int keys = rank == nullptr ? axes.T : rank[sequence + axes.T - 1];
  const int before = t == 0 ? 0 : rank == nullptr ? t : rank[sequence + t - 1];
  const bool real = rank == nullptr || rank[sequence + t] > before;
  const double along = (double) before / max(keys - 1, 1);
  counted[sequence + t] = real ? keys : 0;
  seen[sequence + t] = keys;
  place[sequence + t] = real ? (float) (along * (axes.D - 1)) : -1.0f;
}
EXPORT(seaAroundSight);
