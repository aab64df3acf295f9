package dev.saccade.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.benchmarks.EncoderAgainstOnnxRuntime.Result;
import dev.saccade.runtime.Saccade;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

class BenchmarksIT {

  @Test
  void layers_run_under_jmh_in_every_direction() throws Exception {
    Options options =
        new OptionsBuilder()
            .include(LayerBenchmark.class.getName())
            .param("mechanism", "flash", "sea")
            .param("length", "64")
            .param("direction", "forward", "forward+backward")
            .param("heads", "2")
            .param("headSize", "8")
            .forks(0)
            .warmupIterations(0)
            .measurementIterations(1)
            .measurementTime(TimeValue.milliseconds(10))
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .build();

    Collection<RunResult> results = new Runner(options).run();

    assertThat(results)
        .hasSize(4)
        .allSatisfy(result -> assertThat(result.getPrimaryResult().getScore()).isPositive());
  }

  @Test
  void generation_is_timed_for_every_mechanism_and_prompt() {
    try (Saccade saccade = Saccade.open(Path.of(System.getProperty(Saccade.HOME)))) {
      List<GenerationBenchmark.Measured> measured =
          GenerationBenchmark.measure(saccade, List.of("flash", "sea"), List.of(5, 7), 3, 1);

      assertThat(measured)
          .hasSize(4)
          .allSatisfy(
              each -> {
                assertThat(each.readPerSecond()).isPositive();
                assertThat(each.writtenPerSecond()).isPositive();
                assertThat(each.writing().peakBytes()).isPositive();
              });
      // Four layers keep keys and values, [4, 64] each in float32, of all that was read.
      assertThat(measured.get(1).writing().peakBytes()).isGreaterThanOrEqualTo(9 * 4 * 2 * 1024);
    }
  }

  /** Float32 through six layers: the two implementations round differently, no more. */
  @Test
  void the_rival_computes_the_same() throws Exception {
    try (Saccade saccade = Saccade.open(Path.of(System.getProperty(Saccade.HOME)))) {
      Result result = EncoderAgainstOnnxRuntime.compare(saccade, "flash", 1, 2);

      assertThat(result.greatestDifference()).isLessThan(1e-4);
      assertThat(result.timesTheirs()).isPositive();
      assertThat(result.toString()).contains("flash", "ONNX Runtime", "times its time");
    }
  }
}
