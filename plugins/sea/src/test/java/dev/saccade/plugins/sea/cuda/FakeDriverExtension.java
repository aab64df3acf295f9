package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Loads the driver once, and sees to it that every test frees what it took. */
final class FakeDriverExtension implements BeforeAllCallback, AfterEachCallback {

  @Override
  public void beforeAll(ExtensionContext context) {
    Assumptions.assumeTrue(
        CpuCompiler.isPossible(), "needs g++ on Linux on x86-64, to run kernels on the CPU");
    FakeDriver.load();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    FakeDriver.reset();
    assertThat(FakeDriver.held()).as("what the test left on the GPU").isEmpty();
  }
}
