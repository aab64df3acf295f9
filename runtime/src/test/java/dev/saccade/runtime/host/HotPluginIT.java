package dev.saccade.runtime.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.runtime.host.PluginEvent.Kind;
import dev.saccade.runtime.host.PluginStatus.State;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that come, change and go while a host is open. */
@Timeout(60)
class HotPluginIT {

  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path plugins;

  private final MechanismRegistry registry = new MechanismRegistry();
  private final List<PluginEvent> events = new CopyOnWriteArrayList<>();
  private PluginHost host;

  @BeforeEach
  void open() {
    host =
        PluginHost.open(
            registry,
            HostSettings.watching(plugins)
                .withPoll(Duration.ofMillis(50))
                .withListener(events::add));
  }

  @AfterEach
  void close() {
    host.close();
  }

  @Test
  void a_jar_that_is_dropped_in_appears() throws InterruptedException {
    dropIn("1.0.0");

    assertThat(registry.await("alpha", LONG)).isPresent();
    await(() -> kinds().contains(Kind.INSTALLED));
    assertThat(events.get(0).detail()).isEqualTo("alpha");
    assertThat(events.get(0).symbolicName()).isEqualTo("plugin.alpha");
  }

  @Test
  void a_jar_that_is_replaced_is_updated_and_its_old_class_loader_is_collected()
      throws InterruptedException {
    dropIn("1.0.0");
    registry.await("alpha", LONG);
    await(() -> kinds().equals(List.of(Kind.INSTALLED)));
    WeakReference<ClassLoader> old = loaderOf("alpha");

    dropIn("2.0.0");

    await(() -> versions().equals(List.of("alpha 2.0.0")));
    await(() -> kinds().equals(List.of(Kind.INSTALLED, Kind.UPDATED)));
    assertCollected(old);
  }

  @Test
  void an_update_brings_the_new_version_once() throws InterruptedException {
    dropIn("1.0.0");
    await(() -> kinds().contains(Kind.INSTALLED));

    dropIn("2.0.0");
    await(() -> versions().equals(List.of("alpha 2.0.0")));
    InstalledMechanism first = registry.require("alpha");
    await(() -> kinds().contains(Kind.UPDATED));

    assertThat(registry.require("alpha")).isSameAs(first);
  }

  @Test
  void a_new_version_in_a_file_of_its_own_joins_the_old_one() throws InterruptedException {
    dropIn("1.0.0");
    registry.await("alpha", LONG);

    TestBundle.withMechanism("plugin.alpha", "2.0.0", "alpha")
        .writeTo(plugins.resolve("alpha-2.jar"));

    await(() -> versions().equals(List.of("alpha 2.0.0", "alpha 1.0.0")));
  }

  @Test
  void a_jar_that_is_deleted_leaves() throws Exception {
    Path jar = dropIn("1.0.0");
    registry.await("alpha", LONG);
    await(() -> !events.isEmpty());
    WeakReference<ClassLoader> loader = loaderOf("alpha");

    Files.delete(jar);

    await(() -> registry.all().isEmpty());
    await(() -> kinds().equals(List.of(Kind.INSTALLED, Kind.REMOVED)));
    assertThat(host.plugins()).isEmpty();
    assertCollected(loader);
  }

  @Test
  void a_call_in_flight_delays_the_removal_until_it_ends() throws Exception {
    Path jar = dropIn("1.0.0");
    registry.await("alpha", LONG);
    MechanismLease call = registry.require("alpha").tryAcquire().orElseThrow();

    Files.delete(jar);
    await(() -> registry.all().isEmpty());

    // Nobody finds it any more, but its bundle is still there, and others can ask.
    Thread.sleep(300);
    assertThat(host.plugins())
        .singleElement()
        .satisfies(status -> assertThat(status.state()).isEqualTo(State.CHANGING));
    assertThat(call.mechanism().name()).isEqualTo("alpha");
    call.close();
    await(() -> host.plugins().isEmpty());
  }

  @Test
  void a_call_in_flight_finishes_on_the_old_version_of_an_update() throws Exception {
    dropIn("1.0.0");
    registry.await("alpha", LONG);
    MechanismLease call = registry.require("alpha").tryAcquire().orElseThrow();

    dropIn("2.0.0");
    await(() -> registry.all().isEmpty());
    Thread.sleep(300);
    assertThat(versions()).isEmpty();
    call.close();

    await(() -> versions().equals(List.of("alpha 2.0.0")));
  }

  @Test
  void a_broken_jar_that_is_dropped_in_is_an_event_with_its_reason() throws IOException {
    Files.writeString(plugins.resolve("broken.jar"), "not a jar");

    await(() -> kinds().equals(List.of(Kind.FAILED)));
    assertThat(events.get(0).detail()).contains("is no jar");
  }

  @Test
  void a_plugin_that_lacks_another_comes_to_life_with_it() throws InterruptedException {
    TestBundle.named("plugin.alpha", "1.0.0")
        .imports("dev.saccade.api,dev.saccade.api.option,org.nd4j.autodiff.samediff,example.maths")
        .component(MechanismSource.named("alpha"))
        .writeTo(plugins.resolve("alpha.jar"));
    await(() -> kinds().equals(List.of(Kind.FAILED)));
    assertThat(host.plugins().get(0).reason()).contains("needs example.maths");

    TestBundle.named("example.maths", "1.0.0")
        .header("Export-Package", "example.maths")
        .source("package example.maths; public class Maths {}")
        .writeTo(plugins.resolve("maths.jar"));

    assertThat(registry.await("alpha", LONG)).isPresent();
    await(() -> kinds().equals(List.of(Kind.FAILED, Kind.INSTALLED, Kind.INSTALLED)));
  }

  @Test
  void a_mechanism_that_was_refused_takes_the_place_of_the_one_that_leaves() throws Exception {
    Path first = dropIn("1.0.0");
    registry.await("alpha", LONG);
    TestBundle.withMechanism("plugin.beta", "1.0.0", "alpha").writeTo(plugins.resolve("beta.jar"));
    await(() -> kinds().equals(List.of(Kind.INSTALLED, Kind.FAILED)));

    Files.delete(first);

    await(() -> registry.find("alpha").filter(it -> it.bundle().equals("plugin.beta")).isPresent());
  }

  @Test
  void a_replacement_that_is_broken_takes_the_plugin_away_and_a_good_one_brings_it_back()
      throws Exception {
    Path jar = dropIn("1.0.0");
    registry.await("alpha", LONG);
    await(() -> !events.isEmpty());

    Files.writeString(jar, "half a download", UTF_8);
    await(() -> kinds().contains(Kind.FAILED));
    await(() -> registry.all().isEmpty());
    dropIn("3.0.0");

    await(() -> versions().equals(List.of("alpha 3.0.0")));
  }

  private Path dropIn(String version) {
    return TestBundle.withMechanism("plugin.alpha", version, "alpha")
        .writeTo(plugins.resolve("alpha.jar"));
  }

  private WeakReference<ClassLoader> loaderOf(String mechanism) {
    try (MechanismLease lease = registry.require(mechanism).tryAcquire().orElseThrow()) {
      return new WeakReference<>(lease.mechanism().getClass().getClassLoader());
    }
  }

  private List<String> versions() {
    return registry.all().stream().map(InstalledMechanism::toString).toList();
  }

  private List<Kind> kinds() {
    return events.stream().map(PluginEvent::kind).toList();
  }

  private void assertCollected(WeakReference<ClassLoader> loader) {
    await(
        () -> {
          System.gc();
          return loader.get() == null;
        });
  }

  private void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime())
          .as(() -> "gave up waiting; events: " + events)
          .isLessThan(deadline);
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }
}
