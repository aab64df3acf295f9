/* From weights to contexts: every stage against its formula in double precision, choices exactly. */
#include "../../../main/cuda/sea_attention.cu"
#include "../../../main/cuda/sea_average.cu"
#include "../../../main/cuda/sea_cut.cu"
#include "../../../main/cuda/sea_real.cu"

#include "stages.h"

#include <algorithm>
#include <numeric>

using namespace stages;

namespace {

/* Compares whole numbers. */
template <class T> void checkEqual(
    const std::string &stage, const Case &c, const std::vector<T> &actual,
    const std::vector<T> &expected) {
  check(stage, c, Doubles(actual.begin(), actual.end()), Doubles(expected.begin(), expected.end()), 0);
}

void testRealKeys(const Case &c) {
  const SeaAxes &a = c.axes;
  if (!c.padded) return;
  Floats real;
  for (int b = 0; b < a.B; b++) {
    for (int t = 0; t < a.T; t++) real.push_back(isReal(c, b, t));
  }

  std::vector<int> rank(real.size(), -1), position(real.size(), -1000000);
  launch(a.B, 2 * WARP, 0, [&] { seaRealKeys(real.data(), rank.data(), position.data(), a); });

  checkEqual("ranks", c, rank, ranks(c));
  checkEqual("positions", c, position, positions(c));
}

template <class T> void testAverage(
    const Case &c, const std::string &type, double parts,
    void (*sums)(const T *, const int *, double *, SeaAxes),
    void (*averages)(const T *, const int *, const double *, T *, SeaAxes)) {
  const SeaAxes &a = c.axes;
  const int chunks = ceilDiv(a.T, 128), heads = a.B * a.H;
  std::vector<T> value = stored<T>(gaussian(size_t(heads) * a.T * a.D, 31));
  std::vector<int> rank = ranks(c);

  Doubles ofChunks(size_t(heads) * chunks * a.D, NAN);
  std::vector<T> actual = stored<T>(unwritten(value.size()));
  launch(dim3(chunks, heads), WARP, 0, [&] { sums(value.data(), orNull(rank), ofChunks.data(), a); });
  launch(heads, WARP, 0, [&] { seaValueScan(ofChunks.data(), a); });
  launch(dim3(chunks, heads), WARP, 0, [&] {
    averages(value.data(), orNull(rank), ofChunks.data(), actual.data(), a);
  });

  Doubles values = doubles(value), expected;
  for (int h = 0; h < heads; h++) {
    Doubles sum(a.D);
    for (int t = 0; t < a.T; t++) {
      for (int d = 0; d < a.D; d++) {
        bool blind = c.padded && rank[size_t(h / a.H) * a.T + t] == 0;
        sum[d] += blind ? 0 : values[(size_t(h) * a.T + t) * a.D + d];
        expected.push_back(sum[d] / (t + 1));
      }
    }
  }
  check("average " + type, c, doubles(actual), expected, parts);
}

/* Weights of which many are equal. */
Floats tied(size_t count, unsigned seed) {
  Floats weights = gaussian(count, seed);
  for (float &each : weights) each = floorf(fabsf(each) * 4) / 64;
  return weights;
}

/* The greatest by sorting; equals in order. */
std::vector<unsigned> greatest(const Case &c, const Floats &weights, float columns, int joint) {
  const SeaAxes &a = c.axes;
  const int words = ceilDiv(a.M, 32);
  std::vector<int> rank = ranks(c);
  std::vector<unsigned> kept(size_t(a.B) * a.H * a.T * words);
  for (int b = 0; b < a.B; b++) {
    for (int t = 0; t < a.T; t++) {
      for (int first = 0; first < a.H; first += joint) {
        const float *row = &weights[((size_t(b) * a.R + t / a.n) * a.H + first) * a.M];
        std::vector<int> order(size_t(joint) * a.M);
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return row[i] > row[j]; });
        const float each = columns / float(t + 1);
        const double count = std::max(std::rint(double(each * joint)), 1.0);
        const bool sees = !c.padded || rank[size_t(b) * a.T + t] > 0;
        for (size_t i = 0; i < order.size() && i < count && sees; i++) {
          const int h = b * a.H + first + order[i] / a.M, m = order[i] % a.M;
          kept[(size_t(h) * a.T + t) * words + m / 32] |= 1u << m % 32;
        }
      }
    }
  }
  return kept;
}

void testCut(const Case &c, int joint) {
  const SeaAxes &a = c.axes;
  const size_t count = size_t(a.B) * a.R * a.H * a.M;
  const int words = ceilDiv(a.M, 32);
  for (bool ties : {false, true}) {
    Floats weights = ties ? tied(count, 32) : gaussian(count, 33);
    for (float &each : weights) each = fabsf(each);
    const float k = 5;
    for (int held : {0, 1}) {
      std::vector<int> rank = ranks(c);
      std::vector<unsigned> actual(size_t(a.B) * a.H * a.T * words, 0xCDCDCDCD);
      const size_t shared = 4 * size_t(joint) * (words + held * a.M);
      launch(dim3(a.T, a.H / joint, a.B), 2 * WARP, shared, [&] {
        seaCut(weights.data(), orNull(rank), actual.data(), a, &k, 1.5, joint, held, 0);
      });

      checkEqual(
          joint == 1 ? "cut of a head" : "cut across heads", c, actual,
          greatest(c, weights, k * 1.5f * a.M, joint));
    }
  }
}

/* What the recipe's masks say of one key. Every float operation by itself. */
bool remains(const SeaAxes &a, const SeaKeyRule &rule, float k, int rank, int at, int L, int *column) {
  float middle = (float(rank) - 0.5f) / float(L) * float(a.M);
  middle -= 1e-4f;
  *column = std::max(int(floorf(middle)), 0);
  bool kept = true;
  if (rule.oversample > 1) {
    float most = rintf(k * rule.oversample);
    float spacing = fminf(fmaxf(float(L), k), most) / k;
    float places = fmaxf(rintf(float(L) / rule.oversample), 1);
    float place = float(at + 1) / float(L) * places;
    kept = fabsf(place - rintf(place)) <= 1 / spacing * 0.5f + 1e-4f;
  }
  if (rule.atMostK) {
    float perColumn = float(L) / float(a.M);
    float begin = floorf(float(*column) * perColumn + 0.5f);
    float end = floorf(float(*column + 1) * perColumn + 0.5f);
    float n = fmaxf(end - begin, 1), few = fminf(n, k), step = n / few;
    bool reached = false;
    for (float i = 0; i < few; i++) reached |= floorf(i * step) == end - float(rank);
    kept = kept && reached;
  }
  return kept;
}

template <class T> using Attention = void (*)(
    const T *, const T *, const T *, const unsigned *, const float *, const int *, const int *,
    const float *, T *, SeaAxes, SeaKeyRule, float, int);

template <class T> void testAttention(
    const Case &c, const std::string &type, float k, const SeaKeyRule &rule, double parts,
    Attention<T> kernel) {
  const SeaAxes &a = c.axes;
  const int words = ceilDiv(a.M, 32), heads = a.B * a.H;
  const size_t count = size_t(heads) * a.T * a.D;
  std::vector<T> query = stored<T>(gaussian(count, 34)), key = stored<T>(gaussian(count, 35));
  std::vector<T> value = stored<T>(gaussian(count, 36)), average = stored<T>(gaussian(count, 37));
  Floats gates = gaussian(size_t(heads) * a.R * 2, 38);
  for (float &each : gates) each = 1 / (1 + expf(-each));
  std::vector<int> rank = ranks(c), position = positions(c);
  std::mt19937 random(39);
  std::vector<unsigned> kept(size_t(heads) * a.T * words);
  for (size_t i = 0; i < kept.size(); i++) { // some rows of nothing, some of everything
    const unsigned bits = i / words % 7 == 3 ? 0 : i / words % 7 == 5 ? ~0u : random() & random();
    const int left = a.M - int(i % words) * 32;
    kept[i] = bits & (left >= 32 ? ~0u : (1u << left) - 1);
  }
  const float scale = 1 / sqrtf(a.D);

  std::vector<T> actual = average;
  launch(dim3(ceilDiv(a.T, 8), heads), 8 * WARP, 0, [&] {
    kernel(
        query.data(), key.data(), value.data(), kept.data(), gates.data(), orNull(rank),
        orNull(position), &k, actual.data(), a, rule, scale, 1);
  });

  Doubles q = doubles(query), keys = doubles(key), v = doubles(value), expected = doubles(average);
  for (int h = 0; h < heads; h++) {
    for (int t = 0; t < a.T; t++) {
      const size_t row = size_t(h) * a.T + t;
      const int L = c.padded ? rank[size_t(h / a.H) * a.T + t] : t + 1;
      Doubles mixed(a.D);
      double total = 0;
      for (int j = 0, r = 1; j <= t; j++) {
        if (!isReal(c, h / a.H, j)) continue;
        int column;
        const bool stays = remains(a, rule, k, r++, j, L, &column);
        if (!stays || !(kept[row * words + column / 32] >> column % 32 & 1)) continue;
        double score = 0;
        for (int d = 0; d < a.D; d++) score += q[row * a.D + d] * keys[(size_t(h) * a.T + j) * a.D + d];
        total += exp(scale * score);
        for (int d = 0; d < a.D; d++) {
          mixed[d] += exp(scale * score) * v[(size_t(h) * a.T + j) * a.D + d];
        }
      }
      const float *gate = &gates[(size_t(h) * a.R + t / a.n) * 2];
      for (int d = 0; d < a.D; d++) {
        const double sparse = total == 0 ? 0 : mixed[d] / total * gate[0];
        double &context = expected[row * a.D + d];
        context = gate[1] * sparse + (1 - double(gate[1])) * context;
      }
    }
  }
  check("attention " + type, c, doubles(actual), expected, parts);
}

/* k, and what is done with the keys of a column. */
const std::pair<float, SeaKeyRule> RULES[] = {{5, {1, 0}}, {2, {1, 1}}, {3, {1.5f, 0}}};

template <class T> void testAttention(
    const Case &c, const std::string &type, double parts, Attention<T> wide, Attention<T> narrow) {
  for (const auto &[k, rule] : RULES) {
    if (c.axes.D * sizeof(T) % 16 == 0) testAttention(c, type + " wide", k, rule, parts, wide);
    testAttention(c, type + " narrow", k, rule, parts, narrow);
  }
}

} // namespace

void testAttention() {
  std::vector<Case> all = cases();
  all.push_back({axesOf(1, 1, 33, 256, 1, 1, 8), false}); // the longest rows
  for (const Case &c : all) {
    testRealKeys(c);
    testAverage<float>(c, "f32", 1e-7, seaValueSums_float, seaAverage_float);
    testCut(c, 1);
    testCut(c, c.axes.H);
    testAttention<float>(c, "f32", 2e-6, seaAttention_float, seaAttentionNarrow_float);
    if (!everyStorage(c)) continue;
    testAverage<f16>(c, "f16", 1e-3, seaValueSums_f16, seaAverage_f16);
    testAverage<bf16>(c, "bf16", 8e-3, seaValueSums_bf16, seaAverage_bf16);
    testAttention<f16>(c, "f16", 1e-3, seaAttention_f16, seaAttentionNarrow_f16);
    testAttention<bf16>(c, "bf16", 8e-3, seaAttention_bf16, seaAttentionNarrow_bf16);
  }
}
