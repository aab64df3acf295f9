/*
 * A convolution of 3 × 3 taps as a product of [pixels, 9·channels] with [9·channels, outputs], whose
 * left side is read from the shifted picture. Callers say how:
 *
 *   pixel(p, channel, tap)    what tap 0 … 8 of pixel p sees, zero outside of the picture
 *   weight(output, k)         k = 9·channel + tap
 *   write(p, output, sum)
 *   grid (⌈pixels/128⌉, ⌈outputs/32⌉, …), block PRODUCT_THREADS
 */
#pragma once

#include "sea_cores.cuh"

constexpr int TAPS = 9;

template <class Cores, class Pixel, class Weight, class Write>
__device__ __forceinline__ void convolve(
    int pixels, int channels, int outputs, Pixel pixel, Weight weight, Write write) {
  __shared__ typename Cores::template Tile<128, 32> tile;
  const int firstPixel = 128 * blockIdx.x;
  const int firstOutput = 32 * blockIdx.y;

  typename Cores::Sums sums;
  addProduct<Along::EDGE, Along::DEPTH>(
      sums,
      TAPS * channels,
      [&](int i, int k) {
        const int p = firstPixel + i;
        return p < pixels ? pixel(p, k / TAPS, k % TAPS) : 0.0f;
      },
      [&](int k, int j) {
        const int output = firstOutput + j;
        return output < outputs ? weight(output, k) : 0.0f;
      },
      tile);

  eachSum<32>(sums, [&](int i, int j, float sum) {
    const int p = firstPixel + i;
    const int output = firstOutput + j;
    if (p < pixels && output < outputs) {
      write(p, output, sum);
    }
  });
}
