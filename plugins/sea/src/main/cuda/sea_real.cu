/*
 * Where the real keys of padded sequences are.
 *
 *   real      [B, T]     one for real, zero for padding
 *   rank      [B, T]     real keys up to a position, itself included
 *   position  [B, T]     of every real key, by rank from 0 on; the rest is not written
 *   grid (B), block a multiple of 32, at most 1,024
 *
 * A block adds a sequence up, as many positions at a time as it has threads.
 *
 * Floor of a position: 12 bytes. Reference: RealPositions.java.
 */
#include "sea_axes.cuh"

extern "C" __global__ void seaRealKeys(
    const float *__restrict__ real,
    int *__restrict__ rank,
    int *__restrict__ position,
    SeaAxes axes) {
  __shared__ int ofWarp[WARP];
  const size_t sequence = (size_t) blockIdx.x * axes.T;
  const int warps = warpsOfBlock();
  int before = 0; // real keys of all positions before
  for (int from = 0; from < axes.T; from += blockDim.x) {
    const int at = from + threadIdx.x;
    const bool present = at < axes.T && real[sequence + at] != 0.0f;
    const unsigned ofLanes = __ballot_sync(ALL_LANES, present);
    if (laneOf() == 0) {
      ofWarp[warpOf()] = __popc(ofLanes);
    }
    __syncthreads();
    int count = before + __popc(ofLanes << (WARP - 1 - laneOf()));
    for (int warp = 0; warp < warps; warp++) {
      count += warp < warpOf() ? ofWarp[warp] : 0;
      before += ofWarp[warp];
    }
    if (at < axes.T) {
      rank[sequence + at] = count;
    }
    if (present) {
      position[sequence + count - 1] = at;
    }
    __syncthreads(); // before the next positions overwrite the warps' counts
  }
}
EXPORT(seaRealKeys);
