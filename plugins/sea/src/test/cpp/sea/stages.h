/*
 * What the tests of SEA's stages share: numbers, launches, and how far a kernel may be from the
 * formula in double precision. Every stage is run at sizes around the edges of warps, tiles and
 * chunks, and with the schedule that the command line names.
 */
#pragma once
#include "../../../main/cuda/sea_axes.cuh"

#include <cstdio>
#include <random>
#include <string>
#include <vector>

namespace stages {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;

extern unsigned schedule;
extern bool quick; // few sizes, for a program that is slow for other reasons
extern int failures;

/* A size with padding or without. */
struct Case {
  SeaAxes axes;
  bool padded;
  std::string name() const;
};

/* Whether f16 and bf16 are tried too: they differ from f32 in how numbers are read and written. */
inline bool everyStorage(const Case &c) { return c.axes.T == 33 || (c.axes.T > 207 && !quick); }

inline SeaAxes axesOf(int B, int H, int T, int D, int F, int n, int M) {
  return {B, H, T, D, F, n, ceilDiv(T, n), M, M / 4};
}

/* T around the edges of warps, tiles and chunks; T < M, T = M and T > M; n = 1, few and many. */
std::vector<Case> cases();

/* Gaussian numbers, the same ones for the same seed. */
Floats gaussian(size_t count, unsigned seed);

/* Numbers in the storage type, rounded. */
template <class T> std::vector<T> stored(const Floats &numbers) {
  std::vector<T> result(numbers.size());
  for (size_t i = 0; i < numbers.size(); i++) store(&result[i], numbers[i]);
  return result;
}
template <class T> Doubles doubles(const std::vector<T> &numbers) {
  Doubles result(numbers.size());
  for (size_t i = 0; i < numbers.size(); i++) result[i] = toFloat(numbers[i]);
  return result;
}

/* Whether a position of a sequence is real: the first sequence has padding before, within, behind. */
inline bool isReal(const Case &c, int sequence, int position) {
  return !c.padded || sequence != 0 ||
         !(position < 3 || position % 5 == 2 || position >= c.axes.T - 4);
}
/* Real keys up to each position [B, T]; nothing without padding, as kernels want it. */
std::vector<int> ranks(const Case &c);
/* Positions of real keys by rank [B, T]; nothing without padding. */
std::vector<int> positions(const Case &c);

/* Without a causal mask: what positions see and where they stand, by the formula. */
struct SightOf {
  std::vector<int> counted, seen; // [B, T]
  Doubles place; // [B, T]
  explicit SightOf(const Case &c);
};
/* A size as it is without a causal mask. */
Case around(Case c);

/* Where number `at` of `to` lies among `from` that it is blended from, centres aligned. */
struct Blend {
  int below, above;
  double part; // of the one above
  Blend(int from, int to, int at);
};

template <class T> T *orNull(std::vector<T> &numbers) {
  return numbers.empty() ? nullptr : numbers.data();
}

/* What no kernel has written. */
inline Floats unwritten(size_t count) { return Floats(count, NAN); }

template <class F> void launch(dim3 grid, dim3 block, size_t shared, F body) {
  shim::Launch launch;
  launch.grid = grid;
  launch.block = block;
  launch.dynamicShared = shared;
  launch.schedule = schedule;
  shim::run(launch, [](void *f) { (*static_cast<F *>(f))(); }, &body);
}

/* Prints the worst element if it errs by more than `parts` of the greatest; remembers the error. */
void check(
    const std::string &stage, const Case &c, const Doubles &actual, const Doubles &expected,
    double parts);
inline void check(
    const std::string &stage, const Case &c, const Floats &actual, const Doubles &expected,
    double parts) {
  check(stage, c, Doubles(actual.begin(), actual.end()), expected, parts);
}

/* Prints the greatest errors of every stage. */
void report();

} // namespace stages
