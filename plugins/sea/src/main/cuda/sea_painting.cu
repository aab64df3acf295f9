/*
 * The picture of the attention matrix: the strips of all heads, refined by convolutions that look
 * back, joined to one picture a head, resized to M columns, normalised, and made weights.
 *
 *   seaNormalise   LN over the W columns of every row of the strips, in place
 *   seaRefine      ReLU(conv + b): 3 × 3 with gaps of one, rows r − 4, r − 2, r, columns w − 2, w, w + 2
 *   seaWeights     softmax(LN(resize(join(picture))))
 *
 *   picture  [B, 2H, R, W]; zero outside        weight  [2H, 2H, 3, 3]
 *   join     [H, 2H]                            weights [B, R, H, M]
 *
 * Before it is joined every column is widened to four, and a column of zeros is put on either side:
 * 4W + 2 pixels. They are blended to more columns or averaged to fewer, pixel centres aligned
 * (PyTorch's interpolate and adaptive average pooling). Only what is joined is kept, W numbers a
 * head. The joining's bias is the same for all columns, and the norm behind it takes it away.
 *
 * A convolution is a product of [pixels, 9·2H] with [9·2H, 2H], whose left side is read from the
 * shifted picture. All rows of all heads are there at once, so nothing is painted twice.
 *
 * Floor of a row, H = 12, M = 128, two convolutions: 2·2·W·(2H)²·9 = 664 kFLOP and joining 18 kFLOP;
 * pictures 2 + 2·2 + 1 times, weights once, 4·(7·2H·W + H·M) = 28 KB: bound by arithmetic in f32.
 * Reference: PaintedPast.java.
 */
#include "sea_convolution.cuh"
#include "sea_row.cuh"

constexpr int GAP = 2; // between the rows and columns that a convolution sees
constexpr int WIDENING = 4;

/* grid (⌈B·2H·R/warps of a block⌉), a warp a row */
extern "C" __global__ void seaNormalise(
    float *__restrict__ picture,
    const float *__restrict__ gain,
    const float *__restrict__ bias,
    SeaAxes axes) {
  const size_t row = (size_t) blockIdx.x * warpsOfBlock() + warpOf();
  if (row >= (size_t) axes.B * 2 * axes.H * axes.R) {
    return;
  }
  float *x = picture + row * axes.W;
  float sum = 0.0f;
  for (int i = laneOf(); i < axes.W; i += WARP) {
    sum += x[i];
  }
  const float mean = sumOver<WARP>(sum) / axes.W;
  float squares = 0.0f;
  for (int i = laneOf(); i < axes.W; i += WARP) {
    squares = fmaf(x[i] - mean, x[i] - mean, squares);
  }
  const float factor = 1.0f / sqrtf(sumOver<WARP>(squares) / axes.W + NORM_EPSILON);
  for (int i = laneOf(); i < axes.W; i += WARP) {
    x[i] = (x[i] - mean) * factor * gain[i] + bias[i];
  }
}
EXPORT(seaNormalise);

/* grid (⌈R·W/128⌉, ⌈2H/32⌉, B), block PRODUCT_THREADS: a tile of 128 pixels and 32 channels */
template <class Cores>
__device__ __forceinline__ void refine(
    const float *__restrict__ picture,
    const float *__restrict__ weight,
    const float *__restrict__ bias,
    float *__restrict__ refined,
    const SeaAxes &axes) {
  const int channels = 2 * axes.H;
  const int pixels = axes.R * axes.W;
  const float *from = picture + (size_t) blockIdx.z * channels * pixels;
  float *into = refined + (size_t) blockIdx.z * channels * pixels;
  convolve<Cores>(
      pixels,
      channels,
      channels,
      [&](int pixel, int channel, int tap) {
        const int row = pixel / axes.W + GAP * (tap / 3 - 2);
        const int column = pixel % axes.W + GAP * (tap % 3 - 1);
        const bool inside = row >= 0 && column >= 0 && column < axes.W;
        return inside ? from[(size_t) channel * pixels + row * axes.W + column] : 0.0f;
      },
      [&](int channel, int k) { return weight[(size_t) channel * TAPS * channels + k]; },
      [&](int pixel, int channel, float sum) {
        into[(size_t) channel * pixels + pixel] = aboveZero(sum + bias[channel]);
      });
}

#define SEA_REFINE(name, Cores)                                                                    \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) name(                              \
      const float *picture, const float *weight, const float *bias, float *refined,                \
      SeaAxes axes) {                                                                              \
    refine<Cores>(picture, weight, bias, refined, axes);                                           \
  }                                                                                                \
  EXPORT(name)

SEA_REFINE(seaRefine, OrdinaryCores);
#if __CUDA_ARCH__ >= 800
SEA_REFINE(seaRefineTensor, TensorCores);
#endif

/* A row of a strip, widened, with a zero on either side, and resized to M columns. */
struct Stretched {
  const float *strip; // [W]
  int W;
  int M;

  __device__ __forceinline__ float pixel(int i) const {
    return i == 0 || i > WIDENING * W ? 0.0f : strip[(i - 1) / WIDENING];
  }

  __device__ __forceinline__ float operator()(int column) const {
    const int from = WIDENING * W + 2;
    if (M > from) {
      return blended(from, M, column, [&](int i) { return pixel(i); });
    }
    const int first = column * from / M; // the mean of all pixels that this column touches
    const int end = ((column + 1) * from + M - 1) / M;
    float sum = 0.0f;
    for (int i = first; i < end; i++) {
      sum += pixel(i);
    }
    return sum / (end - first);
  }
};

/* grid (R, B), a warp one head after another; dynamic shared 4·H·W bytes */
extern "C" __global__ void seaWeights(
    const float *__restrict__ picture,
    const float *__restrict__ join,
    const float *__restrict__ gain,
    const float *__restrict__ bias,
    float *__restrict__ weights,
    SeaAxes axes) {
  DYNAMIC_SHARED(float, joined); // [H, W]
  const int channels = 2 * axes.H;
  const size_t pixels = (size_t) axes.R * axes.W;
  const float *row =
      picture + (size_t) blockIdx.y * channels * pixels + (size_t) blockIdx.x * axes.W;
  for (int i = threadIdx.x; i < axes.H * axes.W; i += blockDim.x) {
    const float *ofHead = join + i / axes.W * channels;
    float sum = 0.0f;
    for (int channel = 0; channel < channels; channel++) {
      sum = fmaf(ofHead[channel], row[channel * pixels + i % axes.W], sum);
    }
    joined[i] = sum;
  }
  __syncthreads();

  for (int head = warpOf(); head < axes.H; head += warpsOfBlock()) {
    const Stretched score{joined + head * axes.W, axes.W, axes.M};
    float sum = 0.0f;
    for (int m = laneOf(); m < axes.M; m += WARP) {
      sum += score(m);
    }
    const float mean = sumOver<WARP>(sum) / axes.M;
    float squares = 0.0f;
    for (int m = laneOf(); m < axes.M; m += WARP) {
      const float off = score(m) - mean;
      squares = fmaf(off, off, squares);
    }
    const float factor = 1.0f / sqrtf(sumOver<WARP>(squares) / axes.M + NORM_EPSILON);
    float *into =
        weights + (((size_t) blockIdx.y * axes.R + blockIdx.x) * axes.H + head) * axes.M;
    float greatest = -INFINITY;
    for (int m = laneOf(); m < axes.M; m += WARP) {
      const float normal = (score(m) - mean) * factor * gain[m] + bias[m];
      into[m] = normal; // only this lane reads it again
      greatest = fmaxf(greatest, normal);
    }
    softmax(into, axes.M, greatest);
  }
}
EXPORT(seaWeights);
