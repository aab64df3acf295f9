package dev.saccade.runtime.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host makes of the plugins that it finds when it is opened. */
class PluginHostTest {

  @TempDir Path plugins;

  private final MechanismRegistry registry = new MechanismRegistry();

  @Test
  void a_plugin_that_is_there_at_the_start_is_live_when_open_returns() {
    Path jar =
        TestBundle.withMechanism("plugin.alpha", "1.2.3", "alpha")
            .writeTo(plugins.resolve("alpha.jar"));

    try (PluginHost host = open()) {
      assertThat(registry.all())
          .extracting(InstalledMechanism::toString)
          .containsExactly("alpha 1.2.3");
      assertThat(host.plugins())
          .singleElement()
          .satisfies(
              status -> {
                assertThat(status.reason()).isEmpty();
                assertThat(status.source()).isEqualTo(jar.toString());
                assertThat(status.symbolicName()).isEqualTo("plugin.alpha");
                assertThat(status.version()).hasToString("1.2.3");
                assertThat(status.state()).isEqualTo(PluginStatus.State.LIVE);
                assertThat(status.mechanisms()).containsExactly("alpha");
              });
    }
  }

  private PluginHost open() {
    return PluginHost.open(
        registry, HostSettings.watching(plugins).withPoll(Duration.ofMillis(50)));
  }
}
