package dev.saccade.runtime.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.runtime.mechanism.MechanismLease;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A plugin that comes while another one cannot leave, since calls on it are in flight. */
@Timeout(60)
class BusyPluginHostIT {

  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path plugins;

  private final MechanismRegistry registry = new MechanismRegistry();
  private final List<PluginEvent> events = new CopyOnWriteArrayList<>();

  @Test
  void a_plugin_that_must_wait_for_another_to_leave_is_not_called_broken() throws Exception {
    Path alpha =
        TestBundle.withMechanism("plugin.alpha", "1.0.0", "alpha")
            .writeTo(plugins.resolve("alpha.jar"));
    HostSettings settings =
        HostSettings.watching(plugins).withPoll(Duration.ofMillis(50)).withListener(events::add);
    try (PluginHost host = PluginHost.open(registry, settings)) {
      MechanismLease inFlight = registry.require("alpha").tryAcquire().orElseThrow();
      Files.delete(alpha);
      assertThat(registry.await(() -> registry.all().isEmpty(), LONG)).isTrue();

      TestBundle.withMechanism("plugin.beta", "1.0.0", "beta").writeTo(plugins.resolve("beta.jar"));
      Thread.sleep(2500);
      List<PluginStatus> meanwhile = host.plugins();
      inFlight.close();

      assertThat(registry.await("beta", LONG)).isPresent();
      assertThat(meanwhile)
          .extracting(PluginStatus::state)
          .doesNotContain(PluginStatus.State.FAILED);
      assertThat(events).extracting(PluginEvent::kind).doesNotContain(PluginEvent.Kind.FAILED);
    }
  }
}
