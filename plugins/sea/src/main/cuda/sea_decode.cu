/*
 * Decoding: the next positions of texts whose earlier ones are remembered on the GPU.
 *
 * What is remembered of B texts, with room for C positions:
 *
 *   keys, values  [B, H, C, D] in f32            position  [B, C]  of every real key, by rank
 *   sums          [B, H, F·2D + F] in f64        S = Σ φ(k)uᵀ, z = Σ φ(k), u = [place, value]
 *   valueSums     [B, H, D] in f64               Σ v
 *   past          [L, B, 2H, 4, W]               what each of L convolutions looks back to: row r of
 *                                                its picture in slot r mod 4; at first zeros
 *   weights, gates                               of the last row of the estimate, if it serves more
 *                                                than one position
 *
 * Many positions go through the stages of the whole text, whose chunks begin at the first of them;
 * here is what joins them to the past:
 *
 *   seaRemember    appends keys and values, writes running means
 *   seaSumsScan    of every chunk, the sums of everything before it (as seaRoughScan)
 *   seaRefineOn    a convolution that looks back into the past (as seaRefine)
 *   seaKeepRows    makes the last rows of a picture the past
 *
 * A single position takes as few launches as its dependencies leave, for each takes longer to begin
 * than to compute: rough context, encoder, strips and gates, convolutions, and then weights, choice
 * and attention.
 *
 *   seaStepRough   features, S and z with the new key, φ(q)·S and φ(q)·(z + 1e-6), and seaRemember
 *   seaStepEncode  hidden = [φ(q)·S / φ(q)·(z + 1e-6), value]·Wᵀ + b
 *   seaStepRead    GELU(LN(hidden)); gates and strips from it; LN of the strips
 *   seaStepRefine  all convolutions, and the past
 *
 * Floor of a position and head, D = 64, F = 266: S and z in and out 2·8·F·(2D + 1) = 549 KB, against
 * 2·3·F·(2D + 1) = 206 kFLOP; encoder and strips 99 + 33 KB of weights, which texts and heads share
 * in L2. For H = 12 and M = 128 that is 6.6 MB, 2 µs at 3.3 TB/s, and convolutions of 664 kFLOP a
 * text. Seven launches of some 2.5 µs and two copies take longer, so latency is the floor: texts and
 * heads side by side are nearly free, until B·H·549 KB pass in that time.
 *
 * Nothing here depends on how many positions there were but what is gathered of the keys. Sums over
 * the text are added in f64, position by position or chunk by chunk; the order is the same in every
 * schedule. Reference: FloatSequence.java.
 */
#include "sea_placed.cuh"
#include "sea_product.cuh"

constexpr int STEP_THREADS = 256;
constexpr int COLUMNS = 16; // of S, that a block has: 128 bytes of a row
constexpr int SHARING = STEP_THREADS / COLUMNS; // threads that share a column
constexpr int WIDEST_HEAD = 256; // D
constexpr int REFINE_THREADS = 512;
constexpr int BACK = 4; // rows that a convolution looks back
constexpr int TAPS = 9;
constexpr int GAP = 2; // between the rows and columns that a convolution sees

/* Where the positions of a step go. */
struct SeaPast {
  int before; // positions that were taken earlier
  int room; // C
};

/* The value of a position, or zero where only padding has been seen. */
__device__ __forceinline__ float seen(const float *value, const int *rank, size_t at, int d, int D) {
  return rank != nullptr && *rank == 0 ? 0.0f : value[at * D + d];
}

// --- What is remembered

/* Of head blockIdx.y: this block's part of the keys and values and, if it is part 0, the rest. */
__device__ __forceinline__ void remember(
    const float *__restrict__ key,
    const float *__restrict__ value,
    const int *__restrict__ rank,
    const int *__restrict__ rankBefore,
    float *__restrict__ keys,
    float *__restrict__ values,
    int *__restrict__ position,
    double *__restrict__ valueSums,
    float *__restrict__ average,
    const SeaAxes &axes,
    const SeaPast &past,
    int part,
    int parts) {
  const size_t head = blockIdx.y;
  const size_t sequence = head / axes.H;
  const size_t from = head * axes.T * axes.D;
  const size_t to = (head * past.room + past.before) * axes.D;
  for (int i = part * blockDim.x + threadIdx.x; i < axes.T * axes.D; i += parts * blockDim.x) {
    keys[to + i] = key[from + i];
    values[to + i] = value[from + i];
  }
  if (part != 0) {
    return;
  }
  const int *ranks = rank == nullptr ? nullptr : rank + sequence * axes.T;
  for (int d = threadIdx.x; d < axes.D; d += blockDim.x) {
    double sum = valueSums[head * axes.D + d];
    for (int t = 0; t < axes.T; t++) {
      sum += seen(value, ranks == nullptr ? nullptr : ranks + t, head * axes.T + t, d, axes.D);
      average[from + (size_t) t * axes.D + d] = (float) (sum / (past.before + t + 1));
    }
    valueSums[head * axes.D + d] = sum;
  }
  if (ranks != nullptr && head % axes.H == 0) {
    for (int t = threadIdx.x; t < axes.T; t += blockDim.x) {
      if (ranks[t] > (t == 0 ? rankBefore[sequence] : ranks[t - 1])) {
        position[sequence * past.room + ranks[t] - 1] = past.before + t;
      }
    }
  }
}

/*
 *   key, value, average  [B, H, T, D]      rank  [B, T], rankBefore [B], or null if nothing is padded
 *   grid (any, B·H)
 */
extern "C" __global__ void seaRemember(
    const float *key,
    const float *value,
    const int *rank,
    const int *rankBefore,
    float *keys,
    float *values,
    int *position,
    double *valueSums,
    float *average,
    SeaAxes axes,
    SeaPast past) {
  remember(
      key, value, rank, rankBefore, keys, values, position, valueSums, average, axes, past,
      blockIdx.x, gridDim.x);
}
EXPORT(seaRemember);

/* states [G, chunks, F·2D + F], sums those of the same heads; grid as seaRoughScan */
extern "C" __global__ void seaSumsScan(
    float *__restrict__ states, double *__restrict__ sums, SeaAxes axes) {
  const size_t i = (size_t) blockIdx.x * blockDim.x + threadIdx.x;
  const size_t size = (size_t) axes.F * (2 * axes.D + 1);
  if (i >= size) {
    return;
  }
  const int chunks = chunksOf(axes);
  float *state = states + (size_t) blockIdx.y * chunks * size + i;
  double before = sums[blockIdx.y * size + i];
  for (int chunk = 0; chunk < chunks; chunk++) {
    const float own = state[chunk * size];
    state[chunk * size] = (float) before;
    before += own;
  }
  sums[blockIdx.y * size + i] = before;
}
EXPORT(seaSumsScan);

/* Slot of the past that row r of the rows from `before` on looks up; of rows that are not there,
 * zeros are left from the beginning. */
__device__ __forceinline__ int slotOf(int before, int r) { return (before + r + BACK) % BACK; }

/* picture, refined [B, 2H, R, W] behind `before` rows; past [B, 2H, 4, W]; grid as seaRefine */
extern "C" __global__ void __launch_bounds__(PRODUCT_THREADS) seaRefineOn(
    const float *__restrict__ picture,
    const float *__restrict__ past,
    const float *__restrict__ weight,
    const float *__restrict__ bias,
    float *__restrict__ refined,
    SeaAxes axes,
    int before) {
  __shared__ Tile<128, 32> tile;
  const int channels = 2 * axes.H;
  const int pixels = axes.R * axes.W;
  const int firstPixel = 128 * blockIdx.x;
  const int firstChannel = 32 * blockIdx.y;
  const float *from = picture + (size_t) blockIdx.z * channels * pixels;
  const float *ago = past + (size_t) blockIdx.z * channels * BACK * axes.W;
  float *into = refined + (size_t) blockIdx.z * channels * pixels;

  Sums sums;
  addProduct<Along::EDGE, Along::DEPTH>(
      sums,
      TAPS * channels,
      [&](int i, int k) {
        const int pixel = firstPixel + i;
        const int channel = k / TAPS;
        const int tap = k % TAPS;
        const int row = pixel / axes.W + GAP * (tap / 3 - 2);
        const int column = pixel % axes.W + GAP * (tap % 3 - 1);
        if (pixel >= pixels || column < 0 || column >= axes.W) {
          return 0.0f;
        }
        return row < 0 ? ago[(channel * BACK + slotOf(before, row)) * axes.W + column]
                       : from[(size_t) channel * pixels + row * axes.W + column];
      },
      [&](int k, int j) {
        const int channel = firstChannel + j;
        return channel < channels ? weight[(size_t) channel * TAPS * channels + k] : 0.0f;
      },
      tile);

  eachSum<32>(sums, [&](int i, int j, float sum) {
    const int pixel = firstPixel + i;
    const int channel = firstChannel + j;
    if (pixel < pixels && channel < channels) {
      into[(size_t) channel * pixels + pixel] = aboveZero(sum + bias[channel]);
    }
  });
}
EXPORT(seaRefineOn);

/* picture [B, 2H, R, W] behind `before` rows, past [B, 2H, 4, W]; grid (any, B) */
extern "C" __global__ void seaKeepRows(
    const float *__restrict__ picture, float *__restrict__ past, SeaAxes axes, int before) {
  const int channels = 2 * axes.H;
  const int numbers = channels * axes.W;
  const int kept = min(axes.R, BACK);
  const float *from = picture + (size_t) blockIdx.y * numbers * axes.R;
  float *into = past + (size_t) blockIdx.y * numbers * BACK;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < kept * numbers;
       i += gridDim.x * blockDim.x) {
    const int row = axes.R - kept + i / numbers;
    const int channel = i % numbers / axes.W;
    const int column = i % axes.W;
    into[(channel * BACK + slotOf(before, row)) * axes.W + column] =
        from[((size_t) channel * axes.R + row) * axes.W + column];
  }
}
EXPORT(seaKeepRows);

/* Copies `words` words of each of gridDim.y rows, which begin so many words apart. grid (any, rows) */
extern "C" __global__ void seaCopyRows(
    const int *__restrict__ from, int *__restrict__ to, int words, int fromStride, int toStride) {
  from += (size_t) blockIdx.y * fromStride;
  to += (size_t) blockIdx.y * toStride;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < words; i += gridDim.x * blockDim.x) {
    to[i] = from[i];
  }
}
EXPORT(seaCopyRows);

// --- A single position

/* φ of up to STEP_THREADS features from `first` on, a warp one after another. */
__device__ __forceinline__ void features(
    const float *x, const float *omega, float scale, int first, int count, int D, float *into) {
  for (int f = warpOf(); f < count; f += STEP_THREADS / WARP) {
    const float *row = omega + (size_t) (first + f) * D;
    float sum = 0.0f;
    for (int d = laneOf(); d < D; d += WARP) {
      sum = fmaf(x[d], row[d], sum);
    }
    sum = sumOver<WARP>(sum);
    if (laneOf() == 0) {
      into[f] = aboveZero(scale * sum) + FEATURE_EPSILON;
    }
  }
}

/*
 *   query  [B, H, D], or null if an earlier row serves the position      places  [D] of the position
 *   key, value, average  [B, H, D]     rank, rankBefore  [B] or null
 *   rough  [B, H, 2D], mass  [B, H]    not yet divided by each other
 *   grid (⌈2D/16⌉ + 1, B·H), block STEP_THREADS: columns of S, and last z and seaRemember
 */
__device__ __forceinline__ void stepRough(
    const float *__restrict__ query,
    const float *__restrict__ key,
    const float *__restrict__ value,
    const float *__restrict__ omega,
    const float *__restrict__ places,
    const int *__restrict__ rank,
    double *__restrict__ sums,
    float *__restrict__ rough,
    float *__restrict__ mass,
    const SeaAxes &axes,
    float queryScale,
    float keyScale) {
  __shared__ float ofQuery[STEP_THREADS];
  __shared__ float ofKey[STEP_THREADS];
  __shared__ float shares[STEP_THREADS];
  const size_t head = blockIdx.y;
  const int D = axes.D;
  const int width = 2 * D;
  const bool masses = blockIdx.x == gridDim.x - 1;
  const int column = blockIdx.x * COLUMNS + threadIdx.x % COLUMNS;
  double *state = sums + head * axes.F * (width + 1);
  float u = 0.0f;
  if (!masses && column < width) {
    const bool blind = rank != nullptr && rank[head / axes.H] == 0;
    u = blind ? 0.0f : column < D ? places[column] : value[head * D + column - D];
  }

  float share = 0.0f;
  for (int first = 0; first < axes.F; first += STEP_THREADS) {
    const int count = min(STEP_THREADS, axes.F - first);
    features(key + head * D, omega, keyScale, first, count, D, ofKey);
    if (query != nullptr) {
      features(query + head * D, omega, queryScale, first, count, D, ofQuery);
    }
    __syncthreads();
    if (masses) {
      const int f = threadIdx.x;
      if (f < count) {
        double &z = state[(size_t) axes.F * width + first + f];
        const double sum = z + ofKey[f];
        z = sum;
        share = query == nullptr ? 0.0f : fmaf(ofQuery[f], (float) sum + MASS, share);
      }
    } else if (column < width) {
      for (int f = threadIdx.x / COLUMNS; f < count; f += SHARING) {
        double &s = state[(size_t) (first + f) * width + column];
        const double sum = s + (double) ofKey[f] * u;
        s = sum;
        share = query == nullptr ? 0.0f : fmaf(ofQuery[f], (float) sum, share);
      }
    }
    __syncthreads(); // before the next features overwrite these
  }
  if (query == nullptr) {
    return;
  }
  shares[threadIdx.x] = share;
  __syncthreads();
  if (masses ? threadIdx.x == 0 : threadIdx.x < COLUMNS && column < width) {
    const int every = masses ? 1 : COLUMNS;
    float sum = 0.0f;
    for (int i = threadIdx.x; i < STEP_THREADS; i += every) {
      sum += shares[i];
    }
    if (masses) {
      mass[head] = sum;
    } else {
      rough[head * width + column] = sum;
    }
  }
}

extern "C" __global__ void __launch_bounds__(STEP_THREADS) seaStepRough(
    const float *query,
    const float *key,
    const float *value,
    const float *omega,
    const float *places,
    const int *rank,
    const int *rankBefore,
    float *keys,
    float *values,
    int *position,
    double *valueSums,
    float *average,
    double *sums,
    float *rough,
    float *mass,
    SeaAxes axes,
    SeaPast past,
    float queryScale,
    float keyScale) {
  stepRough(
      query, key, value, omega, places, rank, sums, rough, mass, axes, queryScale, keyScale);
  if (blockIdx.x == gridDim.x - 1) {
    remember(
        key, value, rank, rankBefore, keys, values, position, valueSums, average, axes, past, 0, 1);
  }
}
EXPORT(seaStepRough);

/*
 *   rough [B, H, 2D], mass [B, H], value [B, H, D], rank [B] or null     weight  [2D·J, 3D·J]
 *   hidden  [B, H/J, 2D·J], before its norm; J = H if the encoder is joint and 1 otherwise
 *   grid (⌈2D·J/warps of a block⌉, B·H/J), a warp a number
 */
extern "C" __global__ void seaStepEncode(
    const float *__restrict__ rough,
    const float *__restrict__ mass,
    const float *__restrict__ value,
    const int *__restrict__ rank,
    const float *__restrict__ weight,
    const float *__restrict__ bias,
    float *__restrict__ hidden,
    SeaAxes axes,
    int joint) {
  const int D = axes.D;
  const int outputs = 2 * D * joint;
  const int column = blockIdx.x * warpsOfBlock() + warpOf();
  if (column >= outputs) {
    return;
  }
  float sum = 0.0f;
  for (int part = 0; part < joint; part++) {
    const size_t head = (size_t) blockIdx.y * joint + part;
    const float *row = weight + ((size_t) column * joint + part) * 3 * D;
    for (int i = laneOf(); i < 2 * D; i += WARP) {
      sum = fmaf(row[i], rough[head * 2 * D + i] / mass[head], sum);
    }
    const int *ofSequence = rank == nullptr ? nullptr : rank + head / axes.H;
    for (int d = laneOf(); d < D; d += WARP) {
      sum = fmaf(row[2 * D + d], seen(value, ofSequence, head, d, D), sum);
    }
  }
  sum = sumOver<WARP>(sum);
  if (laneOf() == 0) {
    hidden[(size_t) blockIdx.y * outputs + column] = sum + bias[column];
  }
}
EXPORT(seaStepEncode);

/* The sum over all threads of a block of STEP_THREADS, in each of them. */
__device__ __forceinline__ float sumOfBlock(float x, float *ofWarp) {
  x = sumOver<WARP>(x);
  __syncthreads(); // after whoever still reads the sums of before
  if (laneOf() == 0) {
    ofWarp[warpOf()] = x;
  }
  __syncthreads();
  float sum = 0.0f;
  for (int warp = 0; warp < STEP_THREADS / WARP; warp++) {
    sum += ofWarp[warp];
  }
  return sum;
}

/*
 *   hidden [B, H/J, 2D·J]         gain, bias [2D·J]
 *   rows, rowsBias [2W, 2D]       gatesWeight, gatesBias [2, 2D]      stripsGain, stripsBias [W]
 *   gates  [B, H, 2]              picture  [B, 2H, W]
 *   grid (B·H), block STEP_THREADS; each head of a joint encoder takes the norm of all for itself
 */
extern "C" __global__ void __launch_bounds__(STEP_THREADS) seaStepRead(
    const float *__restrict__ hidden,
    const float *__restrict__ gain,
    const float *__restrict__ bias,
    const float *__restrict__ rows,
    const float *__restrict__ rowsBias,
    const float *__restrict__ gatesWeight,
    const float *__restrict__ gatesBias,
    const float *__restrict__ stripsGain,
    const float *__restrict__ stripsBias,
    float *__restrict__ gates,
    float *picture,
    SeaAxes axes,
    int joint) {
  __shared__ float encoded[2 * WIDEST_HEAD];
  __shared__ float ofWarp[STEP_THREADS / WARP];
  const int head = blockIdx.x;
  const int own = 2 * axes.D; // numbers of this head
  const int width = own * joint;
  const float *all = hidden + (size_t) (head / joint) * width;
  const int first = head % joint * own;

  float sum = 0.0f;
  for (int i = threadIdx.x; i < width; i += STEP_THREADS) {
    sum += all[i];
  }
  const float mean = sumOfBlock(sum, ofWarp) / width;
  float squares = 0.0f;
  for (int i = threadIdx.x; i < width; i += STEP_THREADS) {
    squares = fmaf(all[i] - mean, all[i] - mean, squares);
  }
  const float factor = 1.0f / sqrtf(sumOfBlock(squares, ofWarp) / width + NORM_EPSILON);
  for (int i = threadIdx.x; i < own; i += STEP_THREADS) {
    const float normal = (all[first + i] - mean) * factor * gain[first + i] + bias[first + i];
    encoded[i] = 0.5f * normal * (1.0f + erff(normal * 0.70710678f)); // GELU; √½
  }
  __syncthreads();

  float *strips = picture + (size_t) head * 2 * axes.W;
  for (int out = warpOf(); out < 2 * axes.W + 2; out += STEP_THREADS / WARP) {
    const int gate = out - 2 * axes.W;
    const float *weight = gate < 0 ? rows + (size_t) out * own : gatesWeight + gate * own;
    float product = 0.0f;
    for (int i = laneOf(); i < own; i += WARP) {
      product = fmaf(encoded[i], weight[i], product);
    }
    product = sumOver<WARP>(product);
    if (laneOf() == 0 && gate < 0) {
      strips[out] = product + rowsBias[out];
    } else if (laneOf() == 0) {
      gates[(size_t) head * 2 + gate] = 1.0f / (1.0f + expf(-(product + gatesBias[gate])));
    }
  }
  __syncthreads();

  if (warpOf() < 2) {
    float *strip = strips + warpOf() * axes.W;
    float ofStrip = 0.0f;
    for (int w = laneOf(); w < axes.W; w += WARP) {
      ofStrip += strip[w];
    }
    const float middle = sumOver<WARP>(ofStrip) / axes.W;
    float off = 0.0f;
    for (int w = laneOf(); w < axes.W; w += WARP) {
      off = fmaf(strip[w] - middle, strip[w] - middle, off);
    }
    const float scale = 1.0f / sqrtf(sumOver<WARP>(off) / axes.W + NORM_EPSILON);
    for (int w = laneOf(); w < axes.W; w += WARP) {
      strip[w] = (strip[w] - middle) * scale * stripsGain[w] + stripsBias[w];
    }
  }
}
EXPORT(seaStepRead);

/*
 *   picture  [B, 2H, W], overwritten          refined  [B, 2H, W]       past  [L, B, 2H, 4, W]
 *   weight, bias of L = 2 or 3 convolutions; the third is null if there are two
 *   row      rows before this one
 *   grid (B), block REFINE_THREADS, one thread a pixel at a time
 *
 * The last result is in refined if L is odd, otherwise in picture. One block has a whole text, since
 * each convolution needs all that the one before it wrote, and waiting for a block is cheaper than a
 * launch as long as a multiprocessor's 2·W·(2H)²·9 FLOP a convolution, twice that in reads of L1, are
 * few: for H = 12, M = 128 some 3 µs.
 */
extern "C" __global__ void __launch_bounds__(REFINE_THREADS) seaStepRefine(
    float *picture,
    float *refined,
    float *past,
    const float *__restrict__ weight0,
    const float *__restrict__ bias0,
    const float *__restrict__ weight1,
    const float *__restrict__ bias1,
    const float *__restrict__ weight2,
    const float *__restrict__ bias2,
    SeaAxes axes,
    int row) {
  const int channels = 2 * axes.H;
  const int W = axes.W;
  const int numbers = channels * W;
  float *from = picture + (size_t) blockIdx.x * numbers;
  float *into = refined + (size_t) blockIdx.x * numbers;
  for (int layer = 0; layer < (weight2 == nullptr ? 2 : 3); layer++) {
    const float *weight = layer == 0 ? weight0 : layer == 1 ? weight1 : weight2;
    const float *bias = layer == 0 ? bias0 : layer == 1 ? bias1 : bias2;
    float *ago = past + ((size_t) layer * axes.B + blockIdx.x) * numbers * BACK;
    for (int i = threadIdx.x; i < numbers; i += REFINE_THREADS) {
      const int out = i / W;
      const int column = i % W;
      const float *tap = weight + (size_t) out * channels * TAPS;
      float sum = 0.0f;
      for (int channel = 0; channel < channels; channel++, tap += TAPS) {
        const float *rows[3] = {
            ago + (channel * BACK + slotOf(row, -2 * GAP)) * W,
            ago + (channel * BACK + slotOf(row, -GAP)) * W,
            from + channel * W};
#pragma unroll
        for (int side = 0; side < 3; side++) {
          const int at = column + GAP * (side - 1);
          if (at >= 0 && at < W) {
#pragma unroll
            for (int r = 0; r < 3; r++) {
              sum = fmaf(rows[r][at], tap[r * 3 + side], sum);
            }
          }
        }
      }
      into[i] = aboveZero(sum + bias[out]);
    }
    __syncthreads(); // all have read the oldest row, in whose place this one goes
    for (int i = threadIdx.x; i < numbers; i += REFINE_THREADS) {
      ago[(i / W * BACK + slotOf(row, 0)) * W + i % W] = from[i];
    }
    __syncthreads();
    float *written = into;
    into = from;
    from = written;
  }
}
EXPORT(seaStepRefine);
