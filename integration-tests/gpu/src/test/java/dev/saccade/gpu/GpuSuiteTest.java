package dev.saccade.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.saccade.api.ElementType;
import dev.saccade.plugins.sea.cuda.Pass;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole suite, as users start it, at its smallest on a driver that computes on the CPU. */
class GpuSuiteTest {

  private static final List<Integer> ALL = List.of(75, 80); // variants
  private static final List<Integer> LATEST = List.of(80);

  @TempDir Path folder;

  @BeforeAll
  static void needs_a_compiler() {
    Assumptions.assumeTrue(
        SuiteProcess.isPossible(), "needs g++ on Linux on x86-64, to run kernels on the CPU");
  }

  private static SuiteProcess suite() throws Exception {
    return SuiteProcess.of(GpuSuite.class).onFakeDriver();
  }

  private JsonNode results() throws Exception {
    return Results.read(folder.resolve(Results.FILE));
  }

  @Test
  void tries_and_times_everything_and_writes_it_down() throws Exception {
    SuiteProcess.Ended ended = suite().run("--tiny", "--out", folder.toString());

    assertThat(ended.exit()).as(ended.said()).isZero();
    JsonNode results = results();
    Plan plan = Plan.tiny();
    for (Tried each : Programs.all(plan).tried()) {
      List<Sizes> taken = plan.tried().stream().filter(each.attention()::takes).toList();
      assertThat(taken).as(each.name()).isNotEmpty();
      for (ElementType type : each.types()) {
        for (Sizes sizes : taken) {
          for (int variant : each.name().equals(Decoding.NAME) ? LATEST : ALL) {
            String key = Correctness.key(each, sizes, type, variant);
            JsonNode tried = results.path(Correctness.SECTION).path(key);
            assertThat(tried.path("right").asBoolean()).as(key).isTrue();
            assertThat(tried.path("findings")).isNotEmpty();
          }
        }
      }
    }
    for (Program program : Programs.all(plan).programs()) {
      for (ElementType type : Plan.TYPES) {
        for (Pass pass : program.passes()) {
          for (int length : plan.lengths()) {
            JsonNode timed =
                results.path(Timings.SECTION).path(Timings.key(program.name(), pass, type, length));
            assertThat(timed.path("millis").asDouble()).isPositive();
            assertThat(timed.path("peakBytes").asLong()).isPositive();
            assertThat(timed.path("takenBytes")).isEqualTo(timed.path("peakBytes"));
          }
        }
      }
    }
    assertThat(tensors(results, "sea/bf16/B=2,H=3,T=33,D=16,causal-padding/compute_75"))
        .contains("context", "probes: keys", "probes: weights", "probes: sums", "gradient of key");
    assertThat(tensors(results, "sea-decoding/f32/B=2,H=3,T=33,D=16,causal-padding/compute_80"))
        .contains("prompt: context", "portions: context");
    for (int length : plan.lengths()) {
      JsonNode timed = results.path(DecodingTimes.SECTION).path(DecodingTimes.key(length));
      assertThat(timed.path("millis").asDouble()).isPositive();
      assertThat(timed.path("rememberedBytes").asLong()).isPositive();
    }
    assertThat(results.path(Ceilings.SECTION).fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("copy", "triad", "fma", "mma");
    assertThat(results.path(Timings.STAGES).path("sea/forward/bf16/T=32").fieldNames())
        .toIterable()
        .contains("seaFeaturesTensor_bf16", "seaCut", "seaAttention_bf16");
    assertThat(results.path(Report.SUMMARY).path("sea/forward/f32").path("exponent").isNumber())
        .isTrue();
    assertThat(Files.readString(folder.resolve("results.md")))
        .contains("## Correctness", "| sea, bf16 | compute_80 | 2 | 2 |")
        .contains("| triad ", "## forward, bf16", "## backward, f16", "## Growth and crossings")
        .contains("| seaCut |", "## Decoding, f32", "| sea-decoding, f32 | compute_80 | 2 | 2 |")
        .contains("compute-sanitizer was not there")
        .doesNotContain("WRONG", "NaN");
    assertThat(ended.said()).contains("PyTorch was left out: ");
  }

  private static List<String> tensors(JsonNode results, String key) {
    return results.path(Correctness.SECTION).path(key).path("findings").findValuesAsText("tensor");
  }

  @Test
  void programs_that_are_slightly_wrong_are_found_and_not_timed() throws Exception {
    SuiteProcess.Ended ended =
        SuiteProcess.of(WrongSuite.class)
            .onFakeDriver()
            .run("--tiny", "--only", "correctness,timings,decoding", "--out", folder.toString());

    assertThat(ended.exit()).as(ended.said()).isEqualTo(GpuSuite.WRONG);
    assertThat(ended.said())
        .contains("WRONG   flash/f32/B=2,H=3,T=33", "WRONG   sea/f32/B=2,H=3,T=33")
        .contains("WRONG   sea-decoding/f32/B=2,H=3,T=33", "SOMETHING IS WRONG");
    assertThat(results().has(Timings.SECTION)).isFalse();
    assertThat(results().has(DecodingTimes.SECTION)).isFalse();
    assertThat(Files.readString(folder.resolve("results.md"))).contains("**WRONG** flash/f32");
  }

  @Test
  void a_kernel_that_fails_is_written_down() throws Exception {
    SuiteProcess.Ended ended =
        suite()
            .with("FAKE_CUDA_FAIL", "cuLaunchKernel@7=700")
            .run("--tiny", "--only", "correctness", "--programs", "flash", "--out", folder + "");

    assertThat(ended.exit()).as(ended.said()).isEqualTo(GpuSuite.WRONG);
    assertThat(results().path(Correctness.SECTION))
        .anySatisfy(
            tried ->
                assertThat(tried.path("failure").asText())
                    .contains("a kernel used an address that is not its own"));
  }

  @Test
  void what_is_known_is_not_measured_again() throws Exception {
    suite().run("--tiny", "--only", "ceilings", "--out", folder.toString());
    JsonNode known = results().path(Ceilings.SECTION);
    Path other = folder.resolve("other");

    SuiteProcess.Ended ended =
        suite()
            .run(
                "--tiny",
                "--only=ceilings",
                "--resume=" + folder.resolve(Results.FILE),
                "--out=" + other);

    assertThat(ended.exit()).as(ended.said()).isZero();
    assertThat(Results.read(other.resolve(Results.FILE)).path(Ceilings.SECTION)).isEqualTo(known);
  }

  @Test
  void when_time_is_up_it_says_how_to_go_on() throws Exception {
    SuiteProcess.Ended ended = suite().run("--tiny", "--minutes", "0", "--out", folder.toString());

    assertThat(ended.exit()).isEqualTo(GpuSuite.UNFINISHED);
    assertThat(ended.said()).contains("go on with --resume " + folder.resolve(Results.FILE));
  }

  @Test
  void without_a_gpu_it_says_so() throws Exception {
    SuiteProcess.Ended ended =
        suite().with("FAKE_CUDA_DEVICES", "0").run("--tiny", "--out", folder.toString());

    assertThat(ended.exit()).isEqualTo(GpuSuite.NO_GPU);
    assertThat(ended.said())
        .isEqualTo(
            "No GPU can be used here: there is an NVIDIA driver but no GPU that CUDA can use\n");
  }

  @Test
  void without_a_driver_it_says_so() throws Exception {
    SuiteProcess.Ended ended =
        SuiteProcess.of(GpuSuite.class).run("--tiny", "--out", folder.toString());

    Assumptions.assumeTrue(ended.exit() != 0, "this machine has an NVIDIA driver");
    assertThat(ended.exit()).isEqualTo(GpuSuite.NO_GPU);
    assertThat(ended.said())
        .isEqualTo("No GPU can be used here: there is no NVIDIA driver (libcuda.so.1)\n");
  }

  @Test
  void what_memory_checkers_find_is_wrong() throws Exception {
    // Runs what it is given under memcheck, and finds something by racecheck.
    script(
        "compute-sanitizer",
        """
        tool=$2
        shift 4
        if [ $tool = memcheck ]; then
          "$@" >/dev/null || exit 9
          echo "========= ERROR SUMMARY: 0 errors"
        elif [ $tool = racecheck ]; then
          echo "========= RACECHECK SUMMARY: 1 hazard displayed (1 error, 0 warnings)"
        else
          echo "========= Error: Device not supported"
          exit 1
        fi
        """);

    SuiteProcess.Ended ended =
        suite()
            .with("PATH", folder.toString())
            .run("--tiny", "--only", "sanitizer", "--out", folder.toString());

    assertThat(ended.exit()).as(ended.said()).isEqualTo(GpuSuite.WRONG);
    assertThat(ended.said())
        .contains("memcheck  0 found", "racecheck 1 found")
        .contains("synccheck could not run: ========= Error: Device not supported");
  }

  @Test
  void a_rival_of_the_same_run_is_set_beside_ours() throws Exception {
    script(
        "python3",
        """
        [ "$1" = -c ] && exit 0
        while [ $# -gt 0 ]; do [ "$1" = --out ] && out=$2; shift; done
        echo '{"about": {"whole": true}, "sdpa/forward/f32/T=16": {"millis": 1e9, "spread": 0.1},
          "sdpa/forward/f32/T=32": {"millis": 1e-9, "spread": 0.1}}' >"$out"
        """);

    SuiteProcess.Ended ended =
        suite()
            .with("PATH", folder.toString())
            .run(
                List.of("--tiny", "--only=timings,torch", "--programs=flash", "--out=" + folder)
                    .toArray(String[]::new));

    assertThat(ended.exit()).as(ended.said()).isZero();
    JsonNode summary = results().path(Report.SUMMARY).path("flash/forward/f32");
    assertThat(summary.path("fasterFrom").path("torch sdpa").asText()).isEqualTo("not up to 32");
    assertThat(Files.readString(folder.resolve("results.md")))
        .contains("| T | flash | torch sdpa | flash : torch sdpa |");
  }

  private void script(String name, String text) throws Exception {
    Path script = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + text);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
