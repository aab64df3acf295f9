package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.Masking;
import dev.saccade.api.Support;
import dev.saccade.plugins.sea.cuda.CudaDriver;
import dev.saccade.plugins.sea.cuda.CudaKernel;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.Decision;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** SEA on most machines: no GPU, and nobody who asks for one. */
class SeaWithoutDriverTest {

  @BeforeEach
  void skip_where_there_is_one() {
    Assumptions.assumeTrue(
        CudaDriver.look().support() instanceof Support.Missing, "this machine has a driver");
  }

  @AfterEach
  void forget() {
    System.clearProperty(CudaKernel.GPU_PROPERTY);
  }

  @Test
  void the_cpu_computes_and_the_gpu_is_no_news() {
    Decision decision = decision();

    assertThat(decision.name()).isIn("simd", "plain");
    assertThat(decision.missing()).singleElement().asString().startsWith("cuda: ");
    assertThat(decision.passedOver()).noneMatch(reason -> reason.contains("cuda"));
  }

  @Test
  void who_asks_for_a_gpu_is_told_why_it_does_not_compute() {
    System.setProperty(CudaKernel.GPU_PROPERTY, "0");

    Decision decision = decision();

    assertThat(decision.missing()).isEmpty();
    assertThat(decision.passedOver()).anyMatch(reason -> reason.startsWith("cuda: "));
  }

  @Test
  void who_asks_for_the_kernel_is_refused_in_one_line() {
    assertThatThrownBy(() -> open("cuda"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("kernel cuda of operation sea is asked for but cannot run: [cuda: ")
        .hasMessageNotContaining("\n");
  }

  private static Decision decision() {
    try (KernelTrial layer = open("auto")) {
      return layer.installed().decision(SeaKernel.OPERATION);
    }
  }

  private static KernelTrial open(String kernel) {
    Map<String, String> options = Map.of("width", "32", "k", "5", "kernel", kernel);
    return new KernelTrial(
        SeaTrial.spec(Masking.CAUSAL), options, SeaTrial.B, 5, SeaTrial.SEED, null);
  }
}
