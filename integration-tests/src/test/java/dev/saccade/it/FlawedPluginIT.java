package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.saccade.it.Cli.Result;
import dev.saccade.runtime.host.MechanismSource;
import dev.saccade.runtime.host.TestBundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Plugins with a flaw, on the command line: named with the reason, and no harm to others. */
class FlawedPluginIT {

  /** What is said of each. */
  private static final Map<String, String> REASONS =
      Map.of(
          "plain.jar", "is a jar but no OSGi bundle: its manifest has no Bundle-SymbolicName",
          "half.jar", "is no jar, or only part of one",
          "newer.jar", "needs dev.saccade.api 99.0.0 or newer but this runtime has 0.1.0",
          "throwing.jar", "its activator threw IllegalStateException: no luck today");

  @TempDir static Path directory;

  private static Path plugins;

  @BeforeAll
  static void build_plugins() throws IOException {
    plugins = Files.createDirectory(directory.resolve("plugins"));
    TestBundle.plainJar().writeTo(plugins.resolve("plain.jar"));
    TestBundle.withMechanism("test.newer", "1.0.0", "newer")
        .imports("dev.saccade.api;version=\"99.0.0\"")
        .writeTo(plugins.resolve("newer.jar"));
    TestBundle.named("test.throwing", "1.0.0")
        .imports("org.osgi.framework")
        .activator(
            """
            package plugin.throwing;

            import org.osgi.framework.*;

            public final class Activator implements BundleActivator {
              public void start(BundleContext context) {
                throw new IllegalStateException("no luck today");
              }
              public void stop(BundleContext context) {}
            }
            """)
        .writeTo(plugins.resolve("throwing.jar"));
    Path good =
        TestBundle.withMechanism("test.good", "1.0.0", "identity")
            .writeTo(directory.resolve("good.jar"));
    Files.copy(good, plugins.resolve("good.jar"));
    byte[] whole = Files.readAllBytes(good);
    Files.write(plugins.resolve("half.jar"), Arrays.copyOf(whole, whole.length / 2));
  }

  @Test
  void is_named_with_the_reason_while_the_others_are_compared() throws Exception {
    Result result =
        Cli.in(directory)
            .compare("--plugins=plugins", "--mechanisms=linear,identity", "--out=report")
            .succeeds();

    REASONS.forEach(
        (file, reason) ->
            assertThat(result.err().lines())
                .filteredOn(line -> line.contains(file))
                .singleElement()
                .asString()
                .startsWith("saccade: plugin " + file + " failed: ")
                .contains(reason));
    assertThat(result.err()).doesNotContain("\tat ");
    assertThat(result.out()).contains(" softmax ", " linear ", " identity ");
  }

  @Test
  void is_listed_with_the_reason() throws Exception {
    Result result = Cli.in(directory).run("plugins", "list", "--plugins", "plugins");

    REASONS.forEach(
        (file, reason) -> {
          assertThat(result.out()).containsPattern("(?m)^ " + file + " .* failed");
          assertThat(result.err()).contains(reason);
        });
    assertThat(result.out()).containsPattern("(?m)^ good.jar +1.0.0 +live +identity");
    assertThat(result.exit()).isEqualTo(1);
  }

  static Stream<Arguments> flaws() {
    return REASONS.entrySet().stream().map(flaw -> arguments(flaw.getKey(), flaw.getValue()));
  }

  @ParameterizedTest
  @MethodSource("flaws")
  void is_not_installed(String file, String reason) throws Exception {
    Path target = directory.resolve("target of " + file);

    Result result =
        Cli.in(directory)
            .run("plugins", "install", "plugins/" + file, "--plugins", target.toString());

    result.isRefused(1, "plugins/" + file + " cannot be installed: ", reason);
    assertThat(target).doesNotExist();
  }

  @Test
  void one_without_a_flaw_is_installed_replaced_and_removed() throws Exception {
    Path target = Files.createDirectory(directory.resolve("installed"));
    Path newer =
        TestBundle.named("test.good", "1.1.0")
            .imports("dev.saccade.api,dev.saccade.api.option,org.nd4j.autodiff.samediff")
            .component(MechanismSource.named("identity"))
            .writeTo(directory.resolve("newer-good.jar"));
    Cli cli = Cli.in(directory);

    Result first = cli.run("plugins", "install", "good.jar", "--plugins=installed").succeeds();
    Result second =
        cli.run("plugins", "install", newer.toString(), "--plugins=installed").succeeds();

    assertThat(first.out()).isEqualToIgnoringNewLines("Installed test.good 1.0.0: identity");
    assertThat(second.out()).isEqualToIgnoringNewLines("Installed test.good 1.1.0: identity");
    assertThat(target).isDirectoryContaining("glob:**/test.good.jar");

    Result removed = cli.run("plugins", "remove", "test.good", "--plugins=installed").succeeds();

    assertThat(removed.out()).contains("Removed installed/test.good.jar");
    assertThat(target).isEmptyDirectory();
  }
}
