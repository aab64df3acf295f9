package dev.saccade.runtime.compare;

import com.sun.management.OperatingSystemMXBean;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.report.Report;
import dev.saccade.runtime.weights.BertConfig;
import dev.saccade.runtime.weights.PretrainedModel;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What a report says about the machine, the software and the model. */
final class Machine {

  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  private Machine() {}

  /** The version of the jar that this runs from; "development" when it runs from classes. */
  static String saccadeVersion() {
    String version = Machine.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  static Report.Environment environment() {
    Nd4jPlatform platform = Nd4jPlatform.start();
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return new Report.Environment(
        System.getProperty("java.version", ""),
        System.getProperty("java.vm.name", ""),
        "%s %s %s"
            .formatted(
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("os.arch")),
        processor(),
        Runtime.getRuntime().availableProcessors(),
        system.getTotalMemorySize(),
        Nd4jPlatform.version(),
        platform.threads(),
        null);
  }

  static Report.Model describe(PretrainedModel pretrained) {
    BertConfig config = pretrained.config();
    return new Report.Model(
        pretrained.name(),
        String.valueOf(pretrained.source().getFileName()),
        pretrained.name().toLowerCase(Locale.ROOT).contains("int8") ? "int8" : "f32",
        config.layers(),
        config.hiddenSize(),
        config.heads(),
        config.headSize(),
        config.maximumPositions(),
        config.vocabularySize(),
        pretrained.weights().names().stream()
            .mapToLong(name -> pretrained.weights().get(name).length())
            .sum());
  }

  /** The processor's name where the system tells it, else its architecture. */
  private static String processor() {
    String architecture = System.getProperty("os.arch", "");
    if (!Files.isReadable(PROCESSORS)) {
      return architecture;
    }
    try {
      List<String> lines = Files.readAllLines(PROCESSORS);
      return lines.stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(architecture);
    } catch (IOException e) {
      return architecture;
    }
  }
}
