/*
 * The way back from the two gates of every row through the encoder, to what it saw and to its
 * parameters. In causal attention strips only serve the choice, which no gradient passes; without a
 * mask they hand back theirs as well.
 *
 *   h = W·seen + b     ĥ = (h − mean)/σ     y = gain·ĥ + bias     encoded = y·Φ(y)
 *   gates = W_g·encoded + b_g, before they are opened
 *   dencoded = W_gᵀ·dgates + what strips hand back     dy = dencoded·(Φ(y) + y·φ(y))     dĥ = gain·dy
 *   dh = (dĥ − mean(dĥ) − ĥ·mean(ĥ·dĥ))/σ     dseen = Wᵀ·dh
 *   dW = Σ dh·seenᵀ      db = Σ dh      dgain = Σ dy·ĥ      dbias = Σ dy
 *   dW_g = Σ dgates·encodedᵀ            db_g = Σ dgates
 *
 *   seaGateSums          dgates of a row, of all its positions
 *   seaNormBack          mean, 1/σ and both means of dĥ of every vector
 *   seaEncoderBack       dh instead of h; all sums but dW, over slices of 128 vectors
 *   seaEncoderTotals     these sums over all slices
 *   seaSeenBack          dcontext, and dv of the rows' positions
 *   seaEncoderWeights    dW over slices of 512 vectors
 *   seaTotals            dW over all slices
 *
 *   ofGates   [B, H, T, 2] before they are opened     ofRows  [B, H, R, 2]
 *   hidden    [B, H, R, 2D]  in: h; out: dh            norms   [vectors] of Norm
 *   context, ofContext  [B, H, R, 2D]                  value   [B, H, T, D] as T
 *   ofValue   [B, H, T, D]          ofEncoded  [B, H, R, 2D], what strips hand back, or null: nothing
 *   sums      [slices, 7, 2D·J]: of b, gain, bias, both rows of W_g, both of b_g, head by head
 *   products  [slices, 2D·J, 3D·J]
 *
 * Vectors are those of sea_encoder.cu, of J heads. h is computed again, by seaEncode: it costs 12·D²
 * FLOP, and to keep it would be 8·D bytes a row through all of the painting. Slices are summed in
 * f32 and added up in double precision by one thread a number: two stages, one order.
 *
 * Floor of a row and head, D = 64, J = 1: three products of 12·D² = 147 kFLOP, and erf and exp of 2D
 * numbers twice; h four times, there and back once, seen twice, what contexts and values get:
 * 4·(10D + 6D + 4D) = 5.1 KB: bound by arithmetic in f32.
 * Reference: GatesGradient.java, EncoderGradient.java.
 */
#include "sea_product.cuh"
#include "sea_vectors.cuh"


constexpr int SUM_SLICE = 128; // vectors
constexpr int PRODUCT_SLICE = 512;

/* One thread a number of ofRows. */
extern "C" __global__ void seaGateSums(
    const float *__restrict__ ofGates, float *__restrict__ ofRows, SeaAxes axes) {
  const size_t i = (size_t) blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= (size_t) axes.B * axes.H * axes.R * 2) {
    return;
  }
  const size_t head = i / 2 / axes.R;
  const int first = (int) (i / 2 % axes.R) * axes.n;
  double sum = 0;
  for (int t = first; t < min(first + axes.n, axes.T); t++) {
    sum += ofGates[(head * axes.T + t) * 2 + i % 2];
  }
  ofRows[i] = (float) sum;
}
EXPORT(seaGateSums);

/* What the numbers of a vector share on the way back through its norm. */
struct alignas(16) Norm {
  float mean;
  float factor; // 1/σ
  float meanGradient; // mean(dĥ)
  float along; // mean(ĥ·dĥ)
};

/* What the encoder's nonlinear half says of one number, there and back. */
struct Opened {
  float standard; // ĥ
  float encoded;
  float gradient; // dy
};

/* The parameters of that half, and the gates' gradients. */
struct Gated {
  Vectors vectors;
  const float *gain;
  const float *bias;
  const float *weight; // [2, 2D], of the gates
  const float *ofRows; // [B, H, R, 2]
  const float *ofEncoded; // [B, H, R, 2D] or null

  __device__ __forceinline__ const float *gates(int vector, int i) const {
    const int head = vectors.head(vector, i / (2 * vectors.axes.D));
    return ofRows + ((size_t) head * vectors.axes.R + vectors.row(vector)) * 2;
  }

  __device__ __forceinline__ Opened open(int vector, int i, float h, const Norm &norm) const {
    const int width = 2 * vectors.axes.D;
    const float standard = (h - norm.mean) * norm.factor;
    const float y = standard * gain[i] + bias[i];
    const float distribution = 0.5f + 0.5f * erff(y * 0.70710678f); // Φ, √½
    const float density = 0.39894228f * expf(-0.5f * y * y); // φ, 1/√2π
    const float *of = gates(vector, i);
    const float ofStrips = ofEncoded == nullptr ? 0.0f : ofEncoded[vectors.hidden(vector, i)];
    const float ofAll =
        ofStrips + (of[0] * weight[i % width] + of[1] * weight[width + i % width]);
    return {standard, y * distribution, ofAll * (distribution + y * density)};
  }
};

/* grid (⌈vectors/warps of a block⌉), a warp a vector */
extern "C" __global__ void seaNormBack(
    const float *__restrict__ hidden,
    const float *__restrict__ gain,
    const float *__restrict__ bias,
    const float *__restrict__ gateWeight,
    const float *__restrict__ ofRows,
    const float *__restrict__ ofEncoded,
    Norm *__restrict__ norms,
    SeaAxes axes,
    int joint) {
  const Vectors vectors{axes, joint};
  const Gated gated{vectors, gain, bias, gateWeight, ofRows, ofEncoded};
  const int vector = blockIdx.x * warpsOfBlock() + warpOf();
  if (vector >= vectors.count()) {
    return;
  }
  const int width = 2 * axes.D * joint;
  float sum = 0.0f;
  for (int i = laneOf(); i < width; i += WARP) {
    sum += hidden[vectors.hidden(vector, i)];
  }
  Norm norm{sumOver<WARP>(sum) / width, 0.0f, 0.0f, 0.0f};
  float squares = 0.0f;
  for (int i = laneOf(); i < width; i += WARP) {
    const float off = hidden[vectors.hidden(vector, i)] - norm.mean;
    squares = fmaf(off, off, squares);
  }
  norm.factor = 1.0f / sqrtf(sumOver<WARP>(squares) / width + NORM_EPSILON);
  float total = 0.0f;
  float along = 0.0f;
  for (int i = laneOf(); i < width; i += WARP) {
    const Opened opened = gated.open(vector, i, hidden[vectors.hidden(vector, i)], norm);
    const float ofStandard = opened.gradient * gain[i];
    total += ofStandard;
    along = fmaf(ofStandard, opened.standard, along);
  }
  norm.meanGradient = sumOver<WARP>(total) / width;
  norm.along = sumOver<WARP>(along) / width;
  if (laneOf() == 0) {
    norms[vector] = norm;
  }
}
EXPORT(seaNormBack);

/* What a slice of vectors adds up to, of each of which there are 2D·J numbers. */
enum Summed { BIAS, GAIN, NORM_BIAS, GATE, GATE_AGAIN, GATE_BIAS, GATE_BIAS_AGAIN, SUMMED };

/* grid (slices, ⌈2D·J/blockDim⌉), one thread a number of a vector */
extern "C" __global__ void seaEncoderBack(
    float *__restrict__ hidden,
    const float *__restrict__ gain,
    const float *__restrict__ bias,
    const float *__restrict__ gateWeight,
    const float *__restrict__ ofRows,
    const float *__restrict__ ofEncoded,
    const Norm *__restrict__ norms,
    float *__restrict__ sums,
    SeaAxes axes,
    int joint) {
  const Vectors vectors{axes, joint};
  const Gated gated{vectors, gain, bias, gateWeight, ofRows, ofEncoded};
  const int width = 2 * axes.D * joint;
  const int i = blockIdx.y * blockDim.x + threadIdx.x;
  if (i >= width) {
    return;
  }
  float own[SUMMED] = {};
  const int first = blockIdx.x * SUM_SLICE;
  for (int vector = first; vector < min(first + SUM_SLICE, vectors.count()); vector++) {
    const Norm norm = norms[vector];
    float &number = hidden[vectors.hidden(vector, i)];
    const Opened opened = gated.open(vector, i, number, norm);
    const float *of = gated.gates(vector, i);
    const float ofNumber = norm.factor
        * (opened.gradient * gain[i] - norm.meanGradient - opened.standard * norm.along);
    number = ofNumber;
    own[BIAS] += ofNumber;
    own[GAIN] = fmaf(opened.gradient, opened.standard, own[GAIN]);
    own[NORM_BIAS] += opened.gradient;
    own[GATE] = fmaf(of[0], opened.encoded, own[GATE]);
    own[GATE_AGAIN] = fmaf(of[1], opened.encoded, own[GATE_AGAIN]);
    own[GATE_BIAS] += of[0];
    own[GATE_BIAS_AGAIN] += of[1];
  }
  float *into = sums + (size_t) blockIdx.x * SUMMED * width + i;
#pragma unroll
  for (int kind = 0; kind < SUMMED; kind++) {
    into[kind * width] = own[kind];
  }
}
EXPORT(seaEncoderBack);

/* grid (⌈2D·J/blockDim⌉, SUMMED), one thread a number of a vector */
extern "C" __global__ void seaEncoderTotals(
    const float *__restrict__ sums,
    float *__restrict__ ofBias,
    float *__restrict__ ofGain,
    float *__restrict__ ofNormBias,
    float *__restrict__ ofGates,
    float *__restrict__ ofGateBias,
    SeaAxes axes,
    int joint,
    int slices) {
  const int ofHead = 2 * axes.D;
  const int width = ofHead * joint;
  const int kind = blockIdx.y;
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const bool shared = kind >= GATE; // by the heads of a vector
  const int count = kind >= GATE_BIAS ? 1 : shared ? ofHead : width;
  if (i >= count) {
    return;
  }
  double sum = 0;
  for (int slice = 0; slice < slices; slice++) {
    for (int part = 0; part < (shared ? joint : 1); part++) {
      sum += sums[((size_t) slice * SUMMED + kind) * width + part * ofHead + i];
    }
  }
  float *into = kind == BIAS ? ofBias
      : kind == GAIN         ? ofGain
      : kind == NORM_BIAS    ? ofNormBias
      : kind == GATE         ? ofGates
      : kind == GATE_AGAIN   ? ofGates + ofHead
      : kind == GATE_BIAS    ? ofGateBias
                             : ofGateBias + 1;
  into[i] = (float) sum;
}
EXPORT(seaEncoderTotals);

/* grid (⌈vectors/64⌉, ⌈3D·J/64⌉), block PRODUCT_THREADS */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaSeenBack(
    const float *__restrict__ ofHidden,
    const float *__restrict__ weight,
    const int *__restrict__ rank,
    float *__restrict__ ofContext,
    float *__restrict__ ofValue,
    SeaAxes axes,
    int joint) {
  __shared__ Tile<64, 64> tile;
  const Vectors vectors{axes, joint};
  const int firstVector = 64 * blockIdx.x;
  const int firstColumn = 64 * blockIdx.y;
  const int D = axes.D;
  const int inputs = 3 * D * joint;

  Sums sums;
  addProduct<Along::DEPTH, Along::EDGE>(
      sums,
      2 * D * joint,
      [&](int i, int k) {
        const int vector = firstVector + i;
        return vector < vectors.count() ? ofHidden[vectors.hidden(vector, k)] : 0.0f;
      },
      [&](int k, int j) {
        const int column = firstColumn + j;
        return column < inputs ? weight[(size_t) k * inputs + column] : 0.0f;
      },
      tile);

  eachSum<64>(sums, [&](int i, int j, float sum) {
    const int vector = firstVector + i;
    const int column = firstColumn + j;
    if (vector >= vectors.count() || column >= inputs) {
      return;
    }
    const size_t head = vectors.head(vector, column / (3 * D));
    const int row = vectors.row(vector);
    const int at = column % (3 * D);
    const int position = row * axes.n;
    if (at < 2 * D) {
      ofContext[(head * axes.R + row) * 2 * D + at] = sum;
    } else if (rank == nullptr || rank[head / axes.H * axes.T + position] > 0) {
      ofValue[(head * axes.T + position) * D + at - 2 * D] += sum;
    }
  });
}
EXPORT(seaSeenBack);

/* grid (slices, ⌈2D·J/64⌉, ⌈3D·J/64⌉), block PRODUCT_THREADS */
template <class T>
__device__ __forceinline__ void encoderWeights(
    const float *__restrict__ ofHidden,
    const float *__restrict__ context,
    const T *__restrict__ value,
    const int *__restrict__ rank,
    float *__restrict__ products,
    const SeaAxes &axes,
    int joint) {
  __shared__ Tile<64, 64> tile;
  const Vectors vectors{axes, joint};
  const Seen<T> seen{vectors, context, value, rank};
  const int first = blockIdx.x * PRODUCT_SLICE;
  const int firstRow = 64 * blockIdx.y;
  const int firstColumn = 64 * blockIdx.z;
  const int outputs = 2 * axes.D * joint;
  const int inputs = 3 * axes.D * joint;

  Sums sums;
  addProduct<Along::EDGE, Along::EDGE>(
      sums,
      min(PRODUCT_SLICE, vectors.count() - first),
      [&](int i, int k) {
        const int row = firstRow + i;
        return row < outputs ? ofHidden[vectors.hidden(first + k, row)] : 0.0f;
      },
      [&](int k, int j) {
        const int column = firstColumn + j;
        return column < inputs ? seen(first + k, column) : 0.0f;
      },
      tile);

  float *into = products + (size_t) blockIdx.x * outputs * inputs;
  eachSum<64>(sums, [&](int i, int j, float sum) {
    const int row = firstRow + i;
    const int column = firstColumn + j;
    if (row < outputs && column < inputs) {
      into[(size_t) row * inputs + column] = sum;
    }
  });
}

#define SEA_ENCODER_WEIGHTS(T)                                                                     \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaEncoderWeights_##T(             \
      const float *ofHidden, const float *context, const T *value, const int *rank,                \
      float *products, SeaAxes axes, int joint) {                                                  \
    encoderWeights(ofHidden, context, value, rank, products, axes, joint);                         \
  }                                                                                                \
  EXPORT(seaEncoderWeights_##T)

SEA_ENCODER_WEIGHTS(float);
SEA_ENCODER_WEIGHTS(f16);
SEA_ENCODER_WEIGHTS(bf16);

/* One thread a number of `count`. */
extern "C" __global__ void seaTotals(
    const float *__restrict__ sums, float *__restrict__ totals, int count, int slices) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count) {
    return;
  }
  double sum = 0;
  for (int slice = 0; slice < slices; slice++) {
    sum += sums[(size_t) slice * count + i];
  }
  totals[i] = (float) sum;
}
EXPORT(seaTotals);
