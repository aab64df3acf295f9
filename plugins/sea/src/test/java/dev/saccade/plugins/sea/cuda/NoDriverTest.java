package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.NativeLibrary;
import dev.saccade.api.ElementType;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What most machines are: without an NVIDIA driver. JCuda's own library is there. */
class NoDriverTest {

  @BeforeEach
  void skip_where_there_is_one() {
    Assumptions.assumeFalse(hasDriver(), "this machine has an NVIDIA driver");
  }

  @Test
  void it_is_said_in_words_however_often_one_asks() {
    for (int attempt = 0; attempt < 2; attempt++) {
      assertThat(CudaDriver.look().support().reasons())
          .singleElement()
          .isIn(
              "there is no NVIDIA driver (libcuda.so.1)", "GPUs are used on Linux on x86-64 only");
    }
  }

  @Test
  void a_kernel_gives_it_as_its_reason_and_closes_all_the_same() {
    ExactTrial trial = new ExactTrial(ExactTrial.causal(1, 1, 1, 5, 7), ElementType.F32, false);
    try (CudaKernel kernel = new CudaKernel(new FlashProgram())) {
      assertThat(kernel.check(trial.request(), TestHost.INSTANCE).reasons())
          .isEqualTo(CudaDriver.look().support().reasons());
    }
  }

  private static boolean hasDriver() {
    try {
      NativeLibrary.getInstance("libcuda.so.1");
      return true;
    } catch (UnsatisfiedLinkError e) {
      return false; // what these tests are about
    }
  }
}
