/* What the programs of both exact attentions share: numbers, launches, and what is asked of them. */
#pragma once
#include "../../../main/cuda/attention.cuh"

#include <vector>

namespace exact {

using Floats = std::vector<float>;

/* One attention, and what comes of it: all of the size that it has, none larger. */
struct Trial {
  int batch;
  AttentionSize size;
  Floats query, key, value, gradient;
  Floats real; // [B, S], or nothing
};

struct Results {
  Floats context, ofQuery, ofKey, ofValue;
};

Results softmax(const Trial &trial);
Results flash(const Trial &trial);

extern unsigned schedule;

template <class F> void launch(dim3 grid, dim3 block, size_t sharedFloats, F body) {
  shim::Launch launch;
  launch.grid = grid;
  launch.block = block;
  launch.dynamicShared = 4 * sharedFloats;
  launch.schedule = schedule;
  shim::run(launch, [](void *f) { (*static_cast<F *>(f))(); }, &body);
}

inline const float *orNull(const Floats &numbers) {
  return numbers.empty() ? nullptr : numbers.data();
}

} // namespace exact
