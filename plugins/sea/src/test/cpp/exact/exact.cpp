/*
 * The exact attentions, there and back, against the formula in double precision. Every tensor is an
 * allocation of its own size, so that a sanitizer sees the first number beyond it.
 */
#include "exact.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace shim {
void add(const char *, void *, MakeCall) {} // nobody asks for a kernel by its name here
} // namespace shim

unsigned exact::schedule = 0;

using namespace exact;
using Doubles = std::vector<double>;

static Trial trialOf(int B, int H, int K, int T, int S, int D, bool causal, bool padded) {
  Trial trial{B, {H, K, T, S, D, causal, 1 / std::sqrt(float(D))}, {}, {}, {}, {}, {}};
  std::mt19937 random(T * 31 + S);
  std::normal_distribution<float> normal;
  auto draw = [&](Floats &numbers, int heads, int rows) {
    numbers.resize(size_t(B) * heads * rows * D);
    for (float &each : numbers) each = normal(random);
  };
  draw(trial.query, H, T);
  draw(trial.key, K, S);
  draw(trial.value, K, S);
  draw(trial.gradient, H, T);
  for (int i = 0; padded && i < B * S; i++) trial.real.push_back(i % 5 != 2 && i >= S / 3);
  return trial;
}

/* Context, and gradients in query, key and value. */
static std::vector<Doubles> expected(const Trial &trial) {
  const AttentionSize &a = trial.size;
  const int D = a.headSize;
  std::vector<Doubles> all{Doubles(trial.query.size()), Doubles(trial.query.size()),
                           Doubles(trial.key.size()), Doubles(trial.key.size())};
  for (int b = 0; b < trial.batch; b++) {
    for (int h = 0; h < a.heads; h++) {
      const size_t keys = a.keyRow(b, h) * D;
      for (int t = 0; t < a.queries; t++) {
        const size_t own = (a.queryRow(b, h) + t) * D;
        Doubles weights(a.keys), slopes(a.keys);
        double sum = 0, delta = 0;
        for (int s = 0; s < a.keys; s++) {
          if (t < a.firstSeeing(orNull(trial.real), b, s)) continue;
          double logit = 0;
          for (int d = 0; d < D; d++) {
            logit += double(trial.query[own + d]) * trial.key[keys + s * D + d];
            slopes[s] += double(trial.gradient[own + d]) * trial.value[keys + s * D + d];
          }
          sum += weights[s] = std::exp(logit * a.scale);
        }
        for (int s = 0; s < a.keys; s++) {
          weights[s] = sum == 0 ? 0 : weights[s] / sum;
          delta += weights[s] * slopes[s];
        }
        for (int s = 0; s < a.keys; s++) {
          const double slope = weights[s] * (slopes[s] - delta) * a.scale;
          for (int d = 0; d < D; d++) {
            const size_t at = keys + s * D + d;
            all[0][own + d] += weights[s] * trial.value[at];
            all[1][own + d] += slope * trial.key[at];
            all[2][at] += slope * trial.query[own + d];
            all[3][at] += weights[s] * trial.gradient[own + d];
          }
        }
      }
    }
  }
  return all;
}

static int failures = 0;

/* Sums of at most T·H/K + S + 2·D products of numbers of about one, each rounded once. */
static void check(const char *name, const Trial &trial, const Results &results) {
  const AttentionSize &a = trial.size;
  const int sums = a.queries * (a.heads / a.kvHeads) + a.keys + 2 * a.headSize;
  const double allowed = 4 * sums * std::ldexp(1, -24);
  std::vector<Doubles> right = expected(trial);
  const Floats *all[] = {&results.context, &results.ofQuery, &results.ofKey, &results.ofValue};
  for (int which = 0; which < 4; which++) {
    double greatest = 1;
    for (double each : right[which]) greatest = std::max(greatest, std::fabs(each));
    for (size_t i = 0; i < right[which].size(); i++) {
      if (!(std::fabs((*all[which])[i] - right[which][i]) <= allowed * greatest)) {
        fprintf(stderr, "%s, T=%d S=%d D=%d, result %d: number %zu is %g, not %g\n", name,
                a.queries, a.keys, a.headSize, which, i, (*all[which])[i], right[which][i]);
        failures++;
        break;
      }
    }
  }
}

/* The first argument is the schedule; see blocks.h. */
int main(int count, char **arguments) {
  schedule = count > 1 ? unsigned(atoi(arguments[1])) : 0;
  std::vector<Trial> trials;
  for (int length : {1, 31, 33, 67}) {
    trials.push_back(trialOf(2, 2, 1, length, length, 7, true, length > 31));
    trials.push_back(trialOf(1, 2, 2, length, length + 6, 64, false, length <= 31));
  }
  trials.push_back(trialOf(1, 2, 1, 37, 37, 101, true, true));
  try {
    for (const Trial &trial : trials) {
      check("softmax", trial, softmax(trial));
      check("flash", trial, flash(trial));
    }
  } catch (const shim::Failure &failure) {
    fprintf(stderr, "schedule %u: %s\n", schedule, failure.what());
    return 1;
  }
  return failures == 0 ? 0 : 1;
}
