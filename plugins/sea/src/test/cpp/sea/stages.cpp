#include "stages.h"

#include <algorithm>
#include <map>

namespace shim {
void add(const char *, void *, MakeCall) {} // nobody asks for a kernel by its name here
} // namespace shim

namespace stages {

unsigned schedule = 0;
bool quick = false;
int failures = 0;
static std::map<std::string, double> worst;

std::string Case::name() const {
  char text[128];
  snprintf(text, sizeof text, "B=%d H=%d T=%d D=%d F=%d n=%d M=%d%s", axes.B, axes.H, axes.T,
           axes.D, axes.F, axes.n, axes.M, padded ? " padded" : "");
  return text;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (int T : {1, 31, 32, 33, 207}) {
    if (quick && T != 1 && T != 33) continue;
    all.push_back({axesOf(2, 3, T, 7, 13, 1, 32), false});
    all.push_back({axesOf(2, 3, T, 20, 11, 3, 37), true});
  }
  all.push_back({axesOf(1, 2, 261, 8, 70, 1, 12), false});
  if (!quick) all.push_back({axesOf(2, 1, 300, 40, 3, 64, 131), true});
  return all;
}

Floats gaussian(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Floats numbers(count);
  for (float &number : numbers) number = normal(random);
  return numbers;
}

std::vector<int> ranks(const Case &c) {
  std::vector<int> all;
  for (int b = 0; b < c.axes.B && c.padded; b++) {
    int rank = 0;
    for (int t = 0; t < c.axes.T; t++) all.push_back(rank += isReal(c, b, t));
  }
  return all;
}

std::vector<int> positions(const Case &c) {
  std::vector<int> all;
  for (int b = 0; b < c.axes.B && c.padded; b++) {
    for (int t = 0; t < c.axes.T; t++) {
      if (isReal(c, b, t)) all.push_back(t);
    }
    all.resize(size_t(b + 1) * c.axes.T, -1000000); // far outside of everything
  }
  return all;
}

SightOf::SightOf(const Case &c) {
  const SeaAxes &a = c.axes;
  for (int b = 0; b < a.B; b++) {
    int keys = 0, before = 0;
    for (int t = 0; t < a.T; t++) keys += isReal(c, b, t);
    for (int t = 0; t < a.T; t++) {
      const bool real = isReal(c, b, t);
      counted.push_back(real ? keys : 0);
      seen.push_back(keys);
      place.push_back(real ? double(before) / std::max(keys - 1, 1) * (a.D - 1) : -1);
      before += real;
    }
  }
}

Case around(Case c) {
  c.axes.W = c.axes.M / 2;
  return c;
}

Blend::Blend(int from, int to, int at) {
  const double place = fmax((at + 0.5) * from / to - 0.5, 0);
  below = int(place);
  above = std::min(below + 1, from - 1);
  part = place - below;
}

void check(
    const std::string &stage, const Case &c, const Doubles &actual, const Doubles &expected,
    double parts) {
  double greatest = 0, error = 0;
  size_t at = 0;
  for (double each : expected) greatest = std::max(greatest, fabs(each));
  for (size_t i = 0; i < expected.size(); i++) {
    double off = fabs(actual[i] - expected[i]);
    if (!(off <= error)) {
      error = off;
      at = i;
    }
  }
  double part = error == 0 ? 0 : error / greatest;
  double &soFar = worst[stage];
  soFar = !(part <= soFar) ? part : soFar;
  if (actual.size() != expected.size() || !(part <= parts)) {
    failures++;
    fprintf(stderr, "%s, %s, schedule %u: number %zu of %zu is %.9g, not %.9g (off by %.2g of %.3g)\n",
            stage.c_str(), c.name().c_str(), schedule, at, expected.size(), actual[at],
            expected[at], error, greatest);
  }
}

void report() {
  for (auto &each : worst) printf("%-36s %.1e\n", each.first.c_str(), each.second);
}

} // namespace stages

void testEstimate();
void testAttention();
void testAround();
void testCsr();
void testBack();
void testAroundBack();

/* The first argument is the schedule, see blocks.h; a second one asks for fewer sizes. */
int main(int count, char **arguments) {
  stages::schedule = count > 1 ? unsigned(atoi(arguments[1])) : 0;
  stages::quick = count > 2;
  try {
    testEstimate();
    testAttention();
    testAround();
    testCsr();
    testBack();
    testAroundBack();
  } catch (const shim::Failure &failure) {
    fprintf(stderr, "schedule %u: %s\n", stages::schedule, failure.what());
    return 1;
  }
  stages::report();
  return stages::failures == 0 ? 0 : 1;
}
