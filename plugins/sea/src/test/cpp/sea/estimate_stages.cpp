/* From queries, keys and values to weights: every stage against its formula in double precision. */
#include "../../../main/cuda/sea_encoder.cu"
#include "../../../main/cuda/sea_features.cu"
#include "../../../main/cuda/sea_painting.cu"
#include "../../../main/cuda/sea_rough.cu"

#include "stages.h"

#include <numeric>

using namespace stages;

namespace {

double dot(const Doubles &a, size_t fromA, const Doubles &b, size_t fromB, size_t count) {
  return std::inner_product(a.begin() + fromA, a.begin() + fromA + count, b.begin() + fromB, 0.0);
}

/* LN of `count` numbers that lie in order. */
void normalise(double *x, int count, const Doubles &gain, const Doubles &bias) {
  double mean = std::accumulate(x, x + count, 0.0) / count, variance = 0;
  for (int i = 0; i < count; i++) variance += (x[i] - mean) * (x[i] - mean) / count;
  for (int i = 0; i < count; i++) x[i] = (x[i] - mean) / sqrt(variance + 1e-5) * gain[i] + bias[i];
}

/* What products of split numbers may err by in parts of the greatest sum, beside those of f32:
 * 3·2⁻¹⁸·Σ|a||b| (sea_cores.cuh), which is at most four times that sum at the sizes here. */
const double SPLIT = 4 * 3.0 / (1 << 18);

template <class T> void testFeatures(
    const Case &c, const std::string &type,
    void (*kernel)(const T *, const float *, float *, SeaAxes, int, int, float),
    double split = 0) {
  const SeaAxes &a = c.axes;
  const int G = a.B * a.H;
  std::vector<T> x = stored<T>(gaussian(size_t(G) * a.T * a.D, 1));
  Floats omega = gaussian(size_t(a.F) * a.D, 2);
  const float scale = powf(a.D, -0.25f);

  Floats actual = unwritten(size_t(G) * a.R * a.F);
  launch(dim3(ceilDiv(a.R, 64), ceilDiv(a.F, 64), G), PRODUCT_THREADS, 0, [&] {
    kernel(x.data(), omega.data(), actual.data(), a, a.R, a.n, scale);
  });

  Doubles numbers = doubles(x), rows = doubles(omega), expected;
  for (int g = 0; g < G; g++) {
    for (int r = 0; r < a.R; r++) {
      for (int f = 0; f < a.F; f++) {
        size_t at = (size_t(g) * a.T + r * a.n) * a.D;
        expected.push_back(fmax(scale * dot(numbers, at, rows, size_t(f) * a.D, a.D), 0) + 1e-3);
      }
    }
  }
  check("features " + type, c, actual, expected, 1e-6 + split);
}

template <class T> void testRough(
    const Case &c, const std::string &type,
    void (*sums)(const float *, const float *, const T *, const int *, float *, SeaAxes, int),
    void (*contexts)(
        const float *, const float *, const float *, const T *, const int *, const float *, float *,
        float *, SeaAxes, int),
    double split = 0) {
  const SeaAxes &a = c.axes;
  const int firstHead = a.B > 1 ? 1 : 0, G = a.B * a.H - firstHead; // not all of them
  const int chunks = ceilDiv(a.T, 128), width = 2 * a.D;
  Floats query = gaussian(size_t(G) * a.R * a.F, 3), key = gaussian(size_t(G) * a.T * a.F, 4);
  for (float &each : query) each = fmaxf(each, 0) + 1e-3f;
  for (float &each : key) each = fmaxf(each, 0) + 1e-3f;
  Floats places = gaussian(size_t(a.T) * a.D, 5);
  std::vector<T> value = stored<T>(gaussian(size_t(G) * a.T * a.D, 6));
  std::vector<int> rank = ranks(c);

  Floats states = unwritten(size_t(G) * chunks * a.F * (width + 1));
  Floats actual = unwritten(size_t(G) * a.R * width), masses = unwritten(size_t(G) * a.R);
  launch(dim3(ceilDiv(a.F, 64) * ceilDiv(width, 64), chunks, G), PRODUCT_THREADS, 0, [&] {
    sums(key.data(), places.data(), value.data(), orNull(rank), states.data(), a, firstHead);
  });
  launch(dim3(ceilDiv(a.F * (width + 1), 64), G), 64, 0, [&] { seaRoughScan(states.data(), a); });
  launch(dim3(ceilDiv(ceilDiv(128, a.n), 64), chunks, G), PRODUCT_THREADS, 0, [&] {
    contexts(
        query.data(), key.data(), places.data(), value.data(), orNull(rank), states.data(),
        actual.data(), masses.data(), a, firstHead);
  });

  Doubles values = doubles(value), queries = doubles(query), keys = doubles(key), expected, total;
  for (int g = 0; g < G; g++) {
    const int sequence = (g + firstHead) / a.H;
    for (int r = 0; r < a.R; r++) {
      Doubles mixed(width);
      size_t q = (size_t(g) * a.R + r) * a.F;
      double mass = 1e-6 * std::accumulate(&queries[q], &queries[q] + a.F, 0.0);
      for (int j = 0; j <= r * a.n; j++) {
        double weight = dot(queries, q, keys, (size_t(g) * a.T + j) * a.F, a.F);
        mass += weight;
        bool blind = c.padded && rank[size_t(sequence) * a.T + j] == 0;
        for (int d = 0; d < a.D && !blind; d++) {
          mixed[d] += weight * places[size_t(j) * a.D + d];
          mixed[a.D + d] += weight * values[(size_t(g) * a.T + j) * a.D + d];
        }
      }
      for (double each : mixed) expected.push_back(each / mass);
      total.push_back(mass);
    }
  }
  check("rough context " + type, c, actual, expected, 2e-6 + split);
  check("mass of features " + type, c, masses, total, 2e-6 + split);
}

template <class T> void testEncoder(
    const Case &c, const std::string &type, int joint,
    void (*kernel)(
        const float *, const T *, const int *, const float *, const float *, float *, SeaAxes,
        int),
    double split = 0) {
  const SeaAxes &a = c.axes;
  const int in = 3 * a.D * joint, out = 2 * a.D * joint, width = 2 * a.D;
  const size_t rows = size_t(a.B) * a.H * a.R;
  Floats context = gaussian(rows * width, 7);
  std::vector<T> value = stored<T>(gaussian(size_t(a.B) * a.H * a.T * a.D, 8));
  std::vector<int> rank = ranks(c);
  Floats weight = gaussian(size_t(out) * in, 9), bias = gaussian(out, 10), gain = gaussian(out, 11);
  for (float &each : weight) each /= sqrtf(in);

  Floats actual = unwritten(rows * width);
  launch(dim3(ceilDiv(rows / joint, 64), ceilDiv(out, 64)), PRODUCT_THREADS, 0, [&] {
    kernel(
        context.data(), value.data(), orNull(rank), weight.data(), bias.data(), actual.data(), a,
        joint);
  });
  launch(ceilDiv(rows / joint, 4), 4 * WARP, 0, [&] {
    seaNormGelu(actual.data(), gain.data(), bias.data(), a, joint);
  });

  Doubles values = doubles(value), weights = doubles(weight), expected(rows * width);
  for (int b = 0; b < a.B; b++) {
    for (int first = 0; first < a.H; first += joint) {
      for (int r = 0; r < a.R; r++) {
        Doubles seen, hidden;
        const int t = r * a.n;
        for (int h = b * a.H + first; h < b * a.H + first + joint; h++) {
          for (int i = 0; i < width; i++) seen.push_back(context[(size_t(h) * a.R + r) * width + i]);
          bool blind = c.padded && rank[size_t(b) * a.T + t] == 0;
          for (int d = 0; d < a.D; d++) {
            seen.push_back(blind ? 0 : values[(size_t(h) * a.T + t) * a.D + d]);
          }
        }
        for (int o = 0; o < out; o++) {
          hidden.push_back(dot(weights, size_t(o) * in, seen, 0, in) + bias[o]);
        }
        normalise(hidden.data(), out, doubles(gain), doubles(bias));
        for (int o = 0; o < out; o++) {
          const int h = b * a.H + first + o / width;
          expected[(size_t(h) * a.R + r) * width + o % width] =
              hidden[o] * 0.5 * (1 + erf(hidden[o] * sqrt(0.5)));
        }
      }
    }
  }
  check((joint == 1 ? "encoder " : "joint encoder ") + type, c, actual, expected, 2e-6 + split);
}

void testStripsAndGates(const Case &c) {
  const SeaAxes &a = c.axes;
  const int in = 2 * a.D, heads = a.B * a.H;
  Floats hidden = gaussian(size_t(heads) * a.R * in, 12);
  Floats rows = gaussian(size_t(2) * a.W * in, 13), rowsBias = gaussian(size_t(2) * a.W, 14);
  Floats gate = gaussian(size_t(2) * in, 15), gateBias = gaussian(2, 16);

  Floats strips = unwritten(size_t(heads) * 2 * a.R * a.W), gates = unwritten(size_t(heads) * a.R * 2);
  launch(dim3(ceilDiv(heads * a.R, 64), ceilDiv(2 * a.W, 64)), PRODUCT_THREADS, 0, [&] {
    seaStrips(hidden.data(), rows.data(), rowsBias.data(), strips.data(), a);
  });
  launch(ceilDiv(heads * a.R, 4), 4 * WARP, 0, [&] {
    seaGates(hidden.data(), gate.data(), gateBias.data(), gates.data(), a);
  });

  Doubles x = doubles(hidden), w = doubles(rows), g = doubles(gate), wanted, opened;
  for (int h = 0; h < heads; h++) {
    for (int s = 0; s < 2; s++) {
      for (int r = 0; r < a.R; r++) {
        for (int i = s * a.W; i < (s + 1) * a.W; i++) {
          wanted.push_back(dot(x, (size_t(h) * a.R + r) * in, w, size_t(i) * in, in) + rowsBias[i]);
        }
      }
    }
    for (int r = 0; r < a.R; r++) {
      for (int i = 0; i < 2; i++) {
        double logit = dot(x, (size_t(h) * a.R + r) * in, g, size_t(i) * in, in) + gateBias[i];
        opened.push_back(1 / (1 + exp(-logit)));
      }
    }
  }
  check("strips", c, strips, wanted, 2e-6);
  if (everyStorage(c)) {
    strips = unwritten(strips.size());
    launch(dim3(ceilDiv(heads * a.R, 64), ceilDiv(2 * a.W, 64)), PRODUCT_THREADS, 0, [&] {
      seaStripsTensor(hidden.data(), rows.data(), rowsBias.data(), strips.data(), a);
    });
    check("strips on tensor cores", c, strips, wanted, 2e-6 + SPLIT);
  }
  check("gates", c, gates, opened, 2e-6);
}

void testPainting(const Case &c) {
  const SeaAxes &a = c.axes;
  const int channels = 2 * a.H;
  const size_t count = size_t(a.B) * channels * a.R * a.W;
  Floats picture = gaussian(count, 17), gain = gaussian(a.W, 18), bias = gaussian(a.W, 19);
  Floats weight = gaussian(size_t(channels) * channels * 9, 20), convBias = gaussian(channels, 21);

  Floats normal = picture, refined = unwritten(count);
  launch(ceilDiv(a.B * channels * a.R, 4), 4 * WARP, 0, [&] {
    seaNormalise(normal.data(), gain.data(), bias.data(), a);
  });
  launch(dim3(ceilDiv(a.R * a.W, 128), ceilDiv(channels, 32), a.B), PRODUCT_THREADS, 0, [&] {
    seaRefine(normal.data(), weight.data(), convBias.data(), refined.data(), a);
  });

  Doubles wanted = doubles(picture), convolved;
  for (size_t at = 0; at < count; at += a.W) {
    normalise(&wanted[at], a.W, doubles(gain), doubles(bias));
  }
  check("norm of strips", c, normal, wanted, 2e-5); // few numbers may be nearly equal
  for (int b = 0; b < a.B; b++) {
    for (int o = 0; o < channels; o++) {
      for (int t = 0; t < a.R; t++) {
        for (int w = 0; w < a.W; w++) {
          double sum = convBias[o];
          for (int i = 0; i < channels; i++) {
            for (int row = 0; row < 3; row++) {
              for (int column = 0; column < 3; column++) {
                const int y = t - 4 + 2 * row, x = w - 2 + 2 * column;
                if (y >= 0 && x >= 0 && x < a.W) {
                  sum += double(weight[((size_t(o) * channels + i) * 3 + row) * 3 + column]) *
                         normal[((size_t(b) * channels + i) * a.R + y) * a.W + x];
                }
              }
            }
          }
          convolved.push_back(fmax(sum, 0));
        }
      }
    }
  }
  check("convolution", c, refined, convolved, 2e-6);
  if (everyStorage(c)) {
    refined = unwritten(count);
    launch(dim3(ceilDiv(a.R * a.W, 128), ceilDiv(channels, 32), a.B), PRODUCT_THREADS, 0, [&] {
      seaRefineTensor(normal.data(), weight.data(), convBias.data(), refined.data(), a);
    });
    check("convolution on tensor cores", c, refined, convolved, 2e-6 + SPLIT);
  }
}

/* Widens, pads and resizes a row as the recipe does, by a matrix. */
Doubles resized(const Doubles &strip, int M) {
  Doubles wide(1, 0), result(M);
  for (double each : strip) wide.insert(wide.end(), 4, each);
  wide.push_back(0);
  const int from = int(wide.size());
  for (int m = 0; m < M; m++) {
    if (M > from) {
      double at = fmax((m + 0.5) * from / M - 0.5, 0);
      int below = int(at), above = below + 1 < from ? below + 1 : from - 1;
      result[m] = wide[below] * (1 - (at - below)) + wide[above] * (at - below);
    } else {
      int first = m * from / M, end = ((m + 1) * from + M - 1) / M;
      for (int i = first; i < end; i++) result[m] += wide[i] / (end - first);
    }
  }
  return result;
}

void testWeights(const Case &c) {
  const SeaAxes &a = c.axes;
  const int channels = 2 * a.H;
  Floats picture = gaussian(size_t(a.B) * channels * a.R * a.W, 22);
  Floats join = gaussian(size_t(a.H) * channels, 23);
  Floats gain = gaussian(a.M, 24), bias = gaussian(a.M, 25);

  Floats actual = unwritten(size_t(a.B) * a.R * a.H * a.M);
  launch(dim3(a.R, a.B), 2 * WARP, size_t(4) * a.H * a.W, [&] {
    seaWeights(picture.data(), join.data(), gain.data(), bias.data(), actual.data(), a);
  });

  Doubles expected;
  for (int b = 0; b < a.B; b++) {
    for (int r = 0; r < a.R; r++) {
      for (int h = 0; h < a.H; h++) {
        Doubles joined(a.W);
        for (int i = 0; i < channels; i++) {
          for (int w = 0; w < a.W; w++) {
            joined[w] += double(join[h * channels + i]) *
                         picture[((size_t(b) * channels + i) * a.R + r) * a.W + w];
          }
        }
        Doubles row = resized(joined, a.M);
        normalise(row.data(), a.M, doubles(gain), doubles(bias));
        double total = 0;
        for (double &each : row) total += each = exp(each);
        for (double each : row) expected.push_back(each / total);
      }
    }
  }
  check("weights", c, actual, expected, 1e-5);
}

} // namespace

void testEstimate() {
  for (const Case &c : cases()) {
    testFeatures<float>(c, "f32", seaFeatures_float);
    testRough<float>(c, "f32", seaRoughSums_float, seaRoughContext_float);
    testEncoder<float>(c, "f32", 1, seaEncode_float);
    testEncoder<float>(c, "f32", c.axes.H, seaEncode_float);
    testStripsAndGates(c);
    testPainting(c);
    testWeights(c);
    if (!everyStorage(c)) continue;
    testFeatures<f16>(c, "f16", seaFeatures_f16);
    testFeatures<bf16>(c, "bf16", seaFeatures_bf16);
    testRough<f16>(c, "f16", seaRoughSums_f16, seaRoughContext_f16);
    testRough<bf16>(c, "bf16", seaRoughSums_bf16, seaRoughContext_bf16);
    testEncoder<f16>(c, "f16", 1, seaEncode_f16);
    testEncoder<bf16>(c, "bf16", 1, seaEncode_bf16);
    testFeatures<f16>(c, "f16 on tensor cores", seaFeaturesTensor_f16, SPLIT);
    testFeatures<bf16>(c, "bf16 on tensor cores", seaFeaturesTensor_bf16, SPLIT);
    testRough<f16>(
        c, "f16 on tensor cores", seaRoughSumsTensor_f16, seaRoughContextTensor_f16, SPLIT);
    testRough<bf16>(
        c, "bf16 on tensor cores", seaRoughSumsTensor_bf16, seaRoughContextTensor_bf16, SPLIT);
    testEncoder<f16>(c, "f16 on tensor cores", 1, seaEncodeTensor_f16, SPLIT);
    testEncoder<bf16>(c, "bf16 on tensor cores", c.axes.H, seaEncodeTensor_bf16, SPLIT);
  }
}
