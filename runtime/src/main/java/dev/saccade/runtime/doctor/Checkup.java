package dev.saccade.runtime.doctor;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.host.PluginHost;
import dev.saccade.runtime.host.PluginStatus;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.weights.KnownModel;
import dev.saccade.runtime.weights.ModelFolders;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Looks at everything that Saccade depends on. */
public final class Checkup {

  /** The subject of the finding on ND4J's native libraries. */
  public static final String NATIVES = "natives";

  private Checkup() {}

  /**
   * Looks at Java, memory, native libraries, the GPU and the models.
   *
   * @param home the folder of the distribution
   */
  public static List<Finding> machine(Path home) {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.good(
            "java", "%s, %s".formatted(Runtime.version(), System.getProperty("java.vm.name", ""))));
    findings.add(memory());
    findings.add(natives());
    findings.add(GpuDriver.look());
    findings.add(models(home.resolve("models")));
    return findings;
  }

  /** Looks at the plugins of an open host. */
  public static List<Finding> plugins(PluginHost host, MechanismRegistry mechanisms) {
    List<Finding> findings = new ArrayList<>();
    for (PluginStatus plugin : host.plugins()) {
      Path file = Path.of(plugin.source()).getFileName();
      String name = file == null ? plugin.source() : file.toString();
      findings.add(
          plugin.reason().isEmpty()
              ? Finding.good(
                  "plugin", "%s brings %s".formatted(name, String.join(", ", plugin.mechanisms())))
              : Finding.bad(
                  "plugin",
                  name + ": " + plugin.reason(),
                  "mend it, or remove it: saccade plugins remove " + name));
    }
    List<InstalledMechanism> newest = mechanisms.newest();
    findings.add(
        newest.isEmpty()
            ? Finding.bad(
                "mechanisms", "none is installed", "install a plugin: saccade plugins install JAR")
            : Finding.good(
                "mechanisms",
                newest.stream().map(InstalledMechanism::name).collect(Collectors.joining(", "))));
    return findings;
  }

  /** What there is to say when the plugins cannot even be looked at. */
  public static Finding closed(SaccadeException why) {
    return Finding.bad("plugins", why);
  }

  private static Finding memory() {
    long heap = Runtime.getRuntime().maxMemory();
    return Finding.good(
        "memory",
        "%,d MB heap, %d processors"
            .formatted(heap >> 20, Runtime.getRuntime().availableProcessors()));
  }

  /** Computes something, since a library that loads may still miss what it was built for. */
  private static Finding natives() {
    try {
      Map<String, String> facts = Nd4jPlatform.start().facts();
      try (INDArray ones = Nd4j.ones(3, 5);
          INDArray product = ones.mmul(ones.transpose())) {
        if (product.getDouble(2, 2) != 5) {
          return Finding.bad(
              NATIVES,
              "ND4J computes wrongly: 1·1ᵀ over 5 is " + product.getDouble(2, 2),
              "reinstall Saccade for this processor: " + System.getProperty("os.arch"));
        }
      }
      return Finding.good(
          NATIVES,
          "ND4J %s on %s, %s threads, OpenMP waits %s"
              .formatted(
                  facts.get("nd4j.version"),
                  facts.get("nd4j.backend"),
                  facts.get("nd4j.threads"),
                  facts.get("openmp.wait-policy")));
    } catch (SaccadeException e) {
      return Finding.bad(NATIVES, e);
    } catch (LinkageError e) {
      return Finding.bad(
          NATIVES,
          "ND4J's native library does not load: " + e.getMessage(),
          "use a distribution built on %s %s"
              .formatted(System.getProperty("os.name"), System.getProperty("os.arch")));
    }
  }

  private static Finding models(Path directory) {
    List<String> present =
        Stream.concat(
                Arrays.stream(KnownModel.values())
                    .filter(model -> model.isIn(directory))
                    .map(KnownModel::id),
                new ModelFolders(directory).names().stream())
            .toList();
    return present.isEmpty()
        ? Finding.bad(
            "models", "none in " + directory, "build the distribution again, or give --model PATH")
        : Finding.good("models", String.join(", ", present));
  }
}
