package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.KernelGradientCall;

/** The way back. */
record AroundGradient(SeaRun run, KernelGradientCall call) {
  void compute() {
    if (run.size().length() > 0) {
      throw new IllegalStateException("not yet");
    }
  }
}
