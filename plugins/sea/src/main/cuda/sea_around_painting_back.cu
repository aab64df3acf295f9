/*
 * The way back through the picture of sea_around_painting.cu, from the estimate's scores to what the
 * strips were read from, and what the parameters get on the way:
 *
 *   djoined = stretchᵀ(dscores)
 *   drefined = [refined > 0]·joinᵀ(djoined)       djoin   = Σ djoined·refined
 *   dhalved = [halved > 0]·refineᵀ(drefined)      drefine = Σ drefined·halved, and of its bias Σ drefined
 *   dstrips = halveᵀ(dhalved)                     dhalve  = Σ dhalved·strips, and of its bias Σ dhalved
 *   dencoded = dstrips·W                          dW = Σ dstripsᵀ·encoded, and of its bias Σ dstrips
 *
 *   seaAroundJoinedBack    djoined
 *   seaAroundJoinSums      djoin of either row of a pair, over slices of 2,048 pixels
 *   seaAroundRefinedBack   drefined, in the place of refined
 *   seaAroundRefineSums    drefine, as above
 *   seaAroundHalvedBack    dhalved, in the place of halved
 *   seaAroundHalveSums     dhalve, as above
 *   seaAroundStripsBack    dstrips, in the place of strips, which nobody reads then
 *   seaAroundEncodedBack   dencoded
 *   seaAroundRowSums       dW over slices of 512 vectors
 *   seaAroundJoinTotals    djoin of all slices
 *   seaAroundWeightTotals  the others
 *
 *   ofScores  [B, R, H, M]         joined, ofJoined  [B, H, 2P, W], P = ⌈R/2⌉
 *   refined, halved  [B, 4H, P, W]                   strips  [B, 2H, R, 2W], as seaAroundHalve reads
 *   join      [H, 4H, 3, 3]        refine, halve     [4H, 4H, 3, 3]
 *   rows      [4W, 2D], of the strips                encoded, ofEncoded  [B, H, R, 2D]
 *   sums      [slices, outputs, inputs + 1]: of every weight, and in the last column of the bias; outputs
 *             of the joining are even and odd rows of each head, 2H, and their last column is not read
 *
 * A convolution's way back to its picture is one with the taps turned round, so it is the same product.
 * Halving sees row 2p − 1 … 2p + 1: an even row of strips is seen by one halved row, an odd one by two,
 * so that they have 3 and 6 taps, and blocks of their own. A kernel's gradient is the product of what
 * came out, [outputs, pixels], and of what its taps saw, [pixels, 9·channels]. Slices are summed in f32
 * and added up in double precision, by one thread a number. The joining's bias has no gradient, since
 * the softmax takes it away.
 *
 * Floor of a row of all heads, H = 12, M = 128, W = 64, D = 64: twice what the way forward costs, once
 * for what was seen and once for kernels, 2·(1.3 + 1.3 + 0.7) = 6.6 MFLOP, and 2·2·H·4W·2D = 1.6 MFLOP
 * for dencoded and dW. Scores are read once, joined rows written once and read twice, the others' read
 * four times and written twice: 11.5 KB a head, so it is bound by arithmetic in f32. Reference:
 * PaintedWindowGradient.java, TapSums.java, StripsGradient.java.
 */
#include "sea_convolution.cuh"
#include "sea_row.cuh"

constexpr int PIXEL_SLICE = 2048;
constexpr int VECTOR_SLICE = 512;

__device__ __forceinline__ int pairsOf(const SeaAxes &axes) { return ceilDiv(axes.R, 2); }

/* What one pixel of a row of W gets of M scores that were blended from it. */
__device__ __forceinline__ float unblended(const float *ofScores, int pixel, const SeaAxes &axes) {
  const int W = axes.W;
  const int M = axes.M;
  const int first = pixel == 0 ? 0 : max((2 * pixel - 1) * M / (2 * W) - 1, 0);
  const int end = min(ceilDiv((2 * pixel + 3) * M, 2 * W) + 1, M);
  float sum = 0.0f;
  for (int m = first; m < end; m++) {
    const float part = blended(W, M, m, [&](int i) { return i == pixel ? 1.0f : 0.0f; });
    sum = fmaf(part, ofScores[m], sum);
  }
  return sum;
}

/* grid (⌈2P·W/blockDim⌉, B·H), one thread a pixel */
extern "C" __global__ void seaAroundJoinedBack(
    const float *__restrict__ ofScores, float *__restrict__ ofJoined, SeaAxes axes) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const int painted = 2 * pairsOf(axes);
  if (i >= painted * axes.W) {
    return;
  }
  const size_t sequence = blockIdx.y / axes.H;
  const int head = blockIdx.y % axes.H;
  const int row = i / axes.W;
  const auto ofRow = [&](int r) {
    return unblended(
        ofScores + ((sequence * axes.R + r) * axes.H + head) * axes.M, i % axes.W, axes);
  };
  const auto ofNext = [&](int r) { return (r + 0.5f) / axes.R; };
  float sum = 0.0f;
  if (painted == axes.R) {
    sum = ofRow(row);
  } else { // one row more than there are scores: row r blends its own and the next one
    sum = row < axes.R ? (1 - ofNext(row)) * ofRow(row) : 0.0f;
    sum += row > 0 ? ofNext(row - 1) * ofRow(row - 1) : 0.0f;
  }
  ofJoined[(size_t) blockIdx.y * painted * axes.W + i] = sum;
}
EXPORT(seaAroundJoinedBack);

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

/* Pixel p of the joined rows of even or odd number, which are outputs 2·head and 2·head + 1. */
struct Joined {
  const float *picture; // [H, 2P, W]
  int P;
  int W;

  __device__ __forceinline__ float operator()(int output, int row, int column) const {
    return picture[((size_t) (output / 2) * 2 * P + 2 * row + output % 2) * W + column];
  }
};

/* grid (⌈P·W/128⌉, ⌈4H/32⌉, B), block PRODUCT_THREADS, as the next */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaAroundRefinedBack(
    const float *__restrict__ ofJoined,
    const float *__restrict__ join,
    float *__restrict__ refined,
    SeaAxes axes) {
  const int channels = 4 * axes.H;
  const int P = pairsOf(axes);
  const int pixels = P * axes.W;
  const Joined joined{ofJoined + (size_t) blockIdx.z * axes.H * 2 * pixels, P, axes.W};
  float *into = refined + (size_t) blockIdx.z * channels * pixels;
  convolve<OrdinaryCores>(
      pixels,
      2 * axes.H,
      channels,
      [&](int pixel, int output, int tap) {
        const int row = pixel / axes.W + tap / 3 - 1;
        const int column = pixel % axes.W + tap % 3 - 1;
        const bool inside = row >= 0 && row < P && column >= 0 && column < axes.W;
        return inside ? joined(output, row, column) : 0.0f;
      },
      [&](int channel, int k) {
        const int output = k / TAPS;
        const float *kernel = join + ((size_t) (output / 2) * channels + channel) * TAPS;
        return doubled(kernel, output % 2, TAPS - 1 - k % TAPS);
      },
      [&](int pixel, int channel, float sum) {
        float &number = into[(size_t) channel * pixels + pixel];
        number = number <= 0.0f ? 0.0f : sum;
      });
}
EXPORT(seaAroundRefinedBack);

extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaAroundHalvedBack(
    const float *__restrict__ ofRefined,
    const float *__restrict__ refine,
    float *__restrict__ halved,
    SeaAxes axes) {
  const int channels = 4 * axes.H;
  const int pixels = pairsOf(axes) * axes.W;
  const size_t ofSequence = (size_t) blockIdx.z * channels * pixels;
  float *into = halved + ofSequence;
  convolve<OrdinaryCores>(
      pixels,
      channels,
      channels,
      Around{ofRefined + ofSequence, pairsOf(axes), axes.W},
      [&](int channel, int k) {
        const int output = k / TAPS;
        return refine[((size_t) output * channels + channel) * TAPS + TAPS - 1 - k % TAPS];
      },
      [&](int pixel, int channel, float sum) {
        float &number = into[(size_t) channel * pixels + pixel];
        number = number <= 0.0f ? 0.0f : sum;
      });
}
EXPORT(seaAroundHalvedBack);

/* Where a pixel of strip `channel` lies in the strips [2H, R, 2W] of a sequence. */
__device__ __forceinline__ size_t stripAt(int channel, int row, int column, const SeaAxes &axes) {
  return ((size_t) (channel / 2) * axes.R + row) * 2 * axes.W + channel % 2 * axes.W + column;
}

/* Even rows, with 3 taps of one halved row, or odd ones, with 6 of two. */
template <int COUNT>
__device__ __forceinline__ void stripsBack(
    const float *ofHalved, const float *halve, float *strips, const SeaAxes &axes,
    int firstChannel, Tile<128, 32> &tile) {
  constexpr int ODD = COUNT == 6;
  const int channels = 4 * axes.H;
  const int P = pairsOf(axes);
  const int pixels = (axes.R + 1 - ODD) / 2 * axes.W;
  const int firstPixel = 128 * blockIdx.x;

  Sums sums;
  addProduct<Along::EDGE, Along::DEPTH>(
      sums,
      COUNT * channels,
      [&](int i, int k) {
        const int pixel = firstPixel + i;
        const int tap = k % COUNT;
        const int row = pixel / axes.W + tap / 3;
        const int column = pixel % axes.W + 1 - tap % 3;
        const bool inside = pixel < pixels && row < P && column >= 0 && column < axes.W;
        return inside ? ofHalved[((size_t) (k / COUNT) * P + row) * axes.W + column] : 0.0f;
      },
      [&](int k, int j) {
        const int channel = firstChannel + j;
        const int tap = k % COUNT;
        const int kernelRow = !ODD ? 1 : tap / 3 == 0 ? 2 : 0;
        return channel < channels
            ? halve[((size_t) (k / COUNT) * channels + channel) * TAPS + 3 * kernelRow + tap % 3]
            : 0.0f;
      },
      tile);

  eachSum<32>(sums, [&](int i, int j, float sum) {
    const int pixel = firstPixel + i;
    const int channel = firstChannel + j;
    if (pixel < pixels && channel < channels) {
      strips[stripAt(channel, 2 * (pixel / axes.W) + ODD, pixel % axes.W, axes)] = sum;
    }
  });
}

/* grid (⌈P·W/128⌉, 2·⌈4H/32⌉, B), block PRODUCT_THREADS; even rows and odd ones by turns */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaAroundStripsBack(
    const float *__restrict__ ofHalved,
    const float *__restrict__ halve,
    float *__restrict__ strips,
    SeaAxes axes) {
  __shared__ Tile<128, 32> tile;
  const size_t channels = (size_t) blockIdx.z * 4 * axes.H; // of sequences before
  const float *of = ofHalved + channels * pairsOf(axes) * axes.W;
  float *into = strips + channels * axes.R * axes.W;
  const int firstChannel = 32 * (blockIdx.y / 2);
  if (blockIdx.y % 2 == 0) {
    stripsBack<3>(of, halve, into, axes, firstChannel, tile);
  } else {
    stripsBack<6>(of, halve, into, axes, firstChannel, tile);
  }
}
EXPORT(seaAroundStripsBack);

/*
 * What a slice of `count` things adds to a matrix of parameters and its bias: one tile of
 * Σ of(output, i)·saw(i, input), and of Σ of(output, i) in the column behind the last.
 */
template <Along ALONG, class Of, class Saw>
__device__ __forceinline__ void sumSlice(
    int count, int outputs, int inputs, Of of, Saw saw, float *sums) {
  __shared__ Tile<64, 64> tile;
  const int firstOutput = 64 * blockIdx.y;
  const int firstInput = 64 * blockIdx.z;
  Sums products;
  addProduct<ALONG, ALONG>(
      products,
      count,
      [&](int i, int k) {
        const int output = firstOutput + i;
        return output < outputs ? of(output, k) : 0.0f;
      },
      [&](int k, int j) {
        const int input = firstInput + j;
        return input < inputs ? saw(k, input) : input == inputs ? 1.0f : 0.0f;
      },
      tile);

  float *into = sums + (size_t) blockIdx.x * outputs * (inputs + 1);
  eachSum<64>(products, [&](int i, int j, float sum) {
    const int output = firstOutput + i;
    const int input = firstInput + j;
    if (output < outputs && input <= inputs) {
      into[(size_t) output * (inputs + 1) + input] = sum;
    }
  });
}

/* The pixels [P, W] of a sequence that a block has. */
struct PixelSlice {
  size_t sequence;
  int first;
  int count;

  __device__ __forceinline__ explicit PixelSlice(const SeaAxes &axes) {
    const int pixels = pairsOf(axes) * axes.W;
    const int slices = ceilDiv(pixels, PIXEL_SLICE);
    sequence = blockIdx.x / slices;
    first = blockIdx.x % slices * PIXEL_SLICE;
    count = min(PIXEL_SLICE, pixels - first);
  }
};

/* grid (B·slices, ⌈outputs/64⌉, ⌈(9·4H + 1)/64⌉), block PRODUCT_THREADS, as the next two */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaAroundJoinSums(
    const float *__restrict__ ofJoined,
    const float *__restrict__ refined,
    float *__restrict__ sums,
    SeaAxes axes) {
  const PixelSlice slice(axes);
  const int P = pairsOf(axes);
  const size_t pixels = (size_t) P * axes.W;
  const Joined joined{ofJoined + slice.sequence * axes.H * 2 * pixels, P, axes.W};
  const Around saw{refined + slice.sequence * 4 * axes.H * pixels, P, axes.W};
  sumSlice<Along::DEPTH>(
      slice.count,
      2 * axes.H,
      TAPS * 4 * axes.H,
      [&](int output, int i) {
        const int pixel = slice.first + i;
        return joined(output, pixel / axes.W, pixel % axes.W);
      },
      [&](int i, int input) { return saw(slice.first + i, input / TAPS, input % TAPS); },
      sums);
}
EXPORT(seaAroundJoinSums);

extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaAroundRefineSums(
    const float *__restrict__ ofRefined,
    const float *__restrict__ halved,
    float *__restrict__ sums,
    SeaAxes axes) {
  const PixelSlice slice(axes);
  const int channels = 4 * axes.H;
  const size_t pixels = (size_t) pairsOf(axes) * axes.W;
  const float *of = ofRefined + slice.sequence * channels * pixels + slice.first;
  const Around saw{halved + slice.sequence * channels * pixels, pairsOf(axes), axes.W};
  sumSlice<Along::DEPTH>(
      slice.count,
      channels,
      TAPS * channels,
      [&](int output, int i) { return of[output * pixels + i]; },
      [&](int i, int input) { return saw(slice.first + i, input / TAPS, input % TAPS); },
      sums);
}
EXPORT(seaAroundRefineSums);

extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaAroundHalveSums(
    const float *__restrict__ ofHalved,
    const float *__restrict__ strips,
    float *__restrict__ sums,
    SeaAxes axes) {
  const PixelSlice slice(axes);
  const int channels = 4 * axes.H;
  const size_t pixels = (size_t) pairsOf(axes) * axes.W;
  const float *of = ofHalved + slice.sequence * channels * pixels + slice.first;
  const float *from = strips + slice.sequence * channels * axes.R * axes.W;
  sumSlice<Along::DEPTH>(
      slice.count,
      channels,
      TAPS * channels,
      [&](int output, int i) { return of[output * pixels + i]; },
      [&](int i, int input) {
        const int pixel = slice.first + i;
        const int tap = input % TAPS;
        const int row = 2 * (pixel / axes.W) + tap / 3 - 1;
        const int column = pixel % axes.W + tap % 3 - 1;
        const bool inside = row >= 0 && row < axes.R && column >= 0 && column < axes.W;
        return inside ? from[stripAt(input / TAPS, row, column, axes)] : 0.0f;
      },
      sums);
}
EXPORT(seaAroundHalveSums);

/* The strips of a vector, head by head and row by row, side by side: 4W numbers. */
struct Strips {
  const float *strips; // [B, 2H, R, 2W]
  SeaAxes axes;

  __device__ __forceinline__ float operator()(int vector, int i) const {
    const int width = 2 * axes.W;
    const size_t channel = (size_t) (vector / axes.R) * 2 + i / width;
    return strips[(channel * axes.R + vector % axes.R) * width + i % width];
  }
};

/* grid (⌈B·H·R/64⌉, ⌈2D/64⌉), block PRODUCT_THREADS */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaAroundEncodedBack(
    const float *__restrict__ ofStrips,
    const float *__restrict__ rows,
    float *__restrict__ ofEncoded,
    SeaAxes axes) {
  __shared__ Tile<64, 64> tile;
  const Strips strips{ofStrips, axes};
  const int firstVector = 64 * blockIdx.x;
  const int firstColumn = 64 * blockIdx.y;
  const int vectors = axes.B * axes.H * axes.R;
  const int width = 2 * axes.D;
  Sums sums;
  addProduct<Along::DEPTH, Along::EDGE>(
      sums,
      4 * axes.W,
      [&](int i, int k) {
        const int vector = firstVector + i;
        return vector < vectors ? strips(vector, k) : 0.0f;
      },
      [&](int k, int j) {
        const int column = firstColumn + j;
        return column < width ? rows[(size_t) k * width + column] : 0.0f;
      },
      tile);

  eachSum<64>(sums, [&](int i, int j, float sum) {
    const int vector = firstVector + i;
    const int column = firstColumn + j;
    if (vector < vectors && column < width) {
      ofEncoded[(size_t) vector * width + column] = sum;
    }
  });
}
EXPORT(seaAroundEncodedBack);

/* grid (slices, ⌈4W/64⌉, ⌈(2D + 1)/64⌉), block PRODUCT_THREADS */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaAroundRowSums(
    const float *__restrict__ ofStrips,
    const float *__restrict__ encoded,
    float *__restrict__ sums,
    SeaAxes axes) {
  const Strips strips{ofStrips, axes};
  const int first = blockIdx.x * VECTOR_SLICE;
  const int vectors = axes.B * axes.H * axes.R;
  const int width = 2 * axes.D;
  sumSlice<Along::EDGE>(
      min(VECTOR_SLICE, vectors - first),
      4 * axes.W,
      width,
      [&](int output, int i) { return strips(first + i, output); },
      [&](int i, int input) { return encoded[(size_t) (first + i) * width + input]; },
      sums);
}
EXPORT(seaAroundRowSums);

/* Number i of all slices of `size` numbers. */
__device__ __forceinline__ double overSlices(const float *sums, size_t i, size_t size, int slices) {
  double sum = 0;
  for (int slice = 0; slice < slices; slice++) {
    sum += sums[slice * size + i];
  }
  return sum;
}

/* grid (⌈outputs·(inputs + 1)/blockDim⌉), one thread a number */
extern "C" __global__ void seaAroundWeightTotals(
    const float *__restrict__ sums,
    float *__restrict__ weight,
    float *__restrict__ bias,
    int outputs,
    int inputs,
    int slices) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const int size = outputs * (inputs + 1);
  if (i >= size) {
    return;
  }
  const float total = (float) overSlices(sums, i, size, slices);
  const int output = i / (inputs + 1);
  const int input = i % (inputs + 1);
  if (input < inputs) {
    weight[(size_t) output * inputs + input] = total;
  } else {
    bias[output] = total;
  }
}
EXPORT(seaAroundWeightTotals);

/*
 * grid (⌈H·9·4H/blockDim⌉), one thread a number: a row of the kernel is in one tap of the even rows and
 * in one of the odd, as `doubled` adds them up.
 */
extern "C" __global__ void seaAroundJoinTotals(
    const float *__restrict__ sums, float *__restrict__ weight, SeaAxes axes, int slices) {
  const int inputs = TAPS * 4 * axes.H;
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= axes.H * inputs) {
    return;
  }
  const int input = i % inputs;
  const int kernelRow = input % TAPS / 3;
  const int inEven = kernelRow == 0 ? 0 : 1;
  const int inOdd = kernelRow == 2 ? 2 : 1;
  const size_t even = (size_t) (i / inputs) * 2 * (inputs + 1) + input - 3 * kernelRow;
  const size_t odd = even + inputs + 1;
  const size_t size = (size_t) 2 * axes.H * (inputs + 1);
  weight[i] = (float) (overSlices(sums, even + 3 * inEven, size, slices)
                       + overSlices(sums, odd + 3 * inOdd, size, slices));
}
EXPORT(seaAroundJoinTotals);
