/*
 * Attention by random features where every query sees all keys: the rough context of every row,
 *
 *   context = φ(Q)·S / φ(Q)·z,     S = Σ φ(k)uᵀ,  z = Σ φ(k),  u = [place, value]
 *
 *   seaAroundSums      S and z of every chunk of 128 keys by itself
 *   seaAroundTotals    of all, in the place of the first chunk's; added in double precision, in order
 *   seaAroundContext   the quotient
 *
 *   queryFeatures  [G, R, F]         keyFeatures  [G, T, F]        of G heads from firstHead on
 *   place          [B, T]            from 0 to D − 1; −1 for padding
 *   counted        [B, T]            0 for padding, whose values are zero; its features are not, as
 *                                    published
 *   value          [G, T, D] as T
 *   states         [G, ⌈T/128⌉, F·2D + F]      S, then z
 *   context        [G, R, 2D]                   masses  [G, R], φ(Q)·z, or null: of no use
 *
 * A place is a soft one-hot vector of D: of the two unit vectors next to it, each by its nearness.
 *
 * Floor of a position and head, D = 64, F = 266: S and back 2·2·F·2D = 136 kFLOP; features twice,
 * values and contexts 4·(2F + 3D) = 2.9 KB and states 2·4·268 = 2.1 KB: bound by arithmetic in f32.
 * Reference: Performer.java, RoughTotals.java.
 */
#include "sea_sums.cuh"

/* grid (⌈F/64⌉·⌈2D/64⌉, chunks, G), block PRODUCT_THREADS */
template <class Cores, class T>
__device__ __forceinline__ void aroundSums(
    const float *__restrict__ keyFeatures,
    const float *__restrict__ place,
    const int *__restrict__ counted,
    const T *__restrict__ value,
    float *__restrict__ states,
    const SeaAxes &axes,
    int firstHead) {
  const int first = blockIdx.y * CHUNK;
  const size_t sequence = (size_t) ((firstHead + blockIdx.z) / axes.H) * axes.T;
  const size_t ofHead = (size_t) blockIdx.z * axes.T;
  sumFeatures<Cores>(
      keyFeatures + (ofHead + first) * axes.F,
      min(CHUNK, axes.T - first),
      [&](int j, int column) {
        const int t = first + j;
        if (column < axes.D) {
          return fmaxf(1.0f - fabsf(place[sequence + t] - column), 0.0f);
        }
        return counted[sequence + t] == 0
            ? 0.0f
            : toFloat(value[(ofHead + t) * axes.D + column - axes.D]);
      },
      states + ((size_t) blockIdx.z * chunksOf(axes) + blockIdx.y) * stateSize(axes),
      axes);
}

/* grid (⌈(F·2D + F)/blockDim⌉, G), one thread a number of a state */
extern "C" __global__ void seaAroundTotals(float *states, SeaAxes axes) {
  const size_t i = (size_t) blockIdx.x * blockDim.x + threadIdx.x;
  const size_t size = stateSize(axes);
  if (i >= size) {
    return;
  }
  const int chunks = chunksOf(axes);
  float *state = states + (size_t) blockIdx.y * chunks * size + i;
  double sum = 0;
  for (int chunk = 0; chunk < chunks; chunk++) {
    sum += state[chunk * size];
  }
  *state = (float) sum;
}
EXPORT(seaAroundTotals);

/* grid (⌈R/64⌉, G), block PRODUCT_THREADS; a block has 64 rows */
template <class Cores>
__device__ __forceinline__ void aroundContext(
    const float *__restrict__ queryFeatures,
    const float *__restrict__ states,
    float *__restrict__ context,
    float *__restrict__ masses,
    const SeaAxes &axes) {
  __shared__ typename Cores::template Tile<64, 64> tile;
  __shared__ float mass[64];
  const int firstRow = 64 * blockIdx.x;
  const int rows = min(64, axes.R - firstRow);
  const int width = 2 * axes.D;
  const size_t ofHead = (size_t) blockIdx.y * axes.R + firstRow;
  const float *state = states + (size_t) blockIdx.y * chunksOf(axes) * stateSize(axes);
  const auto query = [&](int i, int f) {
    return i < rows ? queryFeatures[(ofHead + i) * axes.F + f] : 0.0f;
  };

  const float *z = state + (size_t) axes.F * width;
  for (int i = warpOf(); i < rows; i += PRODUCT_THREADS / WARP) {
    float sum = 0.0f;
    for (int f = laneOf(); f < axes.F; f += WARP) {
      sum = fmaf(query(i, f), z[f], sum);
    }
    sum = sumOver<WARP>(sum);
    if (laneOf() == 0) {
      mass[i] = sum;
      if (masses != nullptr) {
        masses[ofHead + i] = sum;
      }
    }
  }
  __syncthreads();

  for (int firstColumn = 0; firstColumn < width; firstColumn += 64) {
    typename Cores::Sums mixed;
    addProduct<Along::DEPTH, Along::EDGE>(
        mixed,
        axes.F,
        query,
        [&](int f, int c) {
          const int column = firstColumn + c;
          return column < width ? state[(size_t) f * width + column] : 0.0f;
        },
        tile);
    eachSum<64>(mixed, [&](int i, int c, float sum) {
      const int column = firstColumn + c;
      if (i < rows && column < width) {
        context[(ofHead + i) * width + column] = sum / mass[i];
      }
    });
  }
}

#define SEA_AROUND_SUMS(name, Cores, T)                                                            \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) name##_##T(                        \
      const float *keyFeatures, const float *place, const int *counted, const T *value,            \
      float *states, SeaAxes axes, int firstHead) {                                                \
    aroundSums<Cores>(keyFeatures, place, counted, value, states, axes, firstHead);                \
  }                                                                                                \
  EXPORT(name##_##T)

#define SEA_AROUND_CONTEXT(name, Cores)                                                            \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) name(                              \
      const float *queryFeatures, const float *states, float *context, float *masses,              \
      SeaAxes axes) {                                                                              \
    aroundContext<Cores>(queryFeatures, states, context, masses, axes);                            \
  }                                                                                                \
  EXPORT(name)

SEA_AROUND_SUMS(seaAroundSums, OrdinaryCores, float);
SEA_AROUND_SUMS(seaAroundSums, OrdinaryCores, f16);
SEA_AROUND_SUMS(seaAroundSums, OrdinaryCores, bf16);
SEA_AROUND_CONTEXT(seaAroundContext, OrdinaryCores);
#if __CUDA_ARCH__ >= 800
SEA_AROUND_SUMS(seaAroundSumsTensor, TensorCores, f16);
SEA_AROUND_SUMS(seaAroundSumsTensor, TensorCores, bf16);
SEA_AROUND_CONTEXT(seaAroundContextTensor, TensorCores);
#endif
