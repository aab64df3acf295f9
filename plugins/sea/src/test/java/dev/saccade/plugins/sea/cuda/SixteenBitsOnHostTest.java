package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Exact attention of numbers that lie in host memory in 16 bits, beside statistics in F32. */
@OnFakeDriver
class SixteenBitsOnHostTest {

  private static final List<DeviceProgram> PROGRAMS =
      List.of(new FlashProgram(), new SoftmaxProgram());

  static Stream<ExactTrial> trials() {
    List<ExactTrial> trials = new ArrayList<>();
    for (ElementType type : List.of(ElementType.F16, ElementType.BF16)) {
      for (int length : new int[] {1, 31, 32, 33, 67}) {
        trials.add(new ExactTrial(ExactTrial.causal(2, 2, 1, length, 32), type, length % 2 == 1));
      }
    }
    return trials.stream();
  }

  @ParameterizedTest
  @MethodSource("trials")
  void arrive_and_return_as_they_are(ExactTrial trial) {
    for (int capability : new int[] {75, 90}) {
      FakeDriver.set("FAKE_CUDA_CAPABILITY", capability);
      for (DeviceProgram program : PROGRAMS) {
        CudaKernel kernel = new CudaKernel(program);
        GpuSession session = GpuSession.open(CudaDriver.look().gpus().get(0));
        try {
          HostTrialCall call = HostTrialCall.of(kernel, trial);

          assertThat(kernel.check(trial.request(), TestHost.INSTANCE).reasons()).isEmpty();
          FakeDriver.fail("cuMemAlloc@1=2"); // what was reserved is enough
          kernel.forward(call);
          FakeDriver.fail("");
          kernel.backward(call);

          ExactTrial.Results there = trial.run(program, session);
          for (int i = 0; i < 4; i++) {
            assertThat(call.results().all().get(i))
                .as("result %d of %s on %d", i, program.operation(), capability)
                .containsExactly(there.all().get(i));
          }
        } finally {
          session.close();
          kernel.close();
        }
      }
    }
  }
}
