/*
 * The picture of the attention matrix where a query may look around: the strips of all heads, halved,
 * refined and joined by convolutions of 3 × 3 neighbours, zero outside, stretched to every row and M
 * columns, and made weights.
 *
 *   seaAroundHalve     ReLU(conv + b) at every second row: P = ⌈R/2⌉ rows
 *   seaAroundRefine    ReLU(conv + b)
 *   seaAroundJoin      conv of every row twice, a picture a head: 2P rows
 *   seaAroundWeights   softmax(stretch(joined))
 *
 *   strips   [B, 2H, R, 2W]      strips 2c and 2c + 1 side by side; four a head, 4H channels
 *   halved   [B, 4H, P, W]       refined  [B, 4H, P, W]       joined   [B, H, 2P, W]
 *   halve, refine  [4H, 4H, 3, 3]       join  [H, 4H, 3, 3]       weights  [B, R, H, M]
 *
 * A doubled row is not written: its even and odd rows see halved rows p − 1 … p + 1 with two rows of
 * the kernel added up, so joining is a convolution of P rows to 2H channels. Its bias is the same for
 * all columns of a head, and the softmax takes it away.
 *
 * Where R is odd, R + 1 joined rows are squeezed to R: row r blends its own and the next one, pixel
 * centres aligned, as are columns.
 *
 * Floor of a row, H = 12, M = 128, W = 64: two convolutions W·(4H)²·9·2 = 2.7 MFLOP, one every second
 * row, and joining 0.7 MFLOP; pictures 1 + 4·½ + 2 times and weights once, 4·(4·4H·W + H·M) = 55 KB:
 * bound by arithmetic in f32. Reference: PaintedRows.java, AroundWeights.java.
 */
#include "sea_convolution.cuh"
#include "sea_row.cuh"

__device__ __forceinline__ int pairsOf(const SeaAxes &axes) { return ceilDiv(axes.R, 2); }

/* grid (⌈P·W/128⌉, ⌈4H/32⌉, B), block PRODUCT_THREADS, as the next */
template <class Cores>
__device__ __forceinline__ void halve(
    const float *__restrict__ strips,
    const float *__restrict__ weight,
    const float *__restrict__ bias,
    float *__restrict__ halved,
    const SeaAxes &axes) {
  const int channels = 4 * axes.H;
  const int pixels = pairsOf(axes) * axes.W;
  const float *from = strips + (size_t) blockIdx.z * channels * axes.R * axes.W;
  float *into = halved + (size_t) blockIdx.z * channels * pixels;
  convolve<Cores>(
      pixels,
      channels,
      channels,
      [&](int pixel, int channel, int tap) {
        const int row = 2 * (pixel / axes.W) + tap / 3 - 1;
        const int column = pixel % axes.W + tap % 3 - 1;
        const bool inside = row >= 0 && row < axes.R && column >= 0 && column < axes.W;
        return inside ? from[((size_t) (channel / 2) * axes.R + row) * 2 * axes.W
                             + channel % 2 * axes.W + column]
                      : 0.0f;
      },
      [&](int output, int k) { return weight[(size_t) output * TAPS * channels + k]; },
      [&](int pixel, int output, float sum) {
        into[(size_t) output * pixels + pixel] = aboveZero(sum + bias[output]);
      });
}

/* What a tap sees of a picture [channels, P, W]. */
struct Around {
  const float *picture;
  int P;
  int W;

  __device__ __forceinline__ float operator()(int pixel, int channel, int tap) const {
    const int row = pixel / W + tap / 3 - 1;
    const int column = pixel % W + tap % 3 - 1;
    const bool inside = row >= 0 && row < P && column >= 0 && column < W;
    return inside ? picture[((size_t) channel * P + row) * W + column] : 0.0f;
  }
};

template <class Cores>
__device__ __forceinline__ void refine(
    const float *__restrict__ halved,
    const float *__restrict__ weight,
    const float *__restrict__ bias,
    float *__restrict__ refined,
    const SeaAxes &axes) {
  const int channels = 4 * axes.H;
  const int pixels = pairsOf(axes) * axes.W;
  const size_t ofSequence = (size_t) blockIdx.z * channels * pixels;
  float *into = refined + ofSequence;
  convolve<Cores>(
      pixels,
      channels,
      channels,
      Around{halved + ofSequence, pairsOf(axes), axes.W},
      [&](int output, int k) { return weight[(size_t) output * TAPS * channels + k]; },
      [&](int pixel, int output, float sum) {
        into[(size_t) output * pixels + pixel] = aboveZero(sum + bias[output]);
      });
}

/* Of doubled rows: even ones see halved rows p − 1, p, p, odd ones p, p, p + 1. */
__device__ __forceinline__ float doubled(const float *kernel, int odd, int tap) {
  const int side = tap % 3;
  switch (tap / 3) {
    case 0:
      return odd ? 0.0f : kernel[side];
    case 1:
      return kernel[3 + side] + kernel[(odd ? 0 : 6) + side];
    default:
      return odd ? kernel[6 + side] : 0.0f;
  }
}

/* grid (⌈P·W/128⌉, ⌈2H/32⌉, B), block PRODUCT_THREADS */
template <class Cores>
__device__ __forceinline__ void join(
    const float *__restrict__ refined,
    const float *__restrict__ weight,
    float *__restrict__ joined,
    const SeaAxes &axes) {
  const int channels = 4 * axes.H;
  const int pairs = pairsOf(axes);
  const int pixels = pairs * axes.W;
  float *into = joined + (size_t) blockIdx.z * axes.H * 2 * pixels;
  convolve<Cores>(
      pixels,
      channels,
      2 * axes.H,
      Around{refined + (size_t) blockIdx.z * channels * pixels, pairs, axes.W},
      [&](int output, int k) {
        const float *kernel = weight + ((size_t) (output / 2) * channels + k / TAPS) * TAPS;
        return doubled(kernel, output % 2, k % TAPS);
      },
      [&](int pixel, int output, float sum) {
        const int row = 2 * (pixel / axes.W) + output % 2;
        into[((size_t) (output / 2) * 2 * pairs + row) * axes.W + pixel % axes.W] = sum;
      });
}

#define SEA_AROUND_PAINTING(halved, refined, joined, Cores)                                        \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) halved(                            \
      const float *strips, const float *weight, const float *bias, float *into, SeaAxes axes) {    \
    halve<Cores>(strips, weight, bias, into, axes);                                                \
  }                                                                                                \
  EXPORT(halved);                                                                                  \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) refined(                           \
      const float *halves, const float *weight, const float *bias, float *into, SeaAxes axes) {    \
    refine<Cores>(halves, weight, bias, into, axes);                                               \
  }                                                                                                \
  EXPORT(refined);                                                                                 \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) joined(                            \
      const float *picture, const float *weight, float *into, SeaAxes axes) {                      \
    join<Cores>(picture, weight, into, axes);                                                      \
  }                                                                                                \
  EXPORT(joined)

SEA_AROUND_PAINTING(seaAroundHalve, seaAroundRefine, seaAroundJoin, OrdinaryCores);
#if __CUDA_ARCH__ >= 800
SEA_AROUND_PAINTING(seaAroundHalveTensor, seaAroundRefineTensor, seaAroundJoinTensor, TensorCores);
#endif

/* grid (R, B), a warp one head after another */
extern "C" __global__ void seaAroundWeights(
    const float *__restrict__ joined, float *__restrict__ weights, SeaAxes axes) {
  const int r = blockIdx.x;
  const int painted = 2 * pairsOf(axes);
  const float ofNext = painted == axes.R ? 0.0f : (r + 0.5f) / axes.R;
  for (int head = warpOf(); head < axes.H; head += warpsOfBlock()) {
    const float *row = joined + (((size_t) blockIdx.y * axes.H + head) * painted + r) * axes.W;
    const auto pixel = [&](int i) {
      return ofNext == 0.0f ? row[i] : (1 - ofNext) * row[i] + ofNext * row[axes.W + i];
    };
    float *into = weights + (((size_t) blockIdx.y * axes.R + r) * axes.H + head) * axes.M;
    float greatest = -INFINITY;
    for (int m = laneOf(); m < axes.M; m += WARP) {
      into[m] = blended(axes.W, axes.M, m, pixel);
      greatest = fmaxf(greatest, into[m]);
    }
    softmax(into, axes.M, greatest);
  }
}
EXPORT(seaAroundWeights);
