package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;

/** The two kinds of attention that the kernels compute, and where they part. */
enum SeaMode {
  /** Causal: sums run along the sequence, and convolutions look back. */
  PAST {
    @Override
    Sight sight(RealKeys real, int length) {
      return new Sight.Past(real);
    }

    @Override
    Estimated<?> estimate(SeaRun run, KernelCall call) {
      return EstimatedSpans.estimate(run, call);
    }

    @Override
    EstimatedScores scores(SeaRun run, KernelCall call) {
      return PastScores.of(run, call);
    }

    @Override
    void goBack(SeaRun run, KernelGradientCall call) {
      new SeaGradient(run, call).compute();
    }
  },

  /** Without a causal mask: sums are of the whole sequence, and convolutions look around. */
  AROUND {
    @Override
    Sight sight(RealKeys real, int length) {
      return new Sight.Whole(real, length);
    }

    @Override
    Estimated<?> estimate(SeaRun run, KernelCall call) {
      return EstimatedWindows.estimate(run, call, RoughTotals.of(run, call));
    }

    @Override
    EstimatedScores scores(SeaRun run, KernelCall call) {
      return AroundScores.of(run, call);
    }

    @Override
    void goBack(SeaRun run, KernelGradientCall call) {
      new AroundGradient(run, call).compute();
    }
  };

  static SeaMode of(boolean causal) {
    return causal ? PAST : AROUND;
  }

  abstract Sight sight(RealKeys real, int length);

  /** Makes the estimate, which lives no longer than a block or window of it. */
  abstract Estimated<?> estimate(SeaRun run, KernelCall call);

  /** Makes the scores of the estimate, which stay. */
  abstract EstimatedScores scores(SeaRun run, KernelCall call);

  /** Writes the gradients of all inputs of {@link SeaKernel}. */
  abstract void goBack(SeaRun run, KernelGradientCall call);
}
