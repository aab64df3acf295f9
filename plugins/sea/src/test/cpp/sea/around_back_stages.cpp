/*
 * The way back without a causal mask: every stage against its formula in double precision, for what
 * the stage before it wrote.
 */
#include "../../../main/cuda/sea_around_average_back.cu"
#include "../../../main/cuda/sea_around_painting_back.cu"
#include "../../../main/cuda/sea_around_rough_back.cu"

#include "stages.h"

#include <algorithm>
#include <numeric>

using namespace stages;

/* Of sea_around_average.cu: what they do is tested there. */
extern "C" void seaAroundValueTotals(double *, SeaAxes);

namespace {

Doubles gaussianDoubles(size_t count, unsigned seed) { return doubles(gaussian(count, seed)); }

/* Numbers as they come out of a ReLU: half of them zero. */
Floats cut(Floats numbers) {
  for (float &number : numbers) number = fmaxf(number, 0);
  return numbers;
}

// ---- the average ----

/* Which column a real key of each sequence is under; of padding any. */
std::vector<int> columnsOf(const Case &c, const SightOf &sight) {
  const SeaAxes &a = c.axes;
  std::vector<int> all;
  for (int b = 0; b < a.B; b++) {
    int before = 0;
    for (int t = 0; t < a.T; t++) {
      const float part = (before + 0.5f) / std::max(sight.seen[size_t(b) * a.T], 1);
      all.push_back(std::max(int(floorf(part * a.M - 1e-4f)), 0));
      before += isReal(c, b, t);
    }
  }
  return all;
}

template <class T> void testAverage(
    const Case &c, const std::string &type,
    void (*handed)(const T *, const float *, double *, SeaAxes),
    void (*valuesBack)(
        const T *, const int *, const int *, const double *, const double *, double *, float *,
        SeaAxes)) {
  const SeaAxes &a = c.axes;
  const SightOf sight(c);
  const std::vector<int> columnOf = columnsOf(c, sight);
  const int heads = a.B * a.H, chunks = ceilDiv(a.T, 128), rowChunks = ceilDiv(a.R, 128);
  std::vector<T> ofContext = stored<T>(gaussian(size_t(heads) * a.T * a.D, 61));
  std::vector<T> value = stored<T>(gaussian(ofContext.size(), 62));
  Floats gates = gaussian(size_t(heads) * a.R * 2, 63);
  Floats before = gaussian(ofContext.size(), 64), ofValue = before;
  Floats weights = gaussian(size_t(a.B) * a.R * a.H * a.M, 65), ofScores = weights;
  Doubles columns = gaussianDoubles(size_t(a.B) * rowChunks * a.H * a.M, 66);
  std::vector<int> rank = ranks(c), position = positions(c), counted = sight.counted;

  Doubles sums(size_t(heads) * chunks * a.D, NAN), along(size_t(heads) * a.T, NAN);
  Doubles ofColumns(size_t(heads) * a.M, NAN);
  launch(dim3(chunks, heads), WARP, 0, [&] {
    handed(ofContext.data(), gates.data(), sums.data(), a);
  });
  launch(heads, WARP, 0, [&] { seaAroundValueTotals(sums.data(), a); });
  launch(dim3(ceilDiv(a.T, 2), heads), 2 * WARP, 0, [&] {
    valuesBack(
        value.data(), counted.data(), orNull(rank), columns.data(), sums.data(), along.data(),
        ofValue.data(), a);
  });
  launch(dim3(ceilDiv(a.M, 2), heads), 2 * WARP, 0, [&] {
    seaAroundColumnsBack(along.data(), sight.seen.data(), orNull(position), ofColumns.data(), a);
  });
  launch(dim3(a.R, a.B), 2 * WARP, 0, [&] {
    seaAroundScoresBack(ofColumns.data(), counted.data(), ofScores.data(), a);
  });

  Doubles of = doubles(ofContext), values = doubles(value);
  Doubles alongs, ofValues(before.begin(), before.end()), columnsBack(ofColumns.size());
  Doubles scores(weights.size());
  for (int g = 0; g < heads; g++) {
    const size_t sequence = size_t(g / a.H) * a.T;
    Doubles all(a.D);
    for (int t = 0; t < a.T; t++) {
      const double beta = gates[(size_t(g) * a.R + t / a.n) * 2 + 1];
      for (int d = 0; d < a.D; d++) all[d] += (1 - beta) * of[(size_t(g) * a.T + t) * a.D + d];
    }
    for (int t = 0; t < a.T; t++) {
      const bool real = counted[sequence + t] != 0;
      const size_t first = (size_t(g) * a.T + t) * a.D;
      alongs.push_back(
          real ? std::inner_product(all.begin(), all.end(), &values[first], 0.0) : 0.0);
      if (!real) continue;
      const int m = columnOf[sequence + t];
      const double mean =
          columns[(size_t(g / a.H) * rowChunks * a.H + g % a.H) * a.M + m];
      for (int d = 0; d < a.D; d++) ofValues[first + d] += mean * all[d];
      columnsBack[size_t(g) * a.M + m] += alongs.back();
    }
    for (int r = 0; r < a.R; r++) {
      int served = 0;
      for (int t = r * a.n; t < std::min((r + 1) * a.n, a.T); t++) {
        served += counted[sequence + t] != 0;
      }
      const size_t row = ((size_t(g / a.H) * a.R + r) * a.H + g % a.H) * a.M;
      const double *ofColumn = &columnsBack[size_t(g) * a.M];
      double mean = 0;
      for (int m = 0; m < a.M; m++) mean += weights[row + m] * ofColumn[m];
      for (int m = 0; m < a.M; m++) {
        scores[row + m] = served / double(a.T) * weights[row + m] * (ofColumn[m] - mean);
      }
    }
  }
  check("along values " + type, c, along, alongs, 1e-12);
  check("values by their average " + type, c, ofValue, ofValues, 5e-7);
  check("columns by their average " + type, c, ofColumns, columnsBack, 1e-12);
  check("scores by their average " + type, c, ofScores, scores, 3e-7);
}

// ---- the picture ----

/* A convolution of 3 × 3 from [B, channels, rows, W] to [B, outputs, ⌈rows/stride⌉, W]. */
struct Convolution {
  int B, channels, outputs, rows, W, stride;

  /* Calls each(index of output, index of what it saw, index in the kernel) where a tap is inside. */
  template <class Each> void eachTap(Each each) const {
    const int down = ceilDiv(rows, stride);
    size_t at = 0;
    for (int b = 0; b < B; b++) {
      for (int o = 0; o < outputs; o++) {
        for (int pixel = 0; pixel < down * W; pixel++, at++) {
          for (int tap = 0; tap < 9; tap++) {
            const int y = stride * (pixel / W) + tap / 3 - 1, x = pixel % W + tap % 3 - 1;
            if (y < 0 || y >= rows || x < 0 || x >= W) continue;
            for (int i = 0; i < channels; i++) {
              each(at, ((size_t(b) * channels + i) * rows + y) * W + x,
                   (size_t(o) * channels + i) * 9 + tap);
            }
          }
        }
      }
    }
  }

  Doubles ofSeen(const Doubles &of, const Floats &kernel) const {
    Doubles sums(size_t(B) * channels * rows * W);
    eachTap([&](size_t at, size_t seen, size_t k) { sums[seen] += of[at] * kernel[k]; });
    return sums;
  }

  Doubles ofKernel(const Doubles &of, const Doubles &picture) const {
    Doubles sums(size_t(outputs) * channels * 9);
    eachTap([&](size_t at, size_t seen, size_t k) { sums[k] += of[at] * picture[seen]; });
    return sums;
  }

  Doubles ofBias(const Doubles &of) const {
    Doubles sums(outputs);
    const size_t pixels = of.size() / B / outputs;
    for (size_t i = 0; i < of.size(); i++) sums[i / pixels % outputs] += of[i];
    return sums;
  }
};

/* What came before a ReLU, of which this is what came out. */
Doubles whereOpen(Doubles of, const Floats &opened) {
  for (size_t i = 0; i < of.size(); i++) of[i] = opened[i] > 0 ? of[i] : 0;
  return of;
}

/* Every row of W twice. */
Doubles twice(const Doubles &rows, int W) {
  Doubles all;
  for (size_t row = 0; row < rows.size(); row += W) {
    for (int copy = 0; copy < 2; copy++) all.insert(all.end(), &rows[row], &rows[row] + W);
  }
  return all;
}

/* Every two rows of W added up. */
Doubles folded(const Doubles &rows, int W) {
  Doubles all(rows.size() / 2);
  for (size_t i = 0; i < rows.size(); i++) all[i / (2 * W) * W + i % W] += rows[i];
  return all;
}

/* Strips as kernels have them, from or to [B, 4H, R, W]. */
size_t stripOf(const SeaAxes &a, size_t i) {
  const size_t row = i / a.W, channel = row / a.R;
  return ((channel / 2 * a.R + row % a.R) * 2 + channel % 2) * a.W + i % a.W;
}

/* What one layer's kernel and bias get: outputs, inputs, slices; reads sums as kernels leave them. */
void checkTotals(
    const Case &c, const std::string &stage, const Floats &sums, int outputs, int inputs, int slices,
    const Doubles &ofWeight, const Doubles &ofBias) {
  Floats weight = unwritten(ofWeight.size()), bias = unwritten(ofBias.size());
  launch(ceilDiv(outputs * (inputs + 1), 64), 64, 0, [&] {
    seaAroundWeightTotals(sums.data(), weight.data(), bias.data(), outputs, inputs, slices);
  });
  check(stage + ", kernel", c, weight, ofWeight, 2e-6);
  check(stage + ", bias", c, bias, ofBias, 2e-6);
}

void testPainting(const Case &c) {
  const SeaAxes &a = c.axes;
  const int channels = 4 * a.H, P = ceilDiv(a.R, 2), inputs = 9 * channels;
  const int pixels = P * a.W, ofSlices = a.B * ceilDiv(pixels, 2048);
  const size_t half = size_t(a.B) * channels * pixels;
  Floats ofScores = gaussian(size_t(a.B) * a.R * a.H * a.M, 71);
  Floats refined = cut(gaussian(half, 72)), halved = cut(gaussian(half, 73));
  Floats strips = gaussian(size_t(a.B) * channels * a.R * a.W, 74);
  Floats join = gaussian(size_t(a.H) * inputs, 75), refine = gaussian(size_t(channels) * inputs, 76);
  Floats halve = gaussian(size_t(channels) * inputs, 77);
  const Convolution joining{a.B, channels, a.H, 2 * P, a.W, 1};
  const Convolution refining{a.B, channels, channels, P, a.W, 1};
  const Convolution halving{a.B, channels, channels, a.R, a.W, 2};
  Floats sums = unwritten(size_t(ofSlices) * channels * (inputs + 1));
  const auto slicesOf = [&](int outputs) {
    return dim3(ofSlices, ceilDiv(outputs, 64), ceilDiv(inputs + 1, 64));
  };
  const dim3 tiles(ceilDiv(pixels, 128), ceilDiv(channels, 32), a.B);

  Floats joined = unwritten(size_t(a.B) * a.H * 2 * pixels);
  launch(dim3(ceilDiv(2 * pixels, 64), a.B * a.H), 64, 0, [&] {
    seaAroundJoinedBack(ofScores.data(), joined.data(), a);
  });
  Doubles ofJoined(joined.size());
  for (size_t i = 0; i < ofScores.size(); i++) {
    const int head = i / a.M % a.H, r = i / a.M / a.H % a.R;
    const size_t picture = (i / a.M / a.H / a.R * a.H + head) * 2 * pixels;
    const Blend down(2 * P, a.R, r), across(a.W, a.M, i % a.M);
    for (int corner = 0; corner < 4; corner++) {
      const double part = (corner / 2 ? down.part : 1 - down.part) *
                          (corner % 2 ? across.part : 1 - across.part);
      ofJoined[picture + (corner / 2 ? down.above : down.below) * a.W +
               (corner % 2 ? across.above : across.below)] += part * ofScores[i];
    }
  }
  check("joined, back", c, joined, ofJoined, 2e-6);

  ofJoined = doubles(joined);
  launch(slicesOf(2 * a.H), PRODUCT_THREADS, 0, [&] {
    seaAroundJoinSums(joined.data(), refined.data(), sums.data(), a);
  });
  Floats ofJoin = unwritten(join.size());
  launch(ceilDiv(a.H * inputs, 64), 64, 0, [&] {
    seaAroundJoinTotals(sums.data(), ofJoin.data(), a, ofSlices);
  });
  check("joining, kernel", c, ofJoin, joining.ofKernel(ofJoined, twice(doubles(refined), a.W)), 2e-6);

  Floats ofRefined = refined;
  launch(tiles, PRODUCT_THREADS, 0, [&] {
    seaAroundRefinedBack(joined.data(), join.data(), ofRefined.data(), a);
  });
  check("refined, back", c, ofRefined,
        whereOpen(folded(joining.ofSeen(ofJoined, join), a.W), refined), 2e-6);

  Doubles of = doubles(ofRefined);
  launch(slicesOf(channels), PRODUCT_THREADS, 0, [&] {
    seaAroundRefineSums(ofRefined.data(), halved.data(), sums.data(), a);
  });
  checkTotals(c, "refining", sums, channels, inputs, ofSlices, refining.ofKernel(of, doubles(halved)),
              refining.ofBias(of));
  Floats ofHalved = halved;
  launch(tiles, PRODUCT_THREADS, 0, [&] {
    seaAroundHalvedBack(ofRefined.data(), refine.data(), ofHalved.data(), a);
  });
  check("halved, back", c, ofHalved, whereOpen(refining.ofSeen(of, refine), halved), 2e-6);

  of = doubles(ofHalved);
  Doubles picture;
  for (size_t i = 0; i < strips.size(); i++) picture.push_back(strips[stripOf(a, i)]);
  launch(slicesOf(channels), PRODUCT_THREADS, 0, [&] {
    seaAroundHalveSums(ofHalved.data(), strips.data(), sums.data(), a);
  });
  checkTotals(c, "halving", sums, channels, inputs, ofSlices, halving.ofKernel(of, picture),
              halving.ofBias(of));
  Floats ofStrips = unwritten(strips.size());
  launch(dim3(tiles.x, 2 * tiles.y, tiles.z), PRODUCT_THREADS, 0, [&] {
    seaAroundStripsBack(ofHalved.data(), halve.data(), ofStrips.data(), a);
  });
  Doubles ofPicture = halving.ofSeen(of, halve), expected(strips.size());
  for (size_t i = 0; i < strips.size(); i++) expected[stripOf(a, i)] = ofPicture[i];
  check("strips, back", c, ofStrips, expected, 2e-6);
}

void testStrips(const Case &c) {
  const SeaAxes &a = c.axes;
  const int vectors = a.B * a.H * a.R, outputs = 4 * a.W, width = 2 * a.D;
  const int slices = ceilDiv(vectors, 512);
  Floats ofStrips = gaussian(size_t(vectors) * outputs, 81);
  Floats rows = gaussian(size_t(outputs) * width, 82), encoded = gaussian(size_t(vectors) * width, 83);
  Floats sums = unwritten(size_t(slices) * outputs * (width + 1));
  Floats ofEncoded = unwritten(encoded.size());
  launch(dim3(slices, ceilDiv(outputs, 64), ceilDiv(width + 1, 64)), PRODUCT_THREADS, 0, [&] {
    seaAroundRowSums(ofStrips.data(), encoded.data(), sums.data(), a);
  });
  launch(dim3(ceilDiv(vectors, 64), ceilDiv(width, 64)), PRODUCT_THREADS, 0, [&] {
    seaAroundEncodedBack(ofStrips.data(), rows.data(), ofEncoded.data(), a);
  });

  Doubles ofRows(rows.size()), ofBias(outputs), of(encoded.size());
  for (int v = 0; v < vectors; v++) {
    for (int o = 0; o < outputs; o++) {
      const int pair = o / (2 * a.W); // of two strips that lie side by side
      const size_t row = (size_t(v / a.R) * 2 + pair) * a.R + v % a.R;
      const double each = ofStrips[row * 2 * a.W + o % (2 * a.W)];
      ofBias[o] += each;
      for (int i = 0; i < width; i++) {
        ofRows[size_t(o) * width + i] += each * encoded[size_t(v) * width + i];
        of[size_t(v) * width + i] += each * rows[size_t(o) * width + i];
      }
    }
  }
  checkTotals(c, "strips", sums, outputs, width, slices, ofRows, ofBias);
  check("encoded, back", c, ofEncoded, of, 2e-6);
}

// ---- rough contexts ----

/* The first chunk's states of every head; of others none may be read. */
Floats statesOf(const SeaAxes &a, int G) {
  const size_t size = size_t(a.F) * (2 * a.D + 1);
  Floats states = unwritten(size_t(G) * ceilDiv(a.T, 128) * size), first = gaussian(G * size, 91);
  for (int g = 0; g < G; g++) {
    std::copy_n(&first[g * size], size, &states[g * ceilDiv(a.T, 128) * size]);
  }
  return states;
}

/* From sums over keys, S and z or what they get, to features of queries and of keys, and to values. */
template <class T> void testFeatures(
    const Case &c, const std::string &type,
    void (*keyFeaturesBack)(float *, const float *, const int *, const T *, const float *, SeaAxes, int)) {
  const SeaAxes &a = c.axes;
  const SightOf sight(c);
  const int firstHead = a.B > 1 ? 1 : 0, G = a.B * a.H - firstHead, width = 2 * a.D;
  Floats query = gaussian(size_t(G) * a.R * a.F, 92), key = gaussian(size_t(G) * a.T * a.F, 93);
  Floats ofNumerator = gaussian(size_t(G) * a.R * width, 94), ofMass = gaussian(size_t(G) * a.R, 95);
  Floats states = statesOf(a, G), ofFeatures = unwritten(query.size()), ofKey = key;
  std::vector<T> value = stored<T>(gaussian(size_t(G) * a.T * a.D, 96));
  Floats before = gaussian(value.size(), 97), ofValue = before;
  Floats place(sight.place.begin(), sight.place.end());
  const int features = ceilDiv(a.F, 64);
  launch(dim3(ceilDiv(a.R, 64), features, G), PRODUCT_THREADS, 0, [&] {
    seaAroundQueryFeaturesBack(
        query.data(), states.data(), ofNumerator.data(), ofMass.data(), ofFeatures.data(), a);
  });
  launch(dim3(ceilDiv(a.T, 64), ceilDiv(a.D, 64), G), PRODUCT_THREADS, 0, [&] {
    seaAroundPlacedBack(
        key.data(), states.data(), sight.counted.data(), ofValue.data(), a, firstHead);
  });
  launch(dim3(ceilDiv(a.T, 64), features, G), PRODUCT_THREADS, 0, [&] {
    keyFeaturesBack(
        ofKey.data(), place.data(), sight.counted.data(), value.data(), states.data(), a, firstHead);
  });

  Doubles values = doubles(value), ofQueries, ofKeys, ofValues(before.begin(), before.end());
  for (int g = 0; g < G; g++) {
    const float *S = &states[size_t(g) * ceilDiv(a.T, 128) * a.F * (width + 1)];
    const float *z = S + size_t(a.F) * width;
    for (size_t row = size_t(g) * a.R; row < size_t(g + 1) * a.R; row++) {
      for (int f = 0; f < a.F; f++) {
        double sum = double(z[f]) * ofMass[row];
        for (int i = 0; i < width; i++) sum += double(S[f * width + i]) * ofNumerator[row * width + i];
        ofQueries.push_back(sum * (query[row * a.F + f] - 1e-4));
      }
    }
    for (int t = 0; t < a.T; t++) {
      const size_t at = size_t((g + firstHead) / a.H) * a.T + t, row = size_t(g) * a.T + t;
      const bool real = sight.counted[at] != 0;
      for (int f = 0; f < a.F; f++) {
        double sum = z[f];
        for (int d = 0; d < a.D && real; d++) {
          sum += fmax(1 - fabs(sight.place[at] - d), 0) * S[f * width + d];
          sum += values[row * a.D + d] * S[f * width + a.D + d];
          ofValues[row * a.D + d] += double(key[row * a.F + f]) * S[f * width + a.D + d];
        }
        ofKeys.push_back(sum * (key[row * a.F + f] - 1e-4));
      }
    }
  }
  check("features of queries, back", c, ofFeatures, ofQueries, 2e-6);
  check("values that were placed, back", c, ofValue, ofValues, 2e-6);
  check("features of keys, back " + type, c, ofKey, ofKeys, 2e-6);
}

/* From exponents to vectors, and to whatever shifted them; of many equal features. */
template <class T> void testExponents(
    const Case &c, const std::string &type, bool shifted,
    void (*back)(
        const T *, const float *, float *, float *, float *, SeaAxes, int, int, float)) {
  const SeaAxes &a = c.axes;
  const int G = a.B * a.H, chunks = ceilDiv(a.T, 128);
  const float scale = powf(a.D, -0.25f);
  std::vector<T> x = stored<T>(gaussian(size_t(G) * a.T * a.D, 98));
  Doubles numbers = doubles(x);
  for (bool keys : {false, true}) {
    const int rows = keys ? a.T : a.R, every = keys ? 1 : a.n;
    Floats features = gaussian(size_t(G) * rows * a.F, 99), of = gaussian(features.size(), 100);
    for (float &each : features) each = floorf(each * 4) / 4;
    Floats omega = gaussian(size_t(a.F) * a.D, 101), before = gaussian(x.size(), 102);
    Floats ofFeatures = of, ofVectors = before, ofExponents = unwritten(size_t(G) * rows);
    launch(dim3(ceilDiv(rows, 2), G), 2 * WARP, 0, [&] {
      back(x.data(), shifted && !keys ? features.data() : nullptr, ofFeatures.data(),
           shifted && keys ? ofExponents.data() : nullptr, ofVectors.data(), a, rows, every, scale);
    });
    Floats afterwards = ofVectors, shift;
    if (shifted && keys) {
      for (int g = 0; g < G; g++) {
        auto from = features.begin() + size_t(g) * rows * a.F;
        shift.push_back(*std::max_element(from, from + rows * a.F));
      }
      std::vector<int> strongest(size_t(G) * chunks, 77);
      launch(dim3(chunks, G), 64, 0, [&] {
        seaAroundStrongest(features.data(), shift.data(), strongest.data(), a);
      });
      launch(G, 64, 0, [&] {
        seaAroundShiftBack(
            ofExponents.data(), strongest.data(), omega.data(), afterwards.data(), a, scale);
      });
    }

    Doubles expectedFeatures(of.begin(), of.end()), expected(before.begin(), before.end());
    Doubles exponents, shiftsBack;
    for (int g = 0; g < G; g++) {
      double ofHead = 0;
      for (int r = 0; r < rows; r++) {
        const size_t own = (size_t(g) * rows + r) * a.F;
        const size_t vector = (size_t(g) * a.T + size_t(r) * every) * a.D;
        const double sum = std::accumulate(&of[own], &of[own] + a.F, 0.0);
        ofHead += sum;
        exponents.push_back(sum);
        for (int d = 0; d < a.D; d++) {
          expected[vector + d] -= double(scale) * scale * sum * numbers[vector + d];
        }
        if (shifted && !keys) {
          auto from = features.begin() + own;
          expectedFeatures[own + (std::max_element(from, from + a.F) - from)] -= sum;
        }
      }
      shiftsBack.push_back(-ofHead);
    }
    const std::string whose = keys ? "keys" : "queries";
    check("exponents of " + whose + ", back " + type, c, ofVectors, expected, 2e-6);
    check("features of " + whose + ", shifted back", c, ofFeatures, expectedFeatures, 2e-6);
    if (!shifted || !keys) continue;
    check("exponents of keys, summed", c, ofExponents, exponents, 2e-6);
    Doubles moved = doubles(ofVectors);
    for (int g = 0; g < G; g++) {
      auto from = features.begin() + size_t(g) * rows * a.F;
      const int found = std::max_element(from, from + rows * a.F) - from;
      for (int d = 0; d < a.D; d++) {
        moved[(size_t(g) * a.T + found / a.F) * a.D + d] +=
            scale * shiftsBack[g] * omega[size_t(found % a.F) * a.D + d];
      }
    }
    check("shift of keys, back", c, afterwards, moved, 2e-6);
  }
}

} // namespace

void testAroundBack() {
  for (const Case &causal : cases()) {
    const Case c = around(causal);
    testAverage<float>(c, "f32", seaAroundHanded_float, seaAroundValuesBack_float);
    testPainting(c);
    testStrips(c);
    testFeatures<float>(c, "f32", seaAroundKeyFeaturesBack_float);
    testExponents<float>(c, "f32", true, seaAroundExponentsBack_float);
    if (!everyStorage(c)) continue;
    testAverage<f16>(c, "f16", seaAroundHanded_f16, seaAroundValuesBack_f16);
    testAverage<bf16>(c, "bf16", seaAroundHanded_bf16, seaAroundValuesBack_bf16);
    testFeatures<f16>(c, "f16", seaAroundKeyFeaturesBack_f16);
    testFeatures<bf16>(c, "bf16", seaAroundKeyFeaturesBack_bf16);
    testExponents<f16>(c, "f16", false, seaAroundExponentsBack_f16);
    testExponents<bf16>(c, "bf16", true, seaAroundExponentsBack_bf16);
  }
}
