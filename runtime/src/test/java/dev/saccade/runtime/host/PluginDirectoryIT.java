package dev.saccade.runtime.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginDirectoryIT {

  @TempDir Path temporary;

  private Path plugins;
  private PluginDirectory directory;

  @BeforeEach
  void create() {
    plugins = temporary.resolve("plugins");
    directory = new PluginDirectory(plugins);
  }

  @Test
  void a_plugin_is_installed_under_its_symbolic_name() throws IOException {
    Path download = download("plugin.alpha", "1.0.0");

    PluginStatus trial = directory.install(download);

    assertThat(trial.mechanisms()).containsExactly("alpha");
    assertThat(trial.source()).isEqualTo(plugins.resolve("plugin.alpha.jar").toString());
    assertThat(files()).containsExactly("plugin.alpha.jar");
    assertThat(directory.plugins())
        .extracting(PluginFile::toString)
        .singleElement()
        .asString()
        .contains("plugin.alpha", "1.0.0");
  }

  @Test
  void another_version_replaces_the_first_whatever_its_file_is_called() throws IOException {
    TestBundle.withMechanism("plugin.alpha", "1.0.0", "alpha")
        .writeTo(plugins.resolve("by-hand-1.0.jar"));

    directory.install(download("plugin.alpha", "2.0.0"));

    assertThat(files()).containsExactly("plugin.alpha.jar");
    assertThat(directory.plugins().get(0).version()).hasToString("2.0.0");
  }

  @Test
  void a_running_host_takes_up_a_replacement() throws InterruptedException {
    directory.install(download("plugin.alpha", "1.0.0"));
    MechanismRegistry registry = new MechanismRegistry();
    HostSettings settings = HostSettings.watching(plugins).withPoll(Duration.ofMillis(50));

    try (PluginHost host = PluginHost.open(registry, settings)) {
      directory.install(download("plugin.alpha", "2.0.0"));

      for (int i = 0; i < 400 && !isInstalled(registry, "alpha 2.0.0"); i++) {
        Thread.sleep(50);
      }
      assertThat(registry.all()).extracting(Object::toString).containsExactly("alpha 2.0.0");
      assertThat(host.plugins()).hasSize(1);
    }
  }

  @Test
  void a_plugin_may_need_another_that_is_there() throws IOException {
    TestBundle.named("example.maths", "1.0.0")
        .header("Export-Package", "example.maths")
        .source("package example.maths; public class Maths {}")
        .writeTo(plugins.resolve("maths.jar"));
    Path needy =
        TestBundle.named("needy", "1.0.0").imports("example.maths").writeTo(file("needy.jar"));

    directory.install(needy);

    assertThat(files()).containsExactly("maths.jar", "needy.jar");
  }

  @Test
  void a_plugin_that_fails_in_the_trial_stays_outside() throws IOException {
    Path needy =
        TestBundle.named("needy", "1.0.0").imports("example.maths").writeTo(file("needy.jar"));

    assertThatThrownBy(() -> directory.install(needy))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContainingAll("needy.jar", "needs example.maths");
    assertThat(files()).isEmpty();
  }

  @Test
  void a_plugin_whose_mechanism_is_there_already_stays_outside() throws IOException {
    directory.install(download("plugin.alpha", "1.0.0"));

    assertThatThrownBy(() -> directory.install(download("plugin.beta", "1.0.0")))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("alpha 1.0.0 is already brought by");
    assertThat(files()).containsExactly("plugin.alpha.jar");
  }

  @Test
  void a_file_that_is_no_plugin_stays_outside() throws IOException {
    Path text = Files.writeString(file("notes.jar"), "buy milk");

    assertThatThrownBy(() -> directory.install(text))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContainingAll("notes.jar", "is no jar");
    assertThat(files()).isEmpty();
  }

  @Test
  void a_file_that_is_not_there_is_named() {
    assertThatThrownBy(() -> directory.install(file("nothing.jar")))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("there is no file " + file("nothing.jar"));
  }

  @Test
  void a_plugin_is_removed_by_its_symbolic_name() throws IOException {
    directory.install(download("plugin.alpha", "1.0.0"));

    List<Path> removed = directory.remove("plugin.alpha");

    assertThat(removed).containsExactly(plugins.resolve("plugin.alpha.jar"));
    assertThat(files()).isEmpty();
  }

  @Test
  void a_broken_jar_is_removed_by_its_file_name() throws IOException {
    Files.createDirectories(plugins);
    Files.writeString(plugins.resolve("broken.jar"), "no jar");

    directory.remove("broken.jar");

    assertThat(files()).isEmpty();
  }

  @Test
  void removing_what_is_not_there_lists_what_is() {
    directory.install(download("plugin.alpha", "1.0.0"));

    assertThatThrownBy(() -> directory.remove("plugin.alhpa"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContainingAll("\"plugin.alhpa\"", "there are: plugin.alpha");
  }

  private Path download(String symbolicName, String version) {
    return TestBundle.withMechanism(symbolicName, version, "alpha")
        .writeTo(file("download-" + symbolicName + ".jar"));
  }

  private static boolean isInstalled(MechanismRegistry registry, String mechanism) {
    return registry.all().stream().anyMatch(each -> each.toString().equals(mechanism));
  }

  private Path file(String name) {
    return temporary.resolve(name);
  }

  private List<String> files() throws IOException {
    if (!Files.exists(plugins)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(plugins)) {
      return all.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
