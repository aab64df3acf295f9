package dev.saccade.benchmarks;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.bench.Direction;
import dev.saccade.runtime.bench.MeasuredLayer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One causal attention layer of the size of bert-base under JMH: each parameter takes any value
 * that {@code saccade bench} takes.
 *
 * <p>{@code saccade bench} alternates rivals and looks at results first; use this to see what a
 * change to one kernel brings.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 2)
public class LayerBenchmark {

  @Param({"softmax", "flash", "sea"})
  public String mechanism = "";

  @Param({"1024", "4096"})
  public int length;

  @Param({"forward"})
  public String direction = "";

  @Param({"12"})
  public int heads;

  @Param({"64"})
  public int headSize;

  private @Nullable Saccade saccade;
  private @Nullable MeasuredLayer layer;

  /** Opens the distribution and builds the layer. */
  @Setup
  public void open() {
    Saccade opened = Saccade.open(Path.of(System.getProperty(Saccade.HOME)));
    saccade = opened;
    AttentionSpec spec = AttentionSpec.multiHead(heads, headSize).withMasking(Masking.CAUSAL);
    layer =
        MeasuredLayer.open(
            opened.mechanisms().require(mechanism),
            Map.of(),
            spec,
            Direction.of(direction),
            length,
            42);
  }

  /** Runs the layer once. */
  @Benchmark
  public long layer() {
    return Objects.requireNonNull(layer).run();
  }

  /** Closes both. */
  @TearDown
  public void close() {
    if (layer != null) {
      layer.close();
    }
    if (saccade != null) {
      saccade.close();
    }
  }
}
