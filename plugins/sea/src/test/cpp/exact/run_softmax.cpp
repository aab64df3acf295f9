/* softmax.cu there and back, as SoftmaxProgram launches it. */
#include "../../../main/cuda/softmax.cu"

#include "exact.h"

exact::Results exact::softmax(const Trial &trial) {
  const AttentionSize size = trial.size;
  const unsigned heads = trial.batch * size.heads, tiles = ceilDiv(size.keys, THREADS);
  const float *q = trial.query.data(), *k = trial.key.data(), *v = trial.value.data();
  const float *g = trial.gradient.data();
  Floats weights(size_t(heads) * size.queries * size.keys), slopes(weights.size());
  Results all{Floats(trial.query.size()), Floats(trial.query.size()), Floats(trial.key.size()),
              Floats(trial.key.size())};
  auto launchOf = [&](unsigned x, unsigned y, unsigned z, auto body) {
    launch(dim3(x, y, z), THREADS, 0, body);
  };

  launchOf(size.queries, tiles, heads, [&] {
    softmaxLogits_float(q, k, orNull(trial.real), weights.data(), size);
  });
  launchOf(size.queries, 1, heads, [&] { softmaxRows(weights.data(), size); });
  launchOf(size.queries, 1, heads, [&] {
    softmaxContext_float(weights.data(), v, all.context.data(), size);
  });
  launchOf(size.queries, tiles, heads, [&] { softmaxSlopes_float(g, v, slopes.data(), size); });
  launchOf(size.queries, 1, heads, [&] {
    softmaxRowSlopes(weights.data(), slopes.data(), size);
  });
  launchOf(size.queries, 1, heads, [&] {
    softmaxQueryGradient_float(slopes.data(), k, all.ofQuery.data(), size);
  });
  launchOf(size.keys, 1, trial.batch * size.kvHeads, [&] {
    softmaxKeyGradients_float(weights.data(), slopes.data(), q, g, all.ofKey.data(),
                              all.ofValue.data(), size);
  });
  return all;
}
