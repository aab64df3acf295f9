package dev.saccade.runtime.measure;

import com.sun.management.OperatingSystemMXBean;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.report.Report;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What reports say about the machine and the software. */
public final class Machine {

  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  private Machine() {}

  /** The version of the jar that this runs from; "development" when it runs from classes. */
  public static String saccadeVersion() {
    String version = Machine.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** The machine and the software as they are now. */
  public static Report.Environment environment() {
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
