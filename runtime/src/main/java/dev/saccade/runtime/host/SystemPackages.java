package dev.saccade.runtime.host;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.SaccadeException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.common.base.Preconditions;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.util.function.Function;
import org.osgi.util.promise.Promise;

/**
 * The packages of the class path that plugins may import: what they share with the runtime, and
 * nothing of the runtime itself.
 *
 * <p>A library that is a bundle says in its own manifest what it exports, in which version. ND4J is
 * none, so its jars are searched. {@code jdk.incubator.vector} is not listed: the framework exports
 * it by itself when the JVM has it, and a plugin that needs it then fails to resolve when it has
 * not.
 */
final class SystemPackages {

  private static final List<Class<?>> BUNDLES =
      List.of(
          AttentionMechanism.class,
          Pointer.class,
          ServiceComponentRuntime.class,
          Promise.class,
          Function.class);

  /** Annotations that a plugin may import and a program rarely has. */
  private static final String NULLNESS = "org.jspecify.annotations.NullMarked";

  private static final List<Class<?>> ND4J = List.of(SameDiff.class, Preconditions.class);

  /** Left out, so that no plugin registers operation classes of its own, which would pin it. */
  private static final String REGISTRY_OF_OPERATIONS = "org.nd4j.imports";

  private SystemPackages() {}

  /** Returns them in the form of the framework's property for extra packages. */
  static String exports() {
    List<String> exports = new ArrayList<>();
    BUNDLES.forEach(anchor -> exports.add(declared(ClassPathLibrary.holding(anchor))));
    ClassPathLibrary.find(NULLNESS).map(SystemPackages::declared).ifPresent(exports::add);
    exports.addAll(nd4j());
    return String.join(",", exports);
  }

  private static String declared(ClassPathLibrary library) {
    return library
        .exportPackage()
        .orElseThrow(
            () ->
                new SaccadeException(
                    "a library shared with plugins must keep its manifest, whose Export-Package"
                        + " says what plugins may import; keep this jar as it was published: "
                        + library.location()));
  }

  private static SortedSet<String> nd4j() {
    SortedSet<String> packages = new TreeSet<>();
    ND4J.forEach(anchor -> packages.addAll(ClassPathLibrary.holding(anchor).packages()));
    packages.removeIf(
        name -> !name.startsWith("org.nd4j.") || name.startsWith(REGISTRY_OF_OPERATIONS));
    return packages;
  }
}
