/*
 * The way back of causal attention by random features (sea_rough.cu), c = N/m, in linear time:
 *
 *   dN_t = dc_t/m_t     dm_t = −dc_t·c_t/m_t
 *   dφ(q_t) = S·dN_t + (z + 1e-6)·dm_t + Σ_j (u_j·dN_t + dm_t)·φ(k_j)       j ≤ t in the chunk of t
 *   dφ(k_j) = P·u_j + ρ + Σ_t (u_j·dN_t + dm_t)·φ(q_t)                      t ≥ j in the chunk of j
 *   du_j    = Pᵀ·φ(k_j) + Σ_t A_tj·dN_t      A_tj = φ(q_t)·φ(k_j)
 *   P = Σ φ(q_t)dN_tᵀ   ρ = Σ φ(q_t)·dm_t    of all t in chunks behind
 *   dx += scale·ωᵀ·dφ(x), but nothing from features that the ReLU shut
 *
 *   seaRoughQuotient        dN, dm
 *   seaQueryFeaturesBack    dφ(q), with the states S and z of sea_rough.cu
 *   seaFeaturesBack         dq or dk from dφ
 *   seaQuerySums            P and ρ of every chunk by itself
 *   seaQueryScan            of every chunk, those of all chunks behind it; added in double precision
 *   seaPlacedBack           du: dv, and what a head has of the gradients of places
 *   seaKeyFeaturesBack      dφ(k), in the place of φ(k), which nobody else reads then
 *   seaPlacesBack           places' gradients over the heads, group by group, in double precision
 *
 *   queryFeatures  [G, R, F]   keyFeatures  [G, T, F]   states  [G, ⌈T/128⌉, F·2D + F]
 *   mass, ofMass   [B, H, R]   context      [B, H, R, 2D]
 *   ofContext      [B, H, R, 2D]  in: dc; out: dN
 *   ofFeatures     [G, R, F]   ofPlaces     [G, T, D]   placeSums  [T, D] in f64
 *   ofQuery, ofKey, ofValue    [B, H, T, D]
 *
 * Of what all heads have, kernels of G heads are shown the part of these. Chunks, tiles and sums are
 * those of the way forward; tables of a chunk, 64 × 128, live in shared memory. Values before the
 * first real key are constants; their keys are not, as published.
 *
 * Floor of a position and head, D = 64, F = 266: P and what dφ(q), dφ(k) and du have of a state,
 * 4·2·F·2D = 272 kFLOP; the own chunk 2·64·(3F + 3·2D) = 151; dq and dk 2·2·F·D = 68: 491 kFLOP.
 * Features seven times, their gradients four: 4·11·F = 11.7 KB, and states five times, 5·4·268 =
 * 5.4 KB: bound by arithmetic in f32. What the way forward does once more is not counted.
 * Reference: QueryGradient.java, KeyGradient.java.
 */
#include "sea_placed.cuh"
#include "sea_product.cuh"

constexpr int MET = 64; // rows of one side that a block has, and a step of the other

/* grid (⌈B·H·R/warps of a block⌉), a warp a row */
extern "C" __global__ void seaRoughQuotient(
    const float *__restrict__ context,
    const float *__restrict__ mass,
    float *__restrict__ ofContext,
    float *__restrict__ ofMass,
    SeaAxes axes) {
  const size_t row = (size_t) blockIdx.x * warpsOfBlock() + warpOf();
  if (row >= (size_t) axes.B * axes.H * axes.R) {
    return;
  }
  const int width = 2 * axes.D;
  const float inverse = 1.0f / mass[row];
  double along = 0; // what it is subtracted from nearly equals it
  for (int i = laneOf(); i < width; i += WARP) {
    float &number = ofContext[row * width + i];
    along += (double) number * context[row * width + i];
    number *= inverse;
  }
  for (int off = WARP / 2; off > 0; off /= 2) {
    along += __shfl_xor_sync(ALL_LANES, along, off);
  }
  if (laneOf() == 0) {
    ofMass[row] = (float) (-along * inverse);
  }
}
EXPORT(seaRoughQuotient);

/* The rows of a chunk, whose gradients one head has. */
struct RowsOfChunk {
  const float *ofNumerator; // [R, 2D]
  const float *ofMass; // [R]
  int first; // row
  int count;
};

/* Rows of the chunk of blockIdx.y from a position of it on. */
__device__ __forceinline__ RowsOfChunk rowsFrom(
    int position, const float *ofNumerator, const float *ofMass, const SeaAxes &axes) {
  const int first = ceilDiv(position, axes.n);
  const int end = min(ceilDiv(((int) blockIdx.y + 1) * CHUNK, axes.n), axes.R);
  return {
      ofNumerator + ((size_t) blockIdx.z * axes.R + first) * 2 * axes.D,
      ofMass + (size_t) blockIdx.z * axes.R + first,
      first,
      max(end - first, 0)};
}

__device__ __forceinline__ size_t stateOfBlock(const SeaAxes &axes) {
  return ((size_t) blockIdx.z * chunksOf(axes) + blockIdx.y) * stateSize(axes);
}

/* grid (⌈⌈128/n⌉/64⌉, chunks, G), block PRODUCT_THREADS; a block has 64 rows of one chunk */
template <class T>
__device__ __forceinline__ void queryFeaturesBack(
    const float *__restrict__ queryFeatures,
    const float *__restrict__ keyFeatures,
    const float *__restrict__ places,
    const T *__restrict__ value,
    const int *__restrict__ rank,
    const float *__restrict__ states,
    const float *__restrict__ ofNumerator,
    const float *__restrict__ ofMass,
    float *__restrict__ ofFeatures,
    const SeaAxes &axes,
    int firstHead) {
  __shared__ Tile<MET, MET> tile;
  __shared__ float met[MET][CHUNK]; // u·dN + dm, zero for the future
  const int first = blockIdx.y * CHUNK;
  const RowsOfChunk all = rowsFrom(first, ofNumerator, ofMass, axes);
  const int offset = MET * blockIdx.x;
  const int rows = min(MET, all.count - offset);
  if (rows <= 0) {
    return;
  }
  const int firstRow = all.first + offset;
  const int keys = (firstRow + rows - 1) * axes.n - first + 1; // that the last row sees
  const int width = 2 * axes.D;
  const float *numerator = all.ofNumerator + (size_t) offset * width;
  const float *masses = all.ofMass + offset;
  const float *features = keyFeatures + ((size_t) blockIdx.z * axes.T + first) * axes.F;
  const size_t own = ((size_t) blockIdx.z * axes.R + firstRow) * axes.F;
  const float *state = states + stateOfBlock(axes);
  const float *before = state + (size_t) axes.F * width; // z
  const Placed<T> u = placed(places, value, rank, axes, firstHead);
  const auto handed = [&](int i, int c) {
    return i < rows ? numerator[(size_t) i * width + c] : 0.0f;
  };

  for (int from = 0; from < keys; from += MET) {
    Sums products;
    addProduct<Along::DEPTH, Along::DEPTH>(
        products,
        width,
        handed,
        [&](int c, int j) { return from + j < keys ? u(first + from + j, c) : 0.0f; },
        tile);
    eachSum<MET>(products, [&](int i, int j, float product) {
      const bool sees = i < rows && first + from + j <= (firstRow + i) * axes.n;
      met[i][from + j] = sees ? product + masses[i] : 0.0f;
    });
  }
  __syncthreads();

  for (int firstFeature = 0; firstFeature < axes.F; firstFeature += MET) {
    Sums sums;
    addProduct<Along::DEPTH, Along::DEPTH>(
        sums,
        width,
        handed,
        [&](int c, int j) {
          const int f = firstFeature + j;
          return f < axes.F ? state[(size_t) f * width + c] : 0.0f;
        },
        tile);
    addProduct<Along::DEPTH, Along::EDGE>(
        sums,
        keys,
        [&](int i, int j) { return met[i][j]; },
        [&](int j, int at) {
          const int f = firstFeature + at;
          return f < axes.F ? features[(size_t) j * axes.F + f] : 0.0f;
        },
        tile);
    eachSum<MET>(sums, [&](int i, int j, float sum) {
      const int f = firstFeature + j;
      if (i < rows && f < axes.F) {
        const size_t at = own + (size_t) i * axes.F + f;
        const bool open = queryFeatures[at] > FEATURE_EPSILON;
        ofFeatures[at] = open ? fmaf(before[f] + MASS, masses[i], sum) : 0.0f;
      }
    });
  }
}

/* grid (⌈rows/64⌉, ⌈D/64⌉, G), block PRODUCT_THREADS; row r is that of position r·every */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaFeaturesBack(
    const float *__restrict__ ofFeatures,
    const float *__restrict__ omega,
    float *__restrict__ ofVectors,
    SeaAxes axes,
    int rows,
    int every,
    float scale) {
  __shared__ Tile<64, 64> tile;
  const int firstRow = 64 * blockIdx.x;
  const int firstColumn = 64 * blockIdx.y;
  const float *of = ofFeatures + (size_t) blockIdx.z * rows * axes.F;
  float *into = ofVectors + (size_t) blockIdx.z * axes.T * axes.D;

  Sums sums;
  addProduct<Along::DEPTH, Along::EDGE>(
      sums,
      axes.F,
      [&](int i, int f) {
        const int row = firstRow + i;
        return row < rows ? of[(size_t) row * axes.F + f] : 0.0f;
      },
      [&](int f, int j) {
        const int d = firstColumn + j;
        return d < axes.D ? omega[(size_t) f * axes.D + d] : 0.0f;
      },
      tile);

  eachSum<64>(sums, [&](int i, int j, float sum) {
    const int row = firstRow + i;
    const int d = firstColumn + j;
    if (row < rows && d < axes.D) {
      float &number = into[(size_t) row * every * axes.D + d];
      number = fmaf(scale, sum, number);
    }
  });
}
EXPORT(seaFeaturesBack);

/* grid (⌈F/64⌉·⌈2D/64⌉, chunks, G), block PRODUCT_THREADS */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaQuerySums(
    const float *__restrict__ queryFeatures,
    const float *__restrict__ ofNumerator,
    const float *__restrict__ ofMass,
    float *__restrict__ states,
    SeaAxes axes) {
  __shared__ Tile<64, 64> tile;
  const int width = 2 * axes.D;
  const int columnTiles = ceilDiv(width, 64);
  const int firstFeature = 64 * (blockIdx.x / columnTiles);
  const int firstColumn = 64 * (blockIdx.x % columnTiles);
  const RowsOfChunk rows = rowsFrom(blockIdx.y * CHUNK, ofNumerator, ofMass, axes);
  const float *features = queryFeatures + ((size_t) blockIdx.z * axes.R + rows.first) * axes.F;
  float *state = states + stateOfBlock(axes);

  Sums sums;
  addProduct<Along::EDGE, Along::EDGE>(
      sums,
      rows.count,
      [&](int i, int t) {
        const int f = firstFeature + i;
        return f < axes.F ? features[(size_t) t * axes.F + f] : 0.0f;
      },
      [&](int t, int c) {
        const int column = firstColumn + c;
        return column < width ? rows.ofNumerator[(size_t) t * width + column] : 0.0f;
      },
      tile);

  eachSum<64>(sums, [&](int i, int c, float sum) {
    const int f = firstFeature + i;
    const int column = firstColumn + c;
    if (f < axes.F && column < width) {
      state[(size_t) f * width + column] = sum;
    }
  });
  const int f = firstFeature + threadIdx.x;
  if (firstColumn == 0 && threadIdx.x < 64 && f < axes.F) {
    float sum = 0.0f;
    for (int t = 0; t < rows.count; t++) {
      sum = fmaf(features[(size_t) t * axes.F + f], rows.ofMass[t], sum);
    }
    state[(size_t) axes.F * width + f] = sum;
  }
}
EXPORT(seaQuerySums);

/* grid (⌈(F·2D + F)/blockDim⌉, G), one thread a number of a state */
extern "C" __global__ void seaQueryScan(float *states, SeaAxes axes) {
  const size_t i = (size_t) blockIdx.x * blockDim.x + threadIdx.x;
  const size_t size = stateSize(axes);
  if (i >= size) {
    return;
  }
  const int chunks = chunksOf(axes);
  float *state = states + (size_t) blockIdx.y * chunks * size + i;
  double behind = 0;
  for (int chunk = chunks - 1; chunk >= 0; chunk--) {
    const float own = state[chunk * size];
    state[chunk * size] = (float) behind;
    behind += own;
  }
}
EXPORT(seaQueryScan);

/* grid (2, chunks, G), block PRODUCT_THREADS; a block has 64 positions of one chunk */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaPlacedBack(
    const float *__restrict__ queryFeatures,
    const float *__restrict__ keyFeatures,
    const int *__restrict__ rank,
    const float *__restrict__ states,
    const float *__restrict__ ofNumerator,
    const float *__restrict__ ofMass,
    float *__restrict__ ofValue,
    float *__restrict__ ofPlaces,
    SeaAxes axes,
    int firstHead) {
  __shared__ Tile<MET, MET> tile;
  __shared__ float met[MET][CHUNK]; // Aᵀ, zero for the past
  const int first = blockIdx.y * CHUNK + MET * blockIdx.x;
  const int positions = min(MET, axes.T - first);
  if (positions <= 0) {
    return;
  }
  const RowsOfChunk rows = rowsFrom(first, ofNumerator, ofMass, axes);
  const int width = 2 * axes.D;
  const float *keys = keyFeatures + ((size_t) blockIdx.z * axes.T + first) * axes.F;
  const float *queries = queryFeatures + ((size_t) blockIdx.z * axes.R + rows.first) * axes.F;
  const float *state = states + stateOfBlock(axes);
  const int *ranks =
      rank == nullptr ? nullptr : rank + (size_t) ((firstHead + blockIdx.z) / axes.H) * axes.T;
  const auto key = [&](int i, int f) {
    return i < positions ? keys[(size_t) i * axes.F + f] : 0.0f;
  };

  for (int from = 0; from < rows.count; from += MET) {
    Sums products;
    addProduct<Along::DEPTH, Along::DEPTH>(
        products,
        axes.F,
        key,
        [&](int f, int t) {
          return from + t < rows.count ? queries[(size_t) (from + t) * axes.F + f] : 0.0f;
        },
        tile);
    eachSum<MET>(products, [&](int i, int t, float product) {
      const bool seen = first + i <= (rows.first + from + t) * axes.n;
      met[i][from + t] = seen ? product : 0.0f;
    });
  }
  __syncthreads();

  for (int firstColumn = 0; firstColumn < width; firstColumn += MET) {
    Sums sums;
    addProduct<Along::DEPTH, Along::EDGE>(
        sums,
        axes.F,
        key,
        [&](int f, int c) {
          const int column = firstColumn + c;
          return column < width ? state[(size_t) f * width + column] : 0.0f;
        },
        tile);
    addProduct<Along::DEPTH, Along::EDGE>(
        sums,
        rows.count,
        [&](int i, int t) { return met[i][t]; },
        [&](int t, int c) {
          const int column = firstColumn + c;
          return column < width ? rows.ofNumerator[(size_t) t * width + column] : 0.0f;
        },
        tile);
    eachSum<MET>(sums, [&](int i, int c, float sum) {
      const int column = firstColumn + c;
      if (i >= positions || column >= width) {
        return;
      }
      const float own = ranks == nullptr || ranks[first + i] > 0 ? sum : 0.0f;
      const size_t at = ((size_t) blockIdx.z * axes.T + first + i) * axes.D;
      if (column < axes.D) {
        ofPlaces[at + column] = own;
      } else {
        ofValue[at + column - axes.D] += own;
      }
    });
  }
}
EXPORT(seaPlacedBack);

/* grid (2, chunks, G), block PRODUCT_THREADS; a block has 64 positions of one chunk */
template <class T>
__device__ __forceinline__ void keyFeaturesBack(
    const float *__restrict__ queryFeatures,
    float *__restrict__ keyFeatures,
    const float *__restrict__ places,
    const T *__restrict__ value,
    const int *__restrict__ rank,
    const float *__restrict__ states,
    const float *__restrict__ ofNumerator,
    const float *__restrict__ ofMass,
    const SeaAxes &axes,
    int firstHead) {
  __shared__ Tile<MET, MET> tile;
  __shared__ float met[MET][CHUNK]; // u·dN + dm, zero for the past
  const int first = blockIdx.y * CHUNK + MET * blockIdx.x;
  const int positions = min(MET, axes.T - first);
  if (positions <= 0) {
    return;
  }
  const RowsOfChunk rows = rowsFrom(first, ofNumerator, ofMass, axes);
  const int width = 2 * axes.D;
  float *keys = keyFeatures + ((size_t) blockIdx.z * axes.T + first) * axes.F;
  const float *queries = queryFeatures + ((size_t) blockIdx.z * axes.R + rows.first) * axes.F;
  const float *state = states + stateOfBlock(axes);
  const float *behind = state + (size_t) axes.F * width; // ρ
  const Placed<T> u = placed(places, value, rank, axes, firstHead);
  const auto mixed = [&](int i, int c) { return i < positions ? u(first + i, c) : 0.0f; };

  for (int from = 0; from < rows.count; from += MET) {
    Sums products;
    addProduct<Along::DEPTH, Along::DEPTH>(
        products,
        width,
        mixed,
        [&](int c, int t) {
          return from + t < rows.count ? rows.ofNumerator[(size_t) (from + t) * width + c] : 0.0f;
        },
        tile);
    eachSum<MET>(products, [&](int i, int t, float product) {
      const int row = from + t;
      const bool seen = row < rows.count && first + i <= (rows.first + row) * axes.n;
      met[i][row] = seen ? product + rows.ofMass[row] : 0.0f;
    });
  }
  __syncthreads();

  for (int firstFeature = 0; firstFeature < axes.F; firstFeature += MET) {
    Sums sums;
    addProduct<Along::DEPTH, Along::DEPTH>(
        sums,
        width,
        mixed,
        [&](int c, int j) {
          const int f = firstFeature + j;
          return f < axes.F ? state[(size_t) f * width + c] : 0.0f;
        },
        tile);
    addProduct<Along::DEPTH, Along::EDGE>(
        sums,
        rows.count,
        [&](int i, int t) { return met[i][t]; },
        [&](int t, int j) {
          const int f = firstFeature + j;
          return f < axes.F ? queries[(size_t) t * axes.F + f] : 0.0f;
        },
        tile);
    eachSum<MET>(sums, [&](int i, int j, float sum) {
      const int f = firstFeature + j;
      if (i < positions && f < axes.F) {
        float &number = keys[(size_t) i * axes.F + f];
        number = number > FEATURE_EPSILON ? sum + behind[f] : 0.0f;
      }
    });
  }
}

#define SEA_ROUGH_BACK(T)                                                                          \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaQueryFeaturesBack_##T(          \
      const float *queryFeatures, const float *keyFeatures, const float *places, const T *value,   \
      const int *rank, const float *states, const float *ofNumerator, const float *ofMass,         \
      float *ofFeatures, SeaAxes axes, int firstHead) {                                            \
    queryFeaturesBack(queryFeatures, keyFeatures, places, value, rank, states, ofNumerator,        \
                      ofMass, ofFeatures, axes, firstHead);                                        \
  }                                                                                                \
  EXPORT(seaQueryFeaturesBack_##T);                                                                \
  extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaKeyFeaturesBack_##T(            \
      const float *queryFeatures, float *keyFeatures, const float *places, const T *value,         \
      const int *rank, const float *states, const float *ofNumerator, const float *ofMass,         \
      SeaAxes axes, int firstHead) {                                                               \
    keyFeaturesBack(queryFeatures, keyFeatures, places, value, rank, states, ofNumerator, ofMass,  \
                    axes, firstHead);                                                              \
  }                                                                                                \
  EXPORT(seaKeyFeaturesBack_##T)

SEA_ROUGH_BACK(float);
SEA_ROUGH_BACK(f16);
SEA_ROUGH_BACK(bf16);

/* grid (⌈T·D/blockDim⌉), one thread a number of the places; `count` heads from firstHead on */
extern "C" __global__ void seaPlacesBack(
    const float *__restrict__ ofPlaces,
    double *__restrict__ placeSums,
    float *__restrict__ places,
    SeaAxes axes,
    int firstHead,
    int count) {
  const size_t i = (size_t) blockIdx.x * blockDim.x + threadIdx.x;
  const size_t numbers = (size_t) axes.T * axes.D;
  if (i >= numbers) {
    return;
  }
  double sum = firstHead == 0 ? 0 : placeSums[i];
  for (int head = 0; head < count; head++) {
    sum += ofPlaces[head * numbers + i];
  }
  placeSums[i] = sum;
  if (firstHead + count == axes.B * axes.H) {
    places[i] = (float) sum;
  }
}
EXPORT(seaPlacesBack);
