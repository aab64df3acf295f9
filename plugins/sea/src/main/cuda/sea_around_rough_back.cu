/*
 * The way back of attention by random features where every query sees all keys (sea_around_rough.cu,
 * sea_around_features.cu), c = φ(q)·S / φ(q)·z, with dN = dc/m and dm = −dc·c/m of seaRoughQuotient:
 *
 *   dφ(q) = S·dN + z·dm      dS = Σ φ(q)dNᵀ     dz = Σ φ(q)·dm          over all queries
 *   dφ(k) = dS·u + dz        dv = dSᵀ·φ(k), of the columns of values
 *   de = dφ·(φ − 1e-4)       of the exponent e = ω·x − |x|²/2 − shift
 *   dx += scale·Σ de·ω − scale²·(Σ de)·x,     and what the shift gets, −Σ de, goes where it was found:
 *   to the query's greatest feature, and to that key of the head that has the greatest of all
 *
 *   seaAroundStrongest          of every chunk of 128 keys the first number that equals the shift; before
 *                               features are opened
 *   seaAroundQueryFeaturesBack  de of queries, but for the shift
 *   seaQuerySums (sea_rough_back.cu), seaAroundTotals (sea_around_rough.cu)      dS, dz
 *   seaAroundPlacedBack         dv
 *   seaAroundKeyFeaturesBack    de of keys, in the place of φ(k), which nobody reads then
 *   seaAroundExponentsBack      −scale²·(Σ de)·x; the shift of queries, and Σ de of every key
 *   seaFeaturesBack (sea_rough_back.cu)      scale·Σ de·ω
 *   seaAroundShiftBack          the shift of keys
 *
 *   queryFeatures  [G, R, F]    keyFeatures  [G, T, F]    states  [G, ⌈T/128⌉, F·2D + F], the first chunk's
 *   ofNumerator    [G, R, 2D]   ofMass       [G, R]       ofFeatures  [G, R, F]
 *   place, counted [B, T]       value, x     [G, T, D] as T
 *   ofVector, ofValue  [G, T, D]              omega  [F, D]
 *   shift  [G]     strongest  [G, ⌈T/128⌉]    ofShift  [G, T]
 *
 * Padding takes part as a key, as published; its value does not. Where the shift is a constant, ofShift
 * is null and nothing is handed to it.
 *
 * Floor of a position and head, D = 64, F = 266, n = 1: four products of 2·F·2D, less the places' of dv,
 * and two of 2·F·D: 306 kFLOP; features seven times and their gradients four: 11.7 KB: bound by
 * arithmetic in f32. Reference: QuerySums.java, KeySumsGradient.java, RoughFeatures.java.
 */
#include <limits.h>

#include "sea_placed.cuh"
#include "sea_product.cuh"

constexpr float EXPONENTIAL_EPSILON = 1e-4f;
constexpr int NONE = INT_MAX;
constexpr int MOST_WARPS = 32; // of a block

/* The lowest of all that the threads of a block have, in all of them. */
__device__ __forceinline__ int lowestOfBlock(int own) {
  __shared__ int ofWarps[MOST_WARPS];
  for (int off = WARP / 2; off > 0; off /= 2) {
    own = min(own, __shfl_xor_sync(ALL_LANES, own, off));
  }
  if (laneOf() == 0) {
    ofWarps[warpOf()] = own;
  }
  __syncthreads();
  for (int warp = 0; warp < warpsOfBlock(); warp++) {
    own = min(own, ofWarps[warp]);
  }
  return own;
}

/* The sum of what the threads of a block have, in all of them, always in one order. */
__device__ __forceinline__ double sumOfBlock(double own) {
  __shared__ double ofWarps[MOST_WARPS];
  for (int off = WARP / 2; off > 0; off /= 2) {
    own += __shfl_xor_sync(ALL_LANES, own, off);
  }
  if (laneOf() == 0) {
    ofWarps[warpOf()] = own;
  }
  __syncthreads();
  double sum = 0;
  for (int warp = 0; warp < warpsOfBlock(); warp++) {
    sum += ofWarps[warp];
  }
  return sum;
}

/* grid (⌈T/128⌉, G) */
extern "C" __global__ void seaAroundStrongest(
    const float *__restrict__ projected,
    const float *__restrict__ shift,
    int *__restrict__ strongest,
    SeaAxes axes) {
  const int first = blockIdx.x * CHUNK;
  const int count = min(CHUNK, axes.T - first) * axes.F;
  const float *of = projected + ((size_t) blockIdx.y * axes.T + first) * axes.F;
  int own = NONE;
  for (int i = threadIdx.x; i < count; i += blockDim.x) {
    own = own == NONE && of[i] == shift[blockIdx.y] ? i : own;
  }
  own = lowestOfBlock(own);
  if (threadIdx.x == 0) {
    strongest[(size_t) blockIdx.y * gridDim.x + blockIdx.x] = own;
  }
}
EXPORT(seaAroundStrongest);

__device__ __forceinline__ size_t stateOfHead(int head, const SeaAxes &axes) {
  return (size_t) head * chunksOf(axes) * stateSize(axes);
}

/* grid (⌈R/64⌉, ⌈F/64⌉, G), block PRODUCT_THREADS */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaAroundQueryFeaturesBack(
    const float *__restrict__ queryFeatures,
    const float *__restrict__ states,
    const float *__restrict__ ofNumerator,
    const float *__restrict__ ofMass,
    float *__restrict__ ofFeatures,
    SeaAxes axes) {
  __shared__ Tile<64, 64> tile;
  const int firstRow = 64 * blockIdx.x;
  const int firstFeature = 64 * blockIdx.y;
  const int width = 2 * axes.D;
  const size_t ofHead = (size_t) blockIdx.z * axes.R;
  const float *state = states + stateOfHead(blockIdx.z, axes);
  const float *z = state + (size_t) axes.F * width;

  Sums sums;
  addProduct<Along::DEPTH, Along::DEPTH>(
      sums,
      width,
      [&](int i, int c) {
        const int row = firstRow + i;
        return row < axes.R ? ofNumerator[(ofHead + row) * width + c] : 0.0f;
      },
      [&](int c, int j) {
        const int f = firstFeature + j;
        return f < axes.F ? state[(size_t) f * width + c] : 0.0f;
      },
      tile);

  eachSum<64>(sums, [&](int i, int j, float sum) {
    const int row = firstRow + i;
    const int f = firstFeature + j;
    if (row < axes.R && f < axes.F) {
      const size_t at = (ofHead + row) * axes.F + f;
      const float ofFeature = fmaf(z[f], ofMass[ofHead + row], sum);
      ofFeatures[at] = ofFeature * (queryFeatures[at] - EXPONENTIAL_EPSILON);
    }
  });
}
EXPORT(seaAroundQueryFeaturesBack);

/* grid (⌈T/64⌉, ⌈D/64⌉, G), block PRODUCT_THREADS */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaAroundPlacedBack(
    const float *__restrict__ keyFeatures,
    const float *__restrict__ states,
    const int *__restrict__ counted,
    float *__restrict__ ofValue,
    SeaAxes axes,
    int firstHead) {
  __shared__ Tile<64, 64> tile;
  const int first = 64 * blockIdx.x;
  const int firstColumn = 64 * blockIdx.y;
  const size_t sequence = (size_t) ((firstHead + blockIdx.z) / axes.H) * axes.T;
  const size_t ofHead = (size_t) blockIdx.z * axes.T;
  const float *state = states + stateOfHead(blockIdx.z, axes);

  Sums sums;
  addProduct<Along::DEPTH, Along::EDGE>(
      sums,
      axes.F,
      [&](int i, int f) {
        const int t = first + i;
        return t < axes.T ? keyFeatures[(ofHead + t) * axes.F + f] : 0.0f;
      },
      [&](int f, int j) {
        const int d = firstColumn + j;
        return d < axes.D ? state[(size_t) f * 2 * axes.D + axes.D + d] : 0.0f;
      },
      tile);

  eachSum<64>(sums, [&](int i, int j, float sum) {
    const int t = first + i;
    const int d = firstColumn + j;
    if (t < axes.T && d < axes.D && counted[sequence + t] != 0) {
      ofValue[(ofHead + t) * axes.D + d] += sum;
    }
  });
}
EXPORT(seaAroundPlacedBack);

/* grid (⌈T/64⌉, ⌈F/64⌉, G), block PRODUCT_THREADS */
template <class T>
__device__ __forceinline__ void keyFeaturesBack(
    float *__restrict__ keyFeatures,
    const float *__restrict__ place,
    const int *__restrict__ counted,
    const T *__restrict__ value,
    const float *__restrict__ states,
    const SeaAxes &axes,
    int firstHead) {
  __shared__ Tile<64, 64> tile;
  const int first = 64 * blockIdx.x;
  const int firstFeature = 64 * blockIdx.y;
  const int width = 2 * axes.D;
  const size_t sequence = (size_t) ((firstHead + blockIdx.z) / axes.H) * axes.T;
  const size_t ofHead = (size_t) blockIdx.z * axes.T;
  const float *state = states + stateOfHead(blockIdx.z, axes);
  const float *mass = state + (size_t) axes.F * width; // dz

  Sums sums;
  addProduct<Along::DEPTH, Along::DEPTH>(
      sums,
      width,
      [&](int i, int c) {
        const int t = first + i;
        if (t >= axes.T || counted[sequence + t] == 0) {
          return 0.0f;
        }
        return c < axes.D ? fmaxf(1.0f - fabsf(place[sequence + t] - c), 0.0f)
                          : toFloat(value[(ofHead + t) * axes.D + c - axes.D]);
      },
      [&](int c, int j) {
        const int f = firstFeature + j;
        return f < axes.F ? state[(size_t) f * width + c] : 0.0f;
      },
      tile);

  eachSum<64>(sums, [&](int i, int j, float sum) {
    const int t = first + i;
    const int f = firstFeature + j;
    if (t < axes.T && f < axes.F) {
      float &number = keyFeatures[(ofHead + t) * axes.F + f];
      number = (sum + mass[f]) * (number - EXPONENTIAL_EPSILON);
    }
  });
}

/*
 * grid (⌈rows/warps of a block⌉, G), a warp a vector; row r is that of position r·every
 *
 *   features     of queries, whose greatest shifted them; null of keys, and where the shift is constant
 *   ofExponents  [G, rows] of Σ de; null of queries, and where the shift is constant
 */
template <class T>
__device__ __forceinline__ void exponentsBack(
    const T *__restrict__ x,
    const float *__restrict__ features,
    float *__restrict__ ofFeatures,
    float *__restrict__ ofExponents,
    float *__restrict__ ofVector,
    const SeaAxes &axes,
    int rows,
    int every,
    float scale) {
  const int row = blockIdx.x * warpsOfBlock() + warpOf();
  if (row >= rows) {
    return;
  }
  const size_t own = (size_t) blockIdx.y * rows + row;
  float *of = ofFeatures + own * axes.F;
  float sum = 0.0f;
  for (int f = laneOf(); f < axes.F; f += WARP) {
    sum += of[f];
  }
  sum = sumOver<WARP>(sum);

  if (features != nullptr) {
    float greatest = -INFINITY;
    int strongest = NONE; // of equals the first
    for (int f = laneOf(); f < axes.F; f += WARP) {
      const float feature = features[own * axes.F + f];
      strongest = feature > greatest ? f : strongest;
      greatest = fmaxf(greatest, feature);
    }
    const float ofAll = greatestOver<WARP>(greatest);
    strongest = greatest == ofAll ? strongest : NONE;
    for (int off = WARP / 2; off > 0; off /= 2) {
      strongest = min(strongest, __shfl_xor_sync(ALL_LANES, strongest, off));
    }
    if (laneOf() == 0 && strongest != NONE) {
      of[strongest] -= sum;
    }
  }
  if (ofExponents != nullptr && laneOf() == 0) {
    ofExponents[own] = sum;
  }
  const size_t first = ((size_t) blockIdx.y * axes.T + (size_t) row * every) * axes.D;
  const float factor = -scale * scale * sum;
  for (int d = laneOf(); d < axes.D; d += WARP) {
    ofVector[first + d] = fmaf(factor, toFloat(x[first + d]), ofVector[first + d]);
  }
}

#define SEA_AROUND_ROUGH_BACK(T)                                                                   \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaAroundKeyFeaturesBack_##T(      \
      float *keyFeatures, const float *place, const int *counted, const T *value,                  \
      const float *states, SeaAxes axes, int firstHead) {                                          \
    keyFeaturesBack(keyFeatures, place, counted, value, states, axes, firstHead);                  \
  }                                                                                                \
  EXPORT(seaAroundKeyFeaturesBack_##T);                                                            \
  extern "C" __global__ void seaAroundExponentsBack_##T(                                           \
      const T *x, const float *features, float *ofFeatures, float *ofExponents, float *ofVector,   \
      SeaAxes axes, int rows, int every, float scale) {                                            \
    exponentsBack(x, features, ofFeatures, ofExponents, ofVector, axes, rows, every, scale);       \
  }                                                                                                \
  EXPORT(seaAroundExponentsBack_##T)

SEA_AROUND_ROUGH_BACK(float);
SEA_AROUND_ROUGH_BACK(f16);
SEA_AROUND_ROUGH_BACK(bf16);

/* grid (G); the block adds up the exponents of all keys of a head */
extern "C" __global__ void seaAroundShiftBack(
    const float *__restrict__ ofExponents,
    const int *__restrict__ strongest,
    const float *__restrict__ omega,
    float *__restrict__ ofKey,
    SeaAxes axes,
    float scale) {
  const size_t head = blockIdx.x;
  const int chunks = chunksOf(axes);
  double sum = 0;
  for (int t = threadIdx.x; t < axes.T; t += blockDim.x) {
    sum += ofExponents[head * axes.T + t];
  }
  const float total = (float) -sumOfBlock(sum);
  int chunk = NONE;
  for (int i = threadIdx.x; i < chunks; i += blockDim.x) {
    chunk = chunk == NONE && strongest[head * chunks + i] != NONE ? i : chunk;
  }
  chunk = lowestOfBlock(chunk);
  if (chunk == NONE) {
    return; // nothing is greatest where there are NaN
  }
  const int found = strongest[head * chunks + chunk];
  const size_t t = (size_t) chunk * CHUNK + found / axes.F;
  const float *direction = omega + (size_t) (found % axes.F) * axes.D;
  for (int d = threadIdx.x; d < axes.D; d += blockDim.x) {
    float &number = ofKey[(head * axes.T + t) * axes.D + d];
    number = fmaf(scale * total, direction[d], number);
  }
}
EXPORT(seaAroundShiftBack);
