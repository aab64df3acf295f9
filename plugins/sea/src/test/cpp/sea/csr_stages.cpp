/* What a run shows of itself: sparse rows against a look at every key, and the estimate. */
#include "../../../main/cuda/sea_csr.cu"

#include "stages.h"

using namespace stages;

namespace {

struct Csr {
  std::vector<RowEnd> rows;
  std::vector<int> columns;
  Floats weights;
};

struct Inputs {
  Floats query, key, gates;
  std::vector<int> rank, position;
  std::vector<unsigned> kept;
};

Inputs inputsOf(const Case &c) {
  const SeaAxes &a = c.axes;
  const int words = ceilDiv(a.M, 32), heads = a.B * a.H;
  const size_t count = size_t(heads) * a.T * a.D;
  Inputs in{gaussian(count, 41), gaussian(count, 42), gaussian(size_t(heads) * a.R * 2, 43),
            ranks(c), positions(c), std::vector<unsigned>(size_t(heads) * a.T * words)};
  std::mt19937 random(44);
  for (size_t i = 0; i < in.kept.size(); i++) { // some rows of nothing, some of everything
    const unsigned bits = i / words % 7 == 3 ? 0 : i / words % 7 == 5 ? ~0u : random() & random();
    const int left = a.M - int(i % words) * 32;
    in.kept[i] = bits & (left >= 32 ? ~0u : (1u << left) - 1);
  }
  return in;
}

/* Lists of the very size that they need. */
Csr listed(const Case &c, Inputs &in, float k, const SeaKeyRule &rule) {
  const SeaAxes &a = c.axes;
  const RowEnd count = RowEnd(a.B) * a.H * a.T;
  const int tiles = int((count + TILE_ROWS - 1) / TILE_ROWS);
  const dim3 warps(ceilDiv(a.T, QUERIES), a.B * a.H);
  const unsigned *kept = in.kept.data();
  const int *rank = orNull(in.rank), *position = orNull(in.position);
  Csr csr{std::vector<RowEnd>(count + 1, -1), {}, {}};
  std::vector<RowEnd> sums(tiles, -1);

  launch(warps, QUERIES * WARP, 0, [&] {
    seaCsrCount(kept, rank, position, &k, csr.rows.data(), a, rule);
  });
  launch(tiles, 256, 0, [&] { seaCsrTiles(csr.rows.data(), sums.data(), count); });
  launch(1, 256, 0, [&] { seaCsrScan(sums.data(), tiles); });
  launch(tiles, 256, 0, [&] { seaCsrRows(csr.rows.data(), sums.data(), count); });
  csr.columns.assign(csr.rows[count], -1);
  csr.weights = unwritten(csr.rows[count]);
  launch(warps, QUERIES * WARP, 0, [&] {
    seaCsrFill_float(in.query.data(), in.key.data(), kept, in.gates.data(), rank, position, &k,
                     csr.rows.data(), csr.columns.data(), csr.weights.data(), a, rule,
                     1 / sqrtf(a.D), 1);
  });
  return csr;
}

/* The key of rank r of L belongs to column max(⌊(r − ½)/L·M − 1e-4⌋, 0), in float32. */
int columnOf(int r, int L, int M) {
  float middle = (float(r) - 0.5f) / float(L) * float(M);
  middle -= 1e-4f;
  return std::max(int(floorf(middle)), 0);
}

/* All keys under kept columns. */
void testAll(const Case &c, Inputs &in) {
  const SeaAxes &a = c.axes;
  const int words = ceilDiv(a.M, 32);
  Csr csr = listed(c, in, 5, {1, 0});

  Doubles ends{0}, columns, weights;
  for (int row = 0; row < a.B * a.H * a.T; row++) {
    const int h = row / a.T, t = row % a.T;
    const int L = c.padded ? in.rank[size_t(h / a.H) * a.T + t] : t + 1;
    const size_t begin = weights.size();
    double sum = 0;
    for (int j = 0, r = 1; j <= t; j++) {
      if (!isReal(c, h / a.H, j)) continue;
      const int column = columnOf(r++, L, a.M);
      if (!(in.kept[size_t(row) * words + column / 32] >> column % 32 & 1)) continue;
      double score = 0;
      for (int d = 0; d < a.D; d++) {
        score += double(in.query[size_t(row) * a.D + d]) * in.key[(size_t(h) * a.T + j) * a.D + d];
      }
      columns.push_back(j);
      weights.push_back(exp(score / sqrt(double(a.D))));
      sum += weights.back();
    }
    const double gate = in.gates[(size_t(h) * a.R + t / a.n) * 2];
    for (size_t i = begin; i < weights.size(); i++) weights[i] *= gate / sum;
    ends.push_back(double(weights.size()));
  }
  check("row pointers", c, Doubles(csr.rows.begin(), csr.rows.end()), ends, 0);
  check("columns", c, Doubles(csr.columns.begin(), csr.columns.end()), columns, 0);
  check("sparse weights", c, csr.weights, weights, 2e-6);
}

/* Where keys are dropped, the recipe says which (SeaProbesTest); here, that rows are rows. */
void testDropped(const Case &c, Inputs &in, float k, const SeaKeyRule &rule) {
  const SeaAxes &a = c.axes;
  Csr all = listed(c, in, k, {1, 0}), some = listed(c, in, k, rule);
  Doubles sums, gates;
  for (size_t row = 0; row + 1 < some.rows.size(); row++) {
    double sum = 0;
    RowEnd among = all.rows[row];
    for (RowEnd i = some.rows[row]; i < some.rows[row + 1]; i++) {
      while (among < all.rows[row + 1] && all.columns[among] != some.columns[i]) among++;
      failures += among == all.rows[row + 1]; // not among all, or not ascending
      sum += some.weights[i];
    }
    const bool any = some.rows[row] < some.rows[row + 1];
    sums.push_back(sum);
    gates.push_back(any ? in.gates[(row / a.T * a.R + row % a.T / a.n) * 2] : 0);
  }
  check("sums of rows", c, sums, gates, 1e-5);
}

void testEstimateShown(const Case &c) {
  const SeaAxes &a = c.axes;
  Floats weights = gaussian(size_t(a.B) * a.R * a.H * a.M, 45);
  Floats actual = unwritten(size_t(a.B) * a.H * a.T * a.M);
  launch(dim3(a.T, a.B * a.H), 128, 0, [&] { seaCsrEstimate(weights.data(), actual.data(), a); });

  Doubles expected;
  for (int h = 0; h < a.B * a.H; h++) {
    for (int t = 0; t < a.T; t++) {
      for (int m = 0; m < a.M; m++) {
        expected.push_back(
            weights[((size_t(h / a.H) * a.R + t / a.n) * a.H + h % a.H) * a.M + m]);
      }
    }
  }
  check("estimate shown", c, actual, expected, 0);
}

} // namespace

void testCsr() {
  for (const Case &c : cases()) {
    Inputs in = inputsOf(c);
    testAll(c, in);
    testDropped(c, in, 2, {1, 1});
    testDropped(c, in, 3, {1.5f, 0});
    testEstimateShown(c);
  }
}
