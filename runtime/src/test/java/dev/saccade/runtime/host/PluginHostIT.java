package dev.saccade.runtime.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host from opening to closing. */
class PluginHostIT {

  @TempDir Path plugins;

  private final MechanismRegistry registry = new MechanismRegistry();

  @Test
  void a_plugin_that_is_there_at_the_start_is_live_when_open_returns() {
    Path jar = writeAlpha(plugins);

    try (PluginHost host = open(plugins)) {
      assertThat(installed()).containsExactly("alpha 1.2.3");
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

  @Test
  void plugins_of_several_directories_are_live(@TempDir Path more) {
    writeAlpha(plugins);
    TestBundle.withMechanism("plugin.beta", "2.0.0", "beta").writeTo(more.resolve("beta.jar"));

    try (PluginHost host = open(plugins, more)) {
      assertThat(installed()).containsExactly("alpha 1.2.3", "beta 2.0.0");
      assertThat(host.plugins()).hasSize(2);
    }
  }

  @Test
  void a_directory_may_have_any_letters_in_its_name() throws IOException {
    Path odd = Files.createDirectory(plugins.resolve("plug ins [#1] 100% äß"));
    writeAlpha(odd);

    try (PluginHost host = open(odd)) {
      assertThat(host.plugins())
          .singleElement()
          .satisfies(status -> assertThat(status.mechanisms()).containsExactly("alpha"));
    }
  }

  @Test
  void a_link_to_a_directory_is_followed(@TempDir Path elsewhere) throws IOException {
    writeAlpha(elsewhere);
    Path link = Files.createSymbolicLink(plugins.resolve("link"), elsewhere);

    try (PluginHost host = open(link)) {
      assertThat(host.plugins()).extracting(PluginStatus::symbolicName).contains("plugin.alpha");
      assertThat(installed()).containsExactly("alpha 1.2.3");
    }
  }

  @Test
  void other_files_and_hidden_ones_are_left_alone() throws IOException {
    Files.writeString(plugins.resolve("README.txt"), "plugins live here");
    writeAlpha(Files.createDirectory(plugins.resolve("older")));
    Files.move(writeAlpha(plugins), plugins.resolve(".alpha.jar"));

    try (PluginHost host = open(plugins)) {
      assertThat(host.plugins()).isEmpty();
      assertThat(installed()).isEmpty();
    }
  }

  @Test
  void a_host_without_directories_has_no_plugins() {
    try (PluginHost host = open()) {
      assertThat(host.plugins()).isEmpty();
    }
  }

  @Test
  void a_directory_that_does_not_exist_is_named() {
    assertThatThrownBy(() -> HostSettings.watching(plugins.resolve("nowhere")))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContainingAll("does not exist", "nowhere");
  }

  @Test
  void a_directory_with_a_comma_is_refused() throws IOException {
    Path comma = Files.createDirectory(plugins.resolve("a,b"));

    assertThatThrownBy(() -> HostSettings.watching(comma))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("comma");
  }

  @Test
  void closing_empties_the_registry_and_a_second_time_does_nothing() {
    writeAlpha(plugins);
    PluginHost host = open(plugins);

    host.close();
    host.close();

    assertThat(registry.all()).isEmpty();
  }

  @Test
  void an_interrupted_thread_can_close() {
    writeAlpha(plugins);
    PluginHost host = open(plugins);
    Set<Path> before = storages();
    Thread.currentThread().interrupt();

    host.close();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(registry.all()).isEmpty();
    assertThat(storages()).hasSizeLessThan(before.size());
  }

  @Test
  void closing_waits_for_a_call_in_flight() throws InterruptedException {
    writeAlpha(plugins);
    PluginHost host = open(plugins);
    MechanismLease call = registry.require("alpha").tryAcquire().orElseThrow();
    Thread closing = new Thread(host::close);

    closing.start();
    closing.join(500);

    assertThat(closing.isAlive()).isTrue();
    call.close();
    closing.join(20_000);
    assertThat(closing.isAlive()).isFalse();
  }

  @Test
  void twenty_hosts_one_after_another_leave_no_thread_no_file_and_no_class_behind()
      throws Exception {
    writeAlpha(plugins);
    open(plugins).close();
    Set<Thread> threads = threads();
    Set<Path> files = storages();
    List<WeakReference<ClassLoader>> loaders = new ArrayList<>();

    for (int i = 0; i < 20; i++) {
      try (PluginHost host = open(plugins)) {
        loaders.add(loaderOfAlpha());
        assertThat(host.plugins()).hasSize(1);
      }
    }

    awaitCollection(loaders);
    assertThat(threads()).isSubsetOf(threads);
    assertThat(storages()).isSubsetOf(files);
  }

  private PluginHost open(Path... directories) {
    return PluginHost.open(
        registry, HostSettings.watching(directories).withPoll(Duration.ofMillis(50)));
  }

  private static Path writeAlpha(Path directory) {
    return TestBundle.withMechanism("plugin.alpha", "1.2.3", "alpha")
        .writeTo(directory.resolve("alpha.jar"));
  }

  private List<String> installed() {
    return registry.all().stream().map(InstalledMechanism::toString).toList();
  }

  private WeakReference<ClassLoader> loaderOfAlpha() {
    try (MechanismLease lease = registry.require("alpha").tryAcquire().orElseThrow()) {
      return new WeakReference<>(lease.mechanism().getClass().getClassLoader());
    }
  }

  private static void awaitCollection(List<WeakReference<ClassLoader>> loaders)
      throws InterruptedException {
    for (int i = 0; i < 100 && alive(loaders) > 0; i++) {
      System.gc();
      Thread.sleep(50);
    }
    assertThat(alive(loaders)).isZero();
  }

  private static long alive(List<WeakReference<ClassLoader>> loaders) {
    return loaders.stream().map(WeakReference::get).filter(Objects::nonNull).count();
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .collect(Collectors.toSet());
  }

  private static Set<Path> storages() {
    String mine = "saccade-plugins-" + ProcessHandle.current().pid() + "-";
    try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return all.filter(path -> path.getFileName().toString().startsWith(mine))
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
