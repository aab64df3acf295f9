package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Every mechanism that brings kernels, called ten thousand times, by many at once, interrupted. */
class KernelsUnderStressIT {

  private static final int CALLS = 10_000;
  private static final int CALLERS = 8;

  /** What Java's own bookkeeping may take after a warm-up; an array a call would be 20 MB. */
  private static final long HEAP_SLACK = 4L << 20;

  /** What a thread may wait for a core of a busy machine. */
  private static final Duration WAKING = Duration.ofMillis(200);

  private static Saccade saccade;

  @BeforeAll
  static void open() {
    saccade = Distribution.open();
  }

  @AfterAll
  static void close() {
    saccade.close();
  }

  /** One causal layer of two heads of eight numbers, built for one length. */
  private static final class Layer implements AutoCloseable {
    private final MechanismLease lease;
    private final ParameterStore parameters = new ParameterStore(5);
    private final AttentionSlot slot;
    private final SingleLayer layer;

    Layer(String mechanism, int length) {
      InstalledMechanism installed = saccade.mechanisms().require(mechanism);
      lease = installed.tryAcquire().orElseThrow();
      AttentionSpec spec =
          AttentionSpec.multiHead(2, 8).withMaxPositions(length).withMasking(Masking.CAUSAL);
      slot =
          new SlotFactory(parameters)
              .fill("layer.0", lease.mechanism(), installed.kernels(), spec, Map.of());
      layer = new SingleLayer(slot, LayerSize.self(1, length), Set.of());
      assertThat(installed.kernels().uses())
          .as("who computes")
          .isNotEmpty()
          .allSatisfy(use -> assertThat(use.kernel()).isIn("simd", "plain"));
    }

    float[] run(Map<String, INDArray> inputs) {
      try (GraphOutputs outputs = layer.run(inputs)) {
        return outputs.floats(SingleLayer.CONTEXT);
      }
    }

    @Override
    public void close() {
      layer.close();
      slot.close();
      parameters.close();
      lease.close();
    }
  }

  private static Map<String, INDArray> inputs(int length) {
    return Map.of(
        SingleLayer.QUERY, Nd4j.randn(DataType.FLOAT, 1, 2, length, 8),
        SingleLayer.KEY, Nd4j.randn(DataType.FLOAT, 1, 2, length, 8),
        SingleLayer.VALUE, Nd4j.randn(DataType.FLOAT, 1, 2, length, 8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"flash", "sliding-window", "linear", "performer", "cosformer", "sea"})
  void ten_thousand_calls_leave_no_memory_behind(String mechanism) throws Exception {
    Map<String, INDArray> inputs = inputs(16);
    try (Layer layer = new Layer(mechanism, 16)) {
      for (int call = 0; call < CALLS / 4; call++) {
        layer.run(inputs);
      }
      MemoryLevel before = MemoryLevel.now();

      for (int call = 0; call < CALLS; call++) {
        layer.run(inputs);
      }

      MemoryLevel after = settled(before);
      assertThat(after.arrays()).as("arrays").isLessThanOrEqualTo(before.arrays());
      assertThat(after.heapBytes() - before.heapBytes()).as("heap growth").isLessThan(HEAP_SLACK);
    }
    inputs.values().forEach(INDArray::close);
  }

  /** What is let go is freed by and by, on threads of ND4J and of Java; what leaks never is. */
  private static MemoryLevel settled(MemoryLevel before) throws InterruptedException {
    List<MemoryLevel> levels = new ArrayList<>();
    do {
      levels.add(MemoryLevel.now());
    } while (levels.size() < 20
        && MemoryLevel.lowest(levels).heapBytes() - before.heapBytes() >= HEAP_SLACK);
    return MemoryLevel.lowest(levels);
  }

  @ParameterizedTest
  @ValueSource(strings = {"flash", "sliding-window", "linear", "performer", "cosformer", "sea"})
  void eight_callers_at_once_get_the_bits_that_one_gets(String mechanism) throws Exception {
    int length = 207;
    List<Map<String, INDArray>> inputs =
        IntStream.range(0, CALLERS).mapToObj(caller -> inputs(length)).toList();
    List<float[]> alone = new ArrayList<>();
    try (Layer layer = new Layer(mechanism, length)) {
      inputs.forEach(each -> alone.add(layer.run(each)));
    }

    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    try {
      List<Future<List<float[]>>> together = new ArrayList<>();
      for (Map<String, INDArray> own : inputs) {
        together.add(
            callers.submit(
                () -> {
                  try (Layer layer = new Layer(mechanism, length)) {
                    return IntStream.range(0, 10).mapToObj(i -> layer.run(own)).toList();
                  }
                }));
      }
      for (int caller = 0; caller < CALLERS; caller++) {
        for (float[] result : together.get(caller).get()) {
          assertThat(result).as("caller %d", caller).isEqualTo(alone.get(caller));
        }
      }
    } finally {
      callers.shutdownNow();
    }
    inputs.forEach(each -> each.values().forEach(INDArray::close));
  }

  @ParameterizedTest
  @ValueSource(strings = {"flash", "sliding-window", "linear", "performer", "cosformer", "sea"})
  void an_interrupted_caller_stops_long_before_the_end(String mechanism) throws Exception {
    int length = mechanism.equals("flash") ? 1 << 15 : 1 << 18;
    Map<String, INDArray> inputs = inputs(length);
    try (Layer layer = new Layer(mechanism, length)) {
      layer.run(inputs);
      long begin = System.nanoTime();
      float[] whole = layer.run(inputs);
      Duration takes = Duration.ofNanos(System.nanoTime() - begin);

      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread caller =
          new Thread(
              () -> {
                try {
                  layer.run(inputs);
                } catch (RuntimeException e) {
                  thrown.set(e);
                }
              });
      caller.start();
      Thread.sleep(takes.toMillis() / 10);
      long interrupted = System.nanoTime();
      caller.interrupt();
      caller.join();
      Duration stopped = Duration.ofNanos(System.nanoTime() - interrupted);

      assertThat(thrown.get())
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("interrupted");
      assertThat(stopped).as("of %s", takes).isLessThan(takes.dividedBy(2).plus(WAKING));
      assertThat(layer.run(inputs)).as("the next call").isEqualTo(whole);
    }
    inputs.values().forEach(INDArray::close);
  }
}
