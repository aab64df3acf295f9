/*
 * Which queries a key finds on the way back: those that find it, whatever the rule, the padding and the
 * kept columns; and of sequences so long that float32 rounds, those that the definition says.
 */
#include "../../../main/cuda/sea_attention_back.cu"

#include "stages.h"

using namespace stages;

namespace {

SeenKeys seenBy(
    const Case &c, const SeaKeyRule &rule, const std::vector<int> &position, int sequence, int L) {
  const size_t first = size_t(sequence) * c.axes.T;
  return {rule, 3.0f, c.padded ? &position[first] : nullptr, L, c.axes.M};
}

/* One number for every pair of a query and a key of each sequence: how often they meet. */
void testWatchers(const Case &c, const SeaKeyRule &rule, double share, bool aroundAll) {
  SeaAxes a = c.axes;
  a.H = 1;
  const int words = ceilDiv(a.M, WARP), ofQueries = ceilDiv(a.T, WARP);
  std::vector<int> rank = ranks(c), position = positions(c);
  const auto seen = [&](int b, int t) { // L of a query that is real
    const int last = aroundAll ? a.T - 1 : t;
    return c.padded ? rank[size_t(b) * a.T + last] : last + 1;
  };
  std::mt19937 random(41);
  std::bernoulli_distribution keeps(share);
  std::vector<unsigned> kept(size_t(a.B) * a.T * words);
  for (int b = 0; b < a.B; b++) {
    for (int t = 0; t < a.T; t++) {
      bool sees = aroundAll ? !c.padded || isReal(c, b, t) : seen(b, t) > 0;
      for (int m = 0; m < a.M; m++) {
        unsigned bit = sees && keeps(random);
        kept[(size_t(b) * a.T + t) * words + m / WARP] |= bit << m % WARP;
      }
    }
  }

  std::vector<unsigned> transposed(size_t(a.B) * a.M * ofQueries, 0xCDCDCDCDu);
  launch(dim3(ofQueries, a.B), 2 * WARP, 0, [&] {
    seaTransposeKept(kept.data(), transposed.data(), a);
  });
  Doubles found(size_t(a.B) * a.T * a.T), finding(found.size());
  launch(dim3(ceilDiv(a.T, 2), a.B), 2 * WARP, 0, [&] {
    const int t = blockIdx.x * 2 + warpOf(), b = blockIdx.y;
    if (t >= a.T) return;
    const unsigned *bits = &kept[(size_t(b) * a.T + t) * words];
    eachKept(bits, words, seenBy(c, rule, position, b, seen(b, t)), [&](int at, int) {
      if (at != NO_KEY) found[(size_t(b) * a.T + t) * a.T + at]++;
    });
  });
  launch(dim3(ceilDiv(a.T, 2), a.B), 2 * WARP, 0, [&] {
    const int j = blockIdx.x * 2 + warpOf(), b = blockIdx.y;
    if (j >= a.T || (c.padded && !isReal(c, b, j))) return;
    const size_t first = size_t(b) * a.T;
    const ColumnsOfKey columns{
        seenBy(c, rule, position, b, 0), c.padded ? rank[first + j] : j + 1,
        c.padded ? rank[first + a.T - 1] : a.T, a.T, aroundAll};
    eachWatcher(&transposed[first / a.T * a.M * ofQueries], columns, [&](int t, int m, int) {
      if (t == NO_QUERY) return;
      if (columns.remains(m, seen(b, t), j)) finding[(first + t) * a.T + j]++;
    });
  });

  check("queries that a key finds", c, finding, found, 0);
}

/* Of some keys of a long sequence, every column's queries. */
void testLongRuns(int T, int M) {
  const Case c{axesOf(1, 1, T, 1, 1, 1, M), false};
  Doubles wrong, none;
  for (int rank = 1; rank <= T; rank += rank < 9 ? 1 : T / 29) {
    const ColumnsOfKey columns{{{1.0f, 0}, 3.0f, nullptr, 0, M}, rank, T, T, false};
    const int highest = columns.column(rank), lowest = columns.column(T);
    int next = rank; // the L that is to come
    for (int m = highest; m >= lowest; m--) {
      const Watchers runs = columns.watchers(m);
      if (runs.from != next - 1) break;
      for (; next <= runs.end; next++) {
        if (columns.column(next) != m) break;
      }
    }
    wrong.push_back(T + 1 - next);
    none.push_back(0);
  }
  check("runs of queries", c, wrong, none, 0);
}

} // namespace

void testBack() {
  std::vector<Case> sizes = cases();
  sizes.push_back({axesOf(1, 1, 517, 1, 1, 1, 24), true});
  for (const Case &c : sizes) {
    testWatchers(c, {1.0f, 0}, 0.2, false);
    testWatchers(c, {1.5f, 0}, 0.3, false);
    testWatchers(c, {2.0f, 1}, 0.9, false);
    testWatchers(c, {1.0f, 0}, 0.2, true);
    testWatchers(c, {2.0f, 1}, 0.9, true);
  }
  for (int T : {999, 10007, 65539}) {
    for (int M : {7, 96, 128, 207}) testLongRuns(T, M);
  }
}
