package dev.saccade.runtime.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.runtime.host.PluginStatus.State;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One directory with a good plugin and every bad one: what is said of each. */
class PluginFailureIT {

  private static final String IMPORTS =
      "dev.saccade.api,dev.saccade.api.option,org.nd4j.autodiff.samediff";

  private static final MechanismRegistry REGISTRY = new MechanismRegistry();
  private static final Map<String, PluginStatus> STATUS = new HashMap<>();
  private static final ByteArrayOutputStream PRINTED = new ByteArrayOutputStream();

  @TempDir static Path plugins;

  private static PluginHost host;

  @BeforeAll
  static void open_a_host_on_all_of_them() throws IOException {
    // With everything that a plugin may share with the runtime.
    TestBundle.withMechanism("good", "1.0.0", "good")
        .imports(
            IMPORTS
                + ",dev.saccade.api.decode,dev.saccade.api.distill,dev.saccade.api.kernel"
                + ",org.nd4j.linalg.api.ndarray,org.nd4j.linalg.factory,org.nd4j.common.base"
                + ",org.bytedeco.javacpp;version=\"[1.5,2)\",org.jspecify.annotations"
                + ",org.osgi.service.component,org.osgi.util.promise,org.osgi.framework")
        .writeTo(jar("good"));
    writeFilesThatAreNoBundles();
    writeBundlesThatDoNotResolve();
    writeBundlesThatDoNotStart();
    writeBundlesWhoseComponentsFail();
    writeBundlesWhoseMechanismsAreRefused();

    PrintStream out = System.out;
    PrintStream err = System.err;
    System.setOut(new PrintStream(PRINTED, true, UTF_8));
    System.setErr(System.out);
    try {
      host = PluginHost.open(REGISTRY, HostSettings.watching(plugins));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    for (PluginStatus status : host.plugins()) {
      String file = Path.of(status.source()).getFileName().toString();
      STATUS.put(file.substring(0, file.lastIndexOf('.')), status);
    }
  }

  @AfterAll
  static void close() {
    host.close();
  }

  @Test
  void failures_hurt_no_other_plugin() {
    assertThat(statusOf("good").state()).isEqualTo(State.LIVE);
    assertThat(REGISTRY.find("good")).isPresent();
  }

  @Test
  void nothing_is_printed() {
    assertThat(PRINTED.toString(UTF_8)).isEmpty();
  }

  @Test
  void every_jar_has_a_status_and_every_failure_a_reason_of_one_line() throws IOException {
    assertThat(STATUS).hasSameSizeAs(PluginFile.in(plugins));
    assertThat(STATUS.values())
        .allSatisfy(status -> assertThat(status.state()).isNotEqualTo(State.CHANGING))
        .filteredOn(status -> status.state() == State.FAILED)
        .allSatisfy(status -> assertThat(status.reason()).isNotBlank().doesNotContain("\n"));
  }

  @Test
  void every_failure_is_an_event() {
    long failed = STATUS.values().stream().filter(each -> each.state() == State.FAILED).count();

    assertThat(host.events())
        .filteredOn(event -> event.kind() == PluginEvent.Kind.FAILED)
        .hasSize((int) failed)
        .allSatisfy(event -> assertThat(event.detail()).isNotBlank());
  }

  @Test
  void a_file_that_is_no_zip() {
    assertFailed("garbage", "is no jar", "copy it again");
  }

  @Test
  void a_jar_of_which_the_end_is_missing() {
    assertFailed("truncated", "is no jar, or only part of one", "copy it again");
  }

  @Test
  void a_jar_that_is_no_bundle() {
    assertFailed("plain", "no OSGi bundle", "Bundle-SymbolicName", "bnd-maven-plugin");
  }

  @Test
  void a_jar_without_manifest() {
    assertFailed("bare", "no META-INF/MANIFEST.MF");
  }

  @Test
  void a_jar_whose_manifest_does_not_come_first() {
    assertFailed("zipped", "behind other entries", "not with zip");
  }

  @Test
  void a_bundle_version_that_is_none() {
    assertFailed("misversioned", "\"one\"", "1.2.3");
  }

  @Test
  void a_manifest_that_the_framework_refuses() {
    assertFailed("malformed", "its manifest is not valid");
  }

  @Test
  void two_files_with_one_plugin() {
    assertThat(statusOf("twin-a").state()).isEqualTo(State.LIVE);
    assertFailed("twin-b", "same plugin in the same version", "remove one");
  }

  @Test
  void a_newer_api() {
    assertFailed(
        "newer",
        "needs dev.saccade.api [0.9.0,1.0.0) but this runtime has 0.1.0",
        "another Saccade");
  }

  @Test
  void a_package_that_nobody_exports() {
    assertFailed("lonely", "needs com.example.maths", "which no bundle exports");
  }

  @Test
  void a_version_of_a_package_that_is_not_there() {
    assertFailed("picky", "needs org.bytedeco.javacpp 9.0.0 or newer but only 1.5.7 is there");
  }

  @Test
  void a_newer_java() {
    assertFailed("modern", "needs Java 99 but this is Java " + Runtime.version().feature());
  }

  @Test
  void the_vector_module_is_there_exactly_when_java_has_it() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
      assertThat(statusOf("vectorised").state()).isEqualTo(State.LIVE);
    } else {
      assertFailed("vectorised", "start Java with --add-modules jdk.incubator.vector");
    }
  }

  @Test
  void operations_of_a_plugin_cannot_be_registered_with_nd4j() {
    assertFailed("registering", "needs org.nd4j.imports.converters");
  }

  @Test
  void an_activator_that_throws() {
    assertFailed("explosive", "its activator threw IllegalStateException: no luck today");
  }

  @Test
  void a_plugin_sees_nothing_of_the_runtime() {
    assertFailed("curious", "ClassNotFoundException: dev.saccade.runtime.SaccadeException");
  }

  @Test
  void a_component_whose_constructor_throws() {
    assertFailed("unborn", "plugin.unborn.Mechanism failed to start", "no GPU on this planet");
  }

  @Test
  void a_component_whose_activation_throws() {
    assertFailed("unwilling", "plugin.unwilling.Mechanism failed to start", "not before coffee");
  }

  @Test
  void a_component_that_waits_for_a_service() {
    assertFailed("waiting", "waits for a service that nobody offers: java.util.Comparator");
  }

  @Test
  void a_component_that_waits_for_a_configuration() {
    assertFailed("unconfigured", "waits for a configuration");
  }

  @Test
  void a_component_whose_class_needs_a_package_that_is_not_imported() {
    assertFailed(
        "forgetful", "class org.nd4j.autodiff.samediff.SDVariable is neither in the jar nor");
  }

  @Test
  void a_component_whose_description_is_missing() {
    assertFailed("undescribed", "OSGI-INF/nowhere.xml is missing or not valid");
  }

  @Test
  void a_bundle_without_mechanism_is_live_and_says_so() {
    assertThat(statusOf("library").state()).isEqualTo(State.LIVE);
    assertThat(statusOf("library").reason()).isEqualTo("brings no mechanism");
  }

  @Test
  void a_mechanism_whose_name_throws() {
    assertFailed("nameless", "cannot say what it is", "who am I");
  }

  @Test
  void a_mechanism_with_an_empty_name() {
    assertFailed("blank", "plugin.blank.Mechanism has no name");
  }

  @Test
  void a_mechanism_that_another_bundle_brings_in_the_same_version() {
    boolean first = statusOf("rival-a").state() == State.LIVE;

    assertThat(statusOf(first ? "rival-a" : "rival-b").mechanisms()).containsExactly("rival");
    assertFailed(
        first ? "rival-b" : "rival-a",
        "rival 1.0.0 is already brought by " + (first ? "rival-a" : "rival-b"),
        "another version");
  }

  @Test
  void a_jar_with_a_copy_of_the_api() {
    assertFailed("copycat", "another copy of dev.saccade.api", "import the package");
  }

  @Test
  void a_bundle_of_which_one_mechanism_fails_is_live_with_a_reason() {
    PluginStatus half = statusOf("half");

    assertThat(half.state()).isEqualTo(State.LIVE);
    assertThat(half.mechanisms()).containsExactly("halfgood");
    assertThat(half.reason()).contains("plugin.halfbad.Mechanism failed to start", "half bad");
  }

  @Test
  void only_what_works_is_in_the_registry() {
    assertThat(REGISTRY.all())
        .extracting(InstalledMechanism::name)
        .containsExactly("good", "halfgood", "rival", "twin");
  }

  private static PluginStatus statusOf(String plugin) {
    return requireNonNull(STATUS.get(plugin), plugin);
  }

  private static void assertFailed(String plugin, String... parts) {
    PluginStatus status = statusOf(plugin);
    assertThat(status.reason()).contains(parts);
    assertThat(status.state()).isEqualTo(State.FAILED);
    assertThat(status.mechanisms()).isEmpty();
  }

  private static void writeFilesThatAreNoBundles() throws IOException {
    Files.writeString(jar("garbage"), "<html>404 not found</html>");
    byte[] whole = Files.readAllBytes(jar("good"));
    Files.write(jar("truncated"), Arrays.copyOf(whole, whole.length / 2));
    TestBundle.plainJar().header("Created-By", "a test").writeTo(jar("plain"));
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar("bare")))) {
      zip.putNextEntry(new ZipEntry("readme.txt"));
    }
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar("zipped")))) {
      zip.putNextEntry(new ZipEntry("a.txt"));
      zip.putNextEntry(new ZipEntry("b.txt"));
      zip.putNextEntry(new ZipEntry("META-INF/MANIFEST.MF"));
      zip.write("Manifest-Version: 1.0\nBundle-SymbolicName: zipped\n".getBytes(UTF_8));
    }
    TestBundle.named("misversioned", "one").writeTo(jar("misversioned"));
    TestBundle.named("malformed", "1.0.0").imports("a;version=\"[2,1\"").writeTo(jar("malformed"));
    TestBundle.withMechanism("twin", "1.0.0", "twin").writeTo(jar("twin-a"));
    TestBundle.withMechanism("twin", "1.0.0", "twin").writeTo(jar("twin-b"));
  }

  private static void writeBundlesThatDoNotResolve() {
    TestBundle.withMechanism("newer", "1.0.0", "newer")
        .imports(
            "dev.saccade.api;version=\"[0.9,1)\",dev.saccade.api.option;version=\"[0.9,1)\","
                + "org.nd4j.autodiff.samediff")
        .writeTo(jar("newer"));
    TestBundle.named("lonely", "1.0.0").imports("com.example.maths").writeTo(jar("lonely"));
    TestBundle.named("picky", "1.0.0")
        .imports("org.bytedeco.javacpp;version=9")
        .writeTo(jar("picky"));
    TestBundle.named("modern", "1.0.0")
        .header("Require-Capability", "osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=99))\"")
        .writeTo(jar("modern"));
    TestBundle.named("vectorised", "1.0.0")
        .imports("jdk.incubator.vector")
        .writeTo(jar("vectorised"));
    TestBundle.named("registering", "1.0.0")
        .imports("org.nd4j.imports.converters")
        .writeTo(jar("registering"));
  }

  private static void writeBundlesThatDoNotStart() {
    TestBundle.named("explosive", "1.0.0")
        .imports("org.osgi.framework")
        .activator(activator("explosive", "throw new IllegalStateException(\"no luck today\");"))
        .writeTo(jar("explosive"));
    TestBundle.named("curious", "1.0.0")
        .imports("org.osgi.framework")
        .activator(activator("curious", "Class.forName(\"dev.saccade.runtime.SaccadeException\");"))
        .writeTo(jar("curious"));
  }

  private static void writeBundlesWhoseComponentsFail() {
    TestBundle.named("unborn", "1.0.0")
        .imports(IMPORTS)
        .component(
            MechanismSource.named(
                "unborn",
                "public Mechanism() { throw new IllegalStateException(\"no GPU on this planet\"); }"))
        .writeTo(jar("unborn"));
    TestBundle.named("unwilling", "1.0.0")
        .imports(IMPORTS)
        .source(
            MechanismSource.named(
                "unwilling",
                "void begin() { throw new IllegalStateException(\"not before coffee\"); }"))
        .describe(
            "OSGI-INF/unwilling.xml",
            """
            <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.4.0"
                name="plugin.unwilling.Mechanism" activate="begin">
              <implementation class="plugin.unwilling.Mechanism"/>
              <service><provide interface="dev.saccade.api.AttentionMechanism"/></service>
            </scr:component>
            """)
        .writeTo(jar("unwilling"));
    TestBundle.named("waiting", "1.0.0")
        .imports(IMPORTS)
        .component(
            MechanismSource.named("waiting"),
            "<reference name=\"order\" interface=\"java.util.Comparator\"/>")
        .writeTo(jar("waiting"));
    TestBundle.named("unconfigured", "1.0.0")
        .imports(IMPORTS)
        .source(MechanismSource.named("unconfigured"))
        .describe(
            "OSGI-INF/unconfigured.xml",
            """
            <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.4.0"
                name="plugin.unconfigured.Mechanism" configuration-policy="require">
              <implementation class="plugin.unconfigured.Mechanism"/>
              <service><provide interface="dev.saccade.api.AttentionMechanism"/></service>
            </scr:component>
            """)
        .writeTo(jar("unconfigured"));
    TestBundle.withMechanism("forgetful", "1.0.0", "forgetful")
        .imports("dev.saccade.api,dev.saccade.api.option")
        .writeTo(jar("forgetful"));
    TestBundle.named("undescribed", "1.0.0")
        .header("Service-Component", "OSGI-INF/nowhere.xml")
        .writeTo(jar("undescribed"));
    TestBundle.named("half", "1.0.0")
        .imports(IMPORTS)
        .component(MechanismSource.named("halfgood"))
        .component(
            MechanismSource.named(
                "halfbad", "public Mechanism() { throw new IllegalStateException(\"half bad\"); }"))
        .writeTo(jar("half"));
  }

  private static void writeBundlesWhoseMechanismsAreRefused() {
    TestBundle.named("library", "1.0.0").writeTo(jar("library"));
    TestBundle.named("nameless", "1.0.0")
        .imports(IMPORTS)
        .component(
            MechanismSource.inPackageWithName(
                "nameless", "throw new IllegalStateException(\"who am I\");"))
        .writeTo(jar("nameless"));
    TestBundle.named("blank", "1.0.0")
        .imports(IMPORTS)
        .component(MechanismSource.inPackageWithName("blank", "return \" \";"))
        .writeTo(jar("blank"));
    TestBundle.withMechanism("rival-a", "1.0.0", "rival").writeTo(jar("rival-a"));
    TestBundle.withMechanism("rival-b", "1.0.0", "rival").writeTo(jar("rival-b"));
    TestBundle.named("copycat", "1.0.0")
        .imports("org.osgi.framework")
        .source("package dev.saccade.api; public interface AttentionMechanism {}")
        .activator(
            activator(
                "copycat",
                "context.registerService(dev.saccade.api.AttentionMechanism.class,"
                    + " new dev.saccade.api.AttentionMechanism() {}, null);"))
        .writeTo(jar("copycat"));
  }

  private static String activator(String packageName, String statement) {
    return """
        package %s;

        import org.osgi.framework.*;

        public final class Activator implements BundleActivator {

          @Override
          public void start(BundleContext context) throws Exception {
            %s
          }

          @Override
          public void stop(BundleContext context) {}
        }
        """
        .formatted(packageName, statement);
  }

  private static Path jar(String name) {
    return plugins.resolve(name + ".jar");
  }
}
