package dev.saccade.plugins.sea;

import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import dev.saccade.runtime.attention.PluginKernels;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link PublishedContextTest} of the kernels for a GPU, which run on the CPU. */
@OnFakeDriver
class PublishedContextOnGpuTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  static List<SeaCase> published() {
    return PublishedContextTest.published();
  }

  @ParameterizedTest
  @MethodSource("published")
  void the_context_is_as_published(SeaCase golden) {
    PluginKernels kernels =
        PluginKernels.register("gpu#" + golden, "a test", new SeaAttention().kernels());
    try {
      PublishedContextTest.assertContextIsAsPublished(golden, "cuda", kernels);
    } finally {
      kernels.retire(PATIENCE);
    }
  }
}
