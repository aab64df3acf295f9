package dev.saccade.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.NativeLibrary;
import dev.saccade.runtime.SaccadeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/** Starts JVMs of its own: each can start ND4J once only. */
class Nd4jPlatformTest {

  /** Runs {@code main} in a JVM without this one's settings; returns what it printed. */
  private static String jvm(Class<?> main, String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Arrays.asList(options));
    command.addAll(List.of("-Xmx256m", "-cp", System.getProperty("java.class.path")));
    command.add(main.getName());
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("OMP_WAIT_POLICY");
    Process process = builder.start();
    process.getOutputStream().close();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
    return printed;
  }

  /** Starts the platform twice and prints what it knows, and what C sees of the environment. */
  static final class Started {
    public static void main(String[] args) {
      Nd4jPlatform platform = Nd4jPlatform.start(1);
      System.out.println("same=" + (platform == Nd4jPlatform.start()));
      platform.facts().forEach((name, value) -> System.out.println(name + "=" + value));
      System.out.println("executioner=" + Nd4j.getExecutioner().getClass().getSimpleName());
      System.out.println(
          "policy="
              + NativeLibrary.getInstance("c")
                  .getFunction("getenv")
                  .invokeString(new Object[] {"OMP_WAIT_POLICY"}, false));
    }
  }

  @Test
  void starts_once_with_the_settings_that_must_come_first() throws Exception {
    String printed = jvm(Started.class);

    assertThat(printed.lines())
        .contains(
            "same=true",
            "executioner=JavaOpExecutioner",
            "policy=PASSIVE",
            "nd4j.version=1.0.0-M2.1",
            "nd4j.threads=1",
            "openmp.wait-policy=passive (set at start)");
    assertThat(printed).doesNotContain("Loaded [CpuBackend]");
  }

  /** Touches ND4J before the platform. */
  static final class TooLate {
    public static void main(String[] args) {
      Nd4j.create(1);
      try {
        Nd4jPlatform.start();
      } catch (SaccadeException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void says_what_to_do_when_the_program_touched_nd4j_first() throws Exception {
    assertThat(jvm(TooLate.class))
        .contains("ND4J was started before Saccade")
        .contains("call Nd4jPlatform.start() before anything touches ND4J")
        .contains("-Dopexec=dev.saccade.runtime.engine.kernel.JavaOpExecutioner");
  }

  /** Asks for more than JavaCPP is allowed, then for less. */
  static final class Limited {
    public static void main(String[] args) {
      Nd4jPlatform.start();
      SameDiff graph = SameDiff.create();
      SDVariable x = graph.placeHolder("x", DataType.FLOAT, -1, 1);
      graph.math().tanh(x).mmul(graph.transpose(x)).sum("loss", 0, 1);
      try (GraphRunner runner = new GraphRunner(graph)) {
        for (int length : new int[] {30_000, 3}) {
          try (GraphOutputs outputs =
              runner.run(Map.of("x", Nd4j.ones(DataType.FLOAT, length, 1)), "loss")) {
            System.out.println("loss=" + (float) outputs.scalar("loss"));
          } catch (MemoryExhausted e) {
            System.out.println("asked=" + e.askedBytes());
          }
        }
      }
    }
  }

  @Test
  void a_run_over_the_memory_limit_fails_by_name_and_a_smaller_one_succeeds() throws Exception {
    String printed = jvm(Limited.class, "-Dorg.bytedeco.javacpp.maxphysicalbytes=1g");

    assertThat(printed).contains("loss=" + (float) (9 * Math.tanh(1)));
    assertThat(printed).contains("asked=3600000000");
  }
}
