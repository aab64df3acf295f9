/*
 * What the estimate and the gates are read from, and both of them (section 3.2 of the paper):
 *
 *   seaEncode      hidden = [context, value]·Wᵀ + b
 *   seaNormGelu  hidden = GELU(LN(hidden)),  GELU(x) = x·Φ(x)
 *   seaStrips      strips = hidden·Wᵀ + b; strip s of head h is channel 2h + s of the picture
 *   seaGates       σ(hidden·Wᵀ + b): of the sparse attention of a row, and β, its part in the mixture
 *
 *   context  [B, H, R, 2D]       value   [B, H, T, D] as T    rank   [B, T] or null
 *   hidden   [B, H, R, 2D]       strips  [B, 2H, R, W]      gates  [B, H, R, 2]
 *
 * A vector to encode is a row of one head, or of J = H heads side by side if the encoder is joint;
 * J = 1 otherwise. Its weights are [2D·J, 3D·J]. Norms: variance of the vector, 1e-5.
 *
 * Floor of a row and head, D = 64, M = 128, J = 1: 2·(6D² + 2D·2W + 4D) = 66 kFLOP; contexts, values
 * and strips once, hidden five times, 4·(3D + 2W + 10D) = 3.6 KB: bound by arithmetic in f32.
 * Reference: Estimate.java.
 */
#include "sea_cores.cuh"
#include "sea_vectors.cuh"


/* grid (⌈vectors/64⌉, ⌈2D·J/64⌉), block PRODUCT_THREADS */
template <class Cores, class T>
__device__ __forceinline__ void encode(
    const float *__restrict__ context,
    const T *__restrict__ value,
    const int *__restrict__ rank,
    const float *__restrict__ weight,
    const float *__restrict__ bias,
    float *__restrict__ hidden,
    const SeaAxes &axes,
    int joint) {
  __shared__ typename Cores::template Tile<64, 64> tile;
  const Vectors vectors{axes, joint};
  const Seen<T> seen{vectors, context, value, rank};
  const int firstVector = 64 * blockIdx.x;
  const int firstColumn = 64 * blockIdx.y;
  const int inputs = 3 * axes.D * joint;
  const int outputs = 2 * axes.D * joint;

  typename Cores::Sums sums;
  addProduct<Along::DEPTH, Along::DEPTH>(
      sums,
      inputs,
      [&](int i, int k) {
        const int vector = firstVector + i;
        return vector < vectors.count() ? seen(vector, k) : 0.0f;
      },
      [&](int k, int j) {
        const int column = firstColumn + j;
        return column < outputs ? weight[(size_t) column * inputs + k] : 0.0f;
      },
      tile);

  eachSum<64>(sums, [&](int i, int j, float sum) {
    const int vector = firstVector + i;
    const int column = firstColumn + j;
    if (vector < vectors.count() && column < outputs) {
      hidden[vectors.hidden(vector, column)] = sum + bias[column];
    }
  });
}

#define SEA_ENCODE(name, Cores, T)                                                                 \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) name##_##T(                        \
      const float *context, const T *value, const int *rank, const float *weight,                  \
      const float *bias, float *hidden, SeaAxes axes, int joint) {                                 \
    encode<Cores>(context, value, rank, weight, bias, hidden, axes, joint);                        \
  }                                                                                                \
  EXPORT(name##_##T)

SEA_ENCODE(seaEncode, OrdinaryCores, float);
SEA_ENCODE(seaEncode, OrdinaryCores, f16);
SEA_ENCODE(seaEncode, OrdinaryCores, bf16);
#if __CUDA_ARCH__ >= 800
SEA_ENCODE(seaEncodeTensor, TensorCores, f16);
SEA_ENCODE(seaEncodeTensor, TensorCores, bf16);
#endif

/* grid (⌈vectors/warps of a block⌉), a warp a vector */
extern "C" __global__ void seaNormGelu(
    float *__restrict__ hidden,
    const float *__restrict__ gain,
    const float *__restrict__ bias,
    SeaAxes axes,
    int joint) {
  const Vectors vectors{axes, joint};
  const int vector = blockIdx.x * warpsOfBlock() + warpOf();
  if (vector >= vectors.count()) {
    return;
  }
  const int width = 2 * axes.D * joint;
  float sum = 0.0f;
  for (int i = laneOf(); i < width; i += WARP) {
    sum += hidden[vectors.hidden(vector, i)];
  }
  const float mean = sumOver<WARP>(sum) / width;
  float squares = 0.0f;
  for (int i = laneOf(); i < width; i += WARP) {
    const float off = hidden[vectors.hidden(vector, i)] - mean;
    squares = fmaf(off, off, squares);
  }
  const float factor = 1.0f / sqrtf(sumOver<WARP>(squares) / width + NORM_EPSILON);
  for (int i = laneOf(); i < width; i += WARP) {
    float &number = hidden[vectors.hidden(vector, i)];
    const float normal = (number - mean) * factor * gain[i] + bias[i];
    number = 0.5f * normal * (1.0f + erff(normal * 0.70710678f)); // √½
  }
}
EXPORT(seaNormGelu);

/* grid (⌈B·H·R/64⌉, ⌈2W/64⌉), block PRODUCT_THREADS */
template <class Cores>
__device__ __forceinline__ void makeStrips(
    const float *__restrict__ hidden,
    const float *__restrict__ weight,
    const float *__restrict__ bias,
    float *__restrict__ strips,
    const SeaAxes &axes) {
  __shared__ typename Cores::template Tile<64, 64> tile;
  const int firstVector = 64 * blockIdx.x;
  const int firstColumn = 64 * blockIdx.y;
  const int vectors = axes.B * axes.H * axes.R;
  const int inputs = 2 * axes.D;
  const int outputs = 2 * axes.W;

  typename Cores::Sums sums;
  addProduct<Along::DEPTH, Along::DEPTH>(
      sums,
      inputs,
      [&](int i, int k) {
        const int vector = firstVector + i;
        return vector < vectors ? hidden[(size_t) vector * inputs + k] : 0.0f;
      },
      [&](int k, int j) {
        const int column = firstColumn + j;
        return column < outputs ? weight[(size_t) column * inputs + k] : 0.0f;
      },
      tile);

  eachSum<64>(sums, [&](int i, int j, float sum) {
    const int vector = firstVector + i;
    const int column = firstColumn + j;
    if (vector < vectors && column < outputs) {
      const size_t channel = (size_t) vector / axes.R * 2 + column / axes.W;
      strips[(channel * axes.R + vector % axes.R) * axes.W + column % axes.W] = sum + bias[column];
    }
  });
}

#define SEA_STRIPS(name, Cores)                                                                    \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) name(                              \
      const float *hidden, const float *weight, const float *bias, float *strips, SeaAxes axes) {  \
    makeStrips<Cores>(hidden, weight, bias, strips, axes);                                         \
  }                                                                                                \
  EXPORT(name)

SEA_STRIPS(seaStrips, OrdinaryCores);
#if __CUDA_ARCH__ >= 800
SEA_STRIPS(seaStripsTensor, TensorCores);
#endif

/* grid (⌈B·H·R/warps of a block⌉), a warp a row of a head */
extern "C" __global__ void seaGates(
    const float *__restrict__ hidden,
    const float *__restrict__ weight,
    const float *__restrict__ bias,
    float *__restrict__ gates,
    SeaAxes axes) {
  const int vector = blockIdx.x * warpsOfBlock() + warpOf();
  if (vector >= axes.B * axes.H * axes.R) {
    return;
  }
  const int inputs = 2 * axes.D;
  for (int gate = 0; gate < 2; gate++) {
    float sum = 0.0f;
    for (int i = laneOf(); i < inputs; i += WARP) {
      sum = fmaf(hidden[(size_t) vector * inputs + i], weight[gate * inputs + i], sum);
    }
    sum = sumOver<WARP>(sum);
    if (laneOf() == 0) {
      gates[(size_t) vector * 2 + gate] = 1.0f / (1.0f + expf(-(sum + bias[gate])));
    }
  }
}
EXPORT(seaGates);
