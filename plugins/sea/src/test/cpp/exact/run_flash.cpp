/* flash.cu there and back, as FlashProgram launches it. */
#include "../../../main/cuda/flash.cu"

#include "exact.h"

template <class Forward, class OfQuery, class OfKeys>
static exact::Results run(
    const exact::Trial &trial, int capacity, Forward forward, OfQuery ofQuery, OfKeys ofKeys) {
  using namespace exact;
  const AttentionSize size = trial.size;
  const unsigned B = trial.batch, H = size.heads, K = size.kvHeads;
  const float *q = trial.query.data(), *k = trial.key.data(), *v = trial.value.data();
  const float *g = trial.gradient.data(), *real = orNull(trial.real);
  const size_t row = capacity + GAP, there = (64 + 32) * row + 64 * WIDTH;
  const size_t back = 4 * 32 * row + 2 * 32 * WIDTH;
  Floats greatest(size_t(B) * H * size.queries), share(greatest.size()), delta(greatest.size());
  Results all{Floats(trial.query.size()), Floats(trial.query.size()), Floats(trial.key.size()),
              Floats(trial.key.size())};

  launch(dim3(ceilDiv(size.queries, 64), H, B), 128, there, [&] {
    forward(q, k, v, real, all.context.data(), greatest.data(), share.data(), size);
  });
  launch(dim3(ceilDiv(size.queries, 4), H, B), 128, 0, [&] {
    flashDelta_float(all.context.data(), g, delta.data(), size);
  });
  launch(dim3(ceilDiv(size.queries, 32), H, B), 64, back, [&] {
    ofQuery(q, k, v, real, g, greatest.data(), share.data(), delta.data(), all.ofQuery.data(), size);
  });
  launch(dim3(ceilDiv(size.keys, 32), K, B), 64, back, [&] {
    ofKeys(q, k, v, real, g, greatest.data(), share.data(), delta.data(), all.ofKey.data(),
           all.ofValue.data(), size);
  });
  return all;
}

exact::Results exact::flash(const Trial &trial) {
  return trial.size.headSize <= 64
      ? run(trial, 64, flashForward_float_64, flashQueryGradient_float_64, flashKeyGradients_float_64)
      : run(trial, 128, flashForward_float_128, flashQueryGradient_float_128,
            flashKeyGradients_float_128);
}
