package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

@OnFakeDriver
class CudaDriverTest {

  @Test
  void a_driver_with_a_gpu_can_be_used() {
    CudaDriver driver = CudaDriver.look();

    assertThat(driver.support().reasons()).isEmpty();
    assertThat(driver.version()).isEqualTo(12000);
    assertThat(driver.gpus())
        .containsExactly(new Gpu(0, "CPU as GPU 0", 1L << 30, 75, 2, 64 * 1024));
  }

  @Test
  void a_driver_without_a_gpu_says_so() {
    FakeDriver.set("FAKE_CUDA_DEVICES", 0);

    CudaDriver driver = CudaDriver.look();

    assertThat(driver.support().reasons())
        .containsExactly("there is an NVIDIA driver but no GPU that CUDA can use");
    assertThat(driver.gpus()).isEmpty();
  }

  @Test
  void an_old_driver_says_what_it_is_and_what_is_needed() {
    FakeDriver.set("FAKE_CUDA_VERSION", 11040);

    CudaDriver driver = CudaDriver.look();

    assertThat(driver.support().reasons())
        .containsExactly(
            "the NVIDIA driver is too old: it serves CUDA 11.4, and CUDA 12.0 is needed (driver 525"
                + " or newer)");
  }

  @Test
  void a_driver_that_fails_says_how() {
    FakeDriver.fail("cuInit=999");

    CudaDriver driver = CudaDriver.look();

    assertThat(driver.support().reasons())
        .containsExactly(
            "the GPU was lost while initialising the driver: CUDA_ERROR_UNKNOWN (CUDA error 999);"
                + " start again, or choose a kernel on the CPU");
  }

  @Test
  void every_gpu_of_a_machine_is_found() {
    FakeDriver.set("FAKE_CUDA_DEVICES", 3);

    assertThat(CudaDriver.look().gpus()).extracting(Gpu::ordinal).containsExactly(0, 1, 2);
  }
}
