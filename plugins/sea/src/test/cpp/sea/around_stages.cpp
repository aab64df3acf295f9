/* Stages without a causal mask: every one against its formula in double precision, choices exactly. */
#include "../../../main/cuda/sea_around_average.cu"
#include "../../../main/cuda/sea_around_cut.cu"
#include "../../../main/cuda/sea_around_features.cu"
#include "../../../main/cuda/sea_around_groups.cu"
#include "../../../main/cuda/sea_around_painting.cu"
#include "../../../main/cuda/sea_around_rough.cu"
#include "../../../main/cuda/sea_around_sight.cu"

#include "stages.h"

#include <algorithm>
#include <numeric>

using namespace stages;

namespace {

void testSight(const Case &c) {
  const SeaAxes &a = c.axes;
  const SightOf expected(c);
  const size_t count = size_t(a.B) * a.T;
  std::vector<int> rank = ranks(c), counted(count, -9), seen(count, -9);
  Floats place = unwritten(count);

  launch(dim3(ceilDiv(a.T, 64), a.B), 64, 0, [&] {
    seaAroundSight(orNull(rank), counted.data(), seen.data(), place.data(), a);
  });

  check("places", c, place, expected.place, 1e-7);
  check("counted keys", c, Doubles(counted.begin(), counted.end()),
        Doubles(expected.counted.begin(), expected.counted.end()), 0);
  check("seen keys", c, Doubles(seen.begin(), seen.end()),
        Doubles(expected.seen.begin(), expected.seen.end()), 0);
}

template <class T> void testFeatures(
    const Case &c, const std::string &type, bool keys,
    void (*project)(const T *, const float *, float *, SeaAxes, int, int, float),
    void (*open)(const T *, const float *, float *, SeaAxes, int, int, float)) {
  const SeaAxes &a = c.axes;
  const int G = a.B * a.H, rows = keys ? a.T : a.R, every = keys ? 1 : a.n;
  const float scale = powf(a.D, -0.25f);
  std::vector<T> x = stored<T>(gaussian(size_t(G) * a.T * a.D, 41));
  Floats omega = gaussian(size_t(a.F) * a.D, 42);

  Floats actual = unwritten(size_t(G) * rows * a.F), shift = unwritten(G);
  Floats greatest = unwritten(size_t(G) * ceilDiv(a.T, 128));
  launch(dim3(ceilDiv(rows, 64), ceilDiv(a.F, 64), G), PRODUCT_THREADS, 0, [&] {
    project(x.data(), omega.data(), actual.data(), a, rows, every, scale);
  });
  if (keys) {
    launch(dim3(ceilDiv(a.T, 128), G), 64, 0, [&] {
      seaAroundGreatest(actual.data(), greatest.data(), a);
    });
    launch(G, 64, 0, [&] { seaAroundShift(greatest.data(), shift.data(), a); });
  }
  launch(dim3(ceilDiv(rows, 4), G), 4 * WARP, 0, [&] {
    open(x.data(), keys ? shift.data() : nullptr, actual.data(), a, rows, every, scale);
  });

  Doubles numbers = doubles(x), expected;
  for (int g = 0; g < G; g++) {
    Doubles projected, half;
    for (int r = 0; r < rows; r++) {
      const double *vector = &numbers[(size_t(g) * a.T + r * every) * a.D];
      half.push_back(0.5 * scale * scale * std::inner_product(vector, vector + a.D, vector, 0.0));
      for (int f = 0; f < a.F; f++) {
        const float *w = &omega[size_t(f) * a.D];
        projected.push_back(scale * std::inner_product(vector, vector + a.D, w, 0.0));
      }
    }
    for (int r = 0; r < rows; r++) {
      auto from = projected.begin() + (keys ? 0 : size_t(r) * a.F);
      auto end = keys ? projected.end() : from + a.F;
      const double most = *std::max_element(from, end);
      for (int f = 0; f < a.F; f++) {
        expected.push_back(exp(projected[size_t(r) * a.F + f] - half[r] - most) + 1e-4);
      }
    }
  }
  check((keys ? "features of all keys " : "features of queries ") + type, c, actual, expected, 1e-5);
}

template <class T> void testRough(
    const Case &c, const std::string &type,
    void (*sums)(
        const float *, const float *, const int *, const T *, float *, SeaAxes, int)) {
  const SeaAxes &a = c.axes;
  const SightOf sight(c);
  const int firstHead = a.B > 1 ? 1 : 0, G = a.B * a.H - firstHead; // not all of them
  const int chunks = ceilDiv(a.T, 128), width = 2 * a.D;
  Floats query = gaussian(size_t(G) * a.R * a.F, 43), key = gaussian(size_t(G) * a.T * a.F, 44);
  for (float &each : query) each = fabsf(each);
  for (float &each : key) each = fabsf(each);
  Floats place(sight.place.begin(), sight.place.end());
  std::vector<T> value = stored<T>(gaussian(size_t(G) * a.T * a.D, 45));

  Floats states = unwritten(size_t(G) * chunks * a.F * (width + 1));
  Floats actual = unwritten(size_t(G) * a.R * width), masses = unwritten(size_t(G) * a.R);
  launch(dim3(ceilDiv(a.F, 64) * ceilDiv(width, 64), chunks, G), PRODUCT_THREADS, 0, [&] {
    sums(key.data(), place.data(), sight.counted.data(), value.data(), states.data(), a, firstHead);
  });
  launch(dim3(ceilDiv(a.F * (width + 1), 64), G), 64, 0, [&] { seaAroundTotals(states.data(), a); });
  launch(dim3(ceilDiv(a.R, 64), G), PRODUCT_THREADS, 0, [&] {
    seaAroundContext(query.data(), states.data(), actual.data(), masses.data(), a);
  });

  Doubles values = doubles(value), expected, expectedMasses;
  for (int g = 0; g < G; g++) {
    const size_t sequence = size_t((g + firstHead) / a.H) * a.T;
    std::vector<Doubles> memory(a.F, Doubles(width));
    Doubles mass(a.F);
    for (int j = 0; j < a.T; j++) {
      for (int f = 0; f < a.F; f++) {
        const double weight = key[(size_t(g) * a.T + j) * a.F + f];
        mass[f] += weight;
        for (int d = 0; d < a.D && sight.counted[sequence + j] > 0; d++) {
          memory[f][d] += weight * fmax(1 - fabs(sight.place[sequence + j] - d), 0);
          memory[f][a.D + d] += weight * values[(size_t(g) * a.T + j) * a.D + d];
        }
      }
    }
    for (int r = 0; r < a.R; r++) {
      Doubles mixed(width);
      double all = 0;
      for (int f = 0; f < a.F; f++) {
        const double weight = query[(size_t(g) * a.R + r) * a.F + f];
        all += weight * mass[f];
        for (int i = 0; i < width; i++) mixed[i] += weight * memory[f][i];
      }
      expectedMasses.push_back(all);
      for (double each : mixed) expected.push_back(each / all);
    }
  }
  check("rough context around " + type, c, actual, expected, 2e-6);
  check("mass around " + type, c, masses, expectedMasses, 2e-6);
}

/* What a convolution of 3 × 3 sees of a picture [channels, rows, W], and its sum. */
double convolved(
    const Doubles &picture, size_t from, const Floats &weight, int output, int channels, int rows,
    int W, int row, int column) {
  double sum = 0;
  for (int i = 0; i < channels; i++) {
    for (int tap = 0; tap < 9; tap++) {
      const int y = row + tap / 3 - 1, x = column + tap % 3 - 1;
      if (y >= 0 && y < rows && x >= 0 && x < W) {
        sum += double(weight[(size_t(output) * channels + i) * 9 + tap]) *
               picture[from + (size_t(i) * rows + y) * W + x];
      }
    }
  }
  return sum;
}

/* [B, channels, rows, W] to [B, outputs, rows/stride, W]. */
Doubles convolved(
    const Doubles &picture, const Floats &weight, const Floats &bias, const SeaAxes &a, int channels,
    int outputs, int rows, int stride) {
  Doubles result;
  for (int b = 0; b < a.B; b++) {
    for (int o = 0; o < outputs; o++) {
      for (int r = 0; r < rows; r += stride) {
        for (int w = 0; w < a.W; w++) {
          const size_t from = size_t(b) * channels * rows * a.W;
          result.push_back(
              convolved(picture, from, weight, o, channels, rows, a.W, r, w) + bias[o]);
        }
      }
    }
  }
  return result;
}

Doubles cutNegative(Doubles numbers) {
  for (double &each : numbers) each = fmax(each, 0);
  return numbers;
}

void testPainting(const Case &c) {
  const SeaAxes &a = c.axes;
  const int channels = 4 * a.H, pairs = ceilDiv(a.R, 2);
  Floats strips = gaussian(size_t(a.B) * channels * a.R * a.W, 46); // as the kernel has them
  Floats halve = gaussian(size_t(channels) * channels * 9, 47), halveBias = gaussian(channels, 48);
  Floats refine = gaussian(size_t(channels) * channels * 9, 49), refineBias = gaussian(channels, 50);
  Floats join = gaussian(size_t(a.H) * channels * 9, 51);
  const size_t half = size_t(a.B) * channels * pairs * a.W;
  Floats halved = unwritten(half), refined = unwritten(half);
  Floats joined = unwritten(size_t(a.B) * a.H * 2 * pairs * a.W);
  const int tiles = ceilDiv(pairs * a.W, 128);
  launch(dim3(tiles, ceilDiv(channels, 32), a.B), PRODUCT_THREADS, 0, [&] {
    seaAroundHalve(strips.data(), halve.data(), halveBias.data(), halved.data(), a);
  });
  launch(dim3(tiles, ceilDiv(channels, 32), a.B), PRODUCT_THREADS, 0, [&] {
    seaAroundRefine(halved.data(), refine.data(), refineBias.data(), refined.data(), a);
  });
  launch(dim3(tiles, ceilDiv(2 * a.H, 32), a.B), PRODUCT_THREADS, 0, [&] {
    seaAroundJoin(refined.data(), join.data(), joined.data(), a);
  });

  Doubles picture(strips.size()); // [B, 4H, R, W]
  for (size_t pair = 0; pair < size_t(a.B) * channels / 2; pair++) {
    for (int r = 0; r < a.R; r++) {
      for (int i = 0; i < 2 * a.W; i++) {
        picture[((pair * 2 + i / a.W) * a.R + r) * a.W + i % a.W] =
            strips[(pair * a.R + r) * 2 * a.W + i];
      }
    }
  }
  check("halved", c, halved,
        cutNegative(convolved(picture, halve, halveBias, a, channels, channels, a.R, 2)), 2e-6);
  Doubles first = doubles(halved), second = doubles(refined), twice;
  check("refined", c, refined,
        cutNegative(convolved(first, refine, refineBias, a, channels, channels, pairs, 1)), 2e-6);
  for (size_t row = 0; row < second.size(); row += a.W) {
    for (int copy = 0; copy < 2; copy++) {
      twice.insert(twice.end(), second.begin() + row, second.begin() + row + a.W);
    }
  }
  check("joined", c, joined,
        convolved(twice, join, Floats(a.H), a, channels, a.H, 2 * pairs, 1), 2e-6);
}

/* Number `at` of `to` that are blended from `from` numbers, each `stride` after the other. */
double blend(const Doubles &x, size_t first, size_t stride, int from, int to, int at) {
  const Blend of(from, to, at);
  return x[first + of.below * stride] * (1 - of.part) + x[first + of.above * stride] * of.part;
}

void testWeights(const Case &c) {
  const SeaAxes &a = c.axes;
  const int painted = 2 * ceilDiv(a.R, 2);
  Floats joined = gaussian(size_t(a.B) * a.H * painted * a.W, 52);
  Floats actual = unwritten(size_t(a.B) * a.R * a.H * a.M);
  launch(dim3(a.R, a.B), 2 * WARP, 0, [&] { seaAroundWeights(joined.data(), actual.data(), a); });

  Doubles picture = doubles(joined), expected;
  for (int b = 0; b < a.B; b++) {
    for (int r = 0; r < a.R; r++) {
      for (int h = 0; h < a.H; h++) {
        Doubles row, wide;
        for (int w = 0; w < a.W; w++) {
          row.push_back(
              blend(picture, (size_t(b) * a.H + h) * painted * a.W + w, a.W, painted, a.R, r));
        }
        double total = 0;
        for (int m = 0; m < a.M; m++) {
          wide.push_back(exp(blend(row, 0, 1, a.W, a.M, m)));
          total += wide.back();
        }
        for (double each : wide) expected.push_back(each / total);
      }
    }
  }
  check("weights around", c, actual, expected, 2e-6);
}

template <class T> void testAverage(
    const Case &c, const std::string &type, double parts,
    void (*valuesOf)(const T *, const int *, const int *, const double *, double *, SeaAxes),
    void (*spreadOf)(const double *, T *, SeaAxes)) {
  const SeaAxes &a = c.axes;
  const SightOf sight(c);
  const int heads = a.B * a.H, size = a.H * a.M, rowChunks = ceilDiv(a.R, 128);
  const int chunks = ceilDiv(a.T, 128);
  Floats weights = gaussian(size_t(a.B) * a.R * size, 53);
  for (float &each : weights) each = fabsf(each);
  std::vector<T> value = stored<T>(gaussian(size_t(heads) * a.T * a.D, 54));
  std::vector<int> rank = ranks(c);

  Doubles columns(size_t(a.B) * rowChunks * size, NAN), sums(size_t(heads) * chunks * a.D, NAN);
  std::vector<T> actual = stored<T>(unwritten(value.size()));
  launch(dim3(rowChunks, ceilDiv(size, 64), a.B), 64, 0, [&] {
    seaAroundColumns(weights.data(), sight.counted.data(), columns.data(), a);
  });
  launch(dim3(ceilDiv(size, 64), a.B), 64, 0, [&] { seaAroundMeans(columns.data(), a); });
  launch(dim3(chunks, heads), WARP, 0, [&] {
    valuesOf(value.data(), sight.counted.data(), orNull(rank), columns.data(), sums.data(), a);
  });
  launch(heads, WARP, 0, [&] { seaAroundValueTotals(sums.data(), a); });
  launch(dim3(chunks, heads), 64, 0, [&] { spreadOf(sums.data(), actual.data(), a); });

  Doubles values = doubles(value), expected;
  for (int g = 0; g < heads; g++) {
    const int b = g / a.H;
    Doubles means(a.M), sum(a.D);
    for (int t = 0; t < a.T; t++) {
      for (int m = 0; m < a.M && isReal(c, b, t); m++) {
        means[m] +=
            weights[((size_t(b) * a.R + t / a.n) * a.H + g % a.H) * a.M + m] / double(a.T);
      }
    }
    int before = 0;
    for (int t = 0; t < a.T; t++) {
      if (!isReal(c, b, t)) continue;
      const float place = (before++ + 0.5f) / sight.seen[size_t(b) * a.T] * a.M - 1e-4f;
      for (int d = 0; d < a.D; d++) {
        sum[d] += means[std::max(int(floorf(place)), 0)] * values[(size_t(g) * a.T + t) * a.D + d];
      }
    }
    for (int t = 0; t < a.T; t++) expected.insert(expected.end(), sum.begin(), sum.end());
  }
  check("average of all " + type, c, doubles(actual), expected, parts);
}

/* Bits of the columns that a sort in the order of the group keeps, among heads × queries. */
std::vector<unsigned> keptBySorting(
    const Case &c, const Floats &weights, int joint, bool ofQuery, float columns) {
  const SeaAxes &a = c.axes;
  const SightOf sight(c);
  const int words = ceilDiv(a.M, 32);
  std::vector<unsigned> kept(size_t(a.B) * a.H * a.T * words);
  for (int b = 0; b < a.B; b++) {
    const float keys = float(std::max(sight.seen[size_t(b) * a.T], 1)), each = columns / keys;
    for (int first = 0; first < a.H; first += joint) {
      for (int from = 0; from < a.T; from += ofQuery ? 1 : a.T) {
        struct Entry {
          float weight;
          int head, t, m;
        };
        std::vector<Entry> all;
        for (int h = first; h < first + joint; h++) {
          for (int t = from; t < (ofQuery ? from + 1 : a.T); t++) {
            for (int m = 0; m < a.M; m++) {
              const size_t row = size_t(b) * a.R + t / a.n;
              all.push_back({isReal(c, b, t) ? weights[(row * a.H + h) * a.M + m] : 0, h, t, m});
            }
          }
        }
        std::stable_sort(all.begin(), all.end(), [](const Entry &x, const Entry &y) {
          return x.weight > y.weight;
        });
        const float wanted = rintf(ofQuery ? each * joint : keys * joint * each);
        const size_t count = std::min(all.size(), size_t(fmaxf(wanted, 1)));
        for (size_t i = 0; i < count; i++) {
          if (ofQuery && !isReal(c, b, all[i].t)) continue;
          const size_t query = (size_t(b) * a.H + all[i].head) * a.T + all[i].t;
          kept[query * words + all[i].m / 32] |= 1u << all[i].m % 32;
        }
      }
    }
  }
  return kept;
}

void checkKept(
    const std::string &stage, const Case &c, const std::vector<unsigned> &actual,
    const std::vector<unsigned> &expected) {
  check(stage, c, Doubles(actual.begin(), actual.end()), Doubles(expected.begin(), expected.end()), 0);
}

/* Of few different weights, so that many are equal. */
void testChoice(const Case &c, int joint, float k) {
  const SeaAxes &a = c.axes;
  const SightOf sight(c);
  const int words = ceilDiv(a.M, 32), groups = a.B * a.H / joint, warps = ceilDiv(a.T, 32);
  const double oversample = 1.5;
  Floats weights = gaussian(size_t(a.B) * a.R * a.H * a.M, 55);
  for (float &each : weights) each = floorf(fabsf(each) * 16) / 16;

  std::vector<unsigned> ofQuery(size_t(a.B) * a.H * a.T * words, 0xCDCDCDCD), ofGroup = ofQuery;
  launch(dim3(a.T, a.H / joint, a.B), 64, size_t(4) * joint * (words + a.M), [&] {
    seaAroundCut(
        weights.data(), sight.counted.data(), ofQuery.data(), a, &k, oversample, joint, 1);
  });
  std::vector<Group> group(groups, Group{77, 77, 77});
  std::vector<Whole> histogram(size_t(groups) * DIGITS, 77), equals(size_t(a.B) * a.H * warps, 77);
  launch(groups, 64, 0, [&] {
    seaAroundBegin(
        sight.seen.data(), group.data(), histogram.data(), a, &k, oversample, joint);
  });
  for (int shift = 24; shift >= 0; shift -= 8) {
    launch(dim3(ceilDiv(a.R, 64), a.H, a.B), 64, 0, [&] {
      seaAroundCount(
          weights.data(), sight.counted.data(), group.data(), histogram.data(), a, joint, shift);
    });
    launch(groups, WARP, 0, [&] {
      seaAroundChoose(sight.seen.data(), group.data(), histogram.data(), a, joint, shift);
    });
  }
  const dim3 queries(ceilDiv(warps, 2), a.H, a.B);
  launch(queries, 2 * WARP, 0, [&] {
    seaAroundEquals(
        weights.data(), sight.counted.data(), group.data(), equals.data(), a, joint);
  });
  launch(groups, 64, 0, [&] { seaAroundRanks(equals.data(), a, joint); });
  launch(queries, 2 * WARP, 0, [&] {
    seaAroundKeep(
        weights.data(), sight.counted.data(), group.data(), equals.data(), ofGroup.data(), a, joint);
  });

  const float columns = float(k * oversample * a.M);
  checkKept("cut of queries", c, ofQuery, keptBySorting(c, weights, joint, true, columns));
  checkKept("cut of groups", c, ofGroup, keptBySorting(c, weights, joint, false, columns));
}

} // namespace

void testAround() {
  for (const Case &causal : cases()) {
    const Case c = around(causal);
    testSight(c);
    for (bool keys : {false, true}) {
      testFeatures<float>(c, "f32", keys, seaAroundProject_float, seaAroundFeatures_float);
    }
    testRough<float>(c, "f32", seaAroundSums_float);
    testPainting(c);
    testWeights(c);
    testAverage<float>(c, "f32", 1e-6, seaAroundValues_float, seaAroundAverage_float);
    testChoice(c, 1, 3);
    testChoice(c, c.axes.H, 3);
    testChoice(c, c.axes.H, 1000);
    if (!everyStorage(c)) continue;
    testFeatures<f16>(c, "f16", true, seaAroundProject_f16, seaAroundFeatures_f16);
    testFeatures<bf16>(c, "bf16", false, seaAroundProject_bf16, seaAroundFeatures_bf16);
    testRough<f16>(c, "f16", seaAroundSums_f16);
    testRough<bf16>(c, "bf16", seaAroundSums_bf16);
    testAverage<f16>(c, "f16", 5e-4, seaAroundValues_f16, seaAroundAverage_f16);
    testAverage<bf16>(c, "bf16", 4e-3, seaAroundValues_bf16, seaAroundAverage_bf16);
  }
}
