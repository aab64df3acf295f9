package dev.saccade.runtime.attention;

import static dev.saccade.runtime.engine.GradientCheck.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.GradientCheck;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.engine.MemoryExhausted;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.nio.DoubleBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A plugin's kernel, from its place in a graph down to the memory that it reads and writes. */
class PluginKernelsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final AttentionSpec SPEC =
      AttentionSpec.multiHead(3, 7).withElementType(ElementType.F64);
  private static final KernelArguments TWICE = KernelArguments.none().with("scale", 2.0);

  private final List<PluginKernels> registered = new ArrayList<>();

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  @AfterEach
  void retireAll() {
    registered.forEach(kernels -> kernels.retire(PATIENCE));
  }

  private PluginKernels register(AttentionKernel... fastestFirst) {
    PluginKernels kernels =
        PluginKernels.register(
            "test#" + System.identityHashCode(this) + "-" + registered.size(),
            "the test",
            List.of(fastestFirst));
    registered.add(kernels);
    return kernels;
  }

  /**
   * From x {@code [N, D]} and w {@code [D]}: the products scale·x·w {@code [N, D]}, and their sums
   * over rows {@code [N]}.
   */
  private static class Products implements AttentionKernel {

    final List<KernelArguments> seen = new ArrayList<>();
    final ConcurrentLinkedQueue<Tensor> scratches = new ConcurrentLinkedQueue<>();
    int closed;

    @Override
    public String operation() {
      return "products";
    }

    @Override
    public String name() {
      return "plain";
    }

    @Override
    public int outputs() {
      return 2;
    }

    @Override
    public Support check(KernelRequest request, Device device) {
      return Support.yes();
    }

    @Override
    public List<Shape> outputShapes(KernelRequest request) {
      Shape x = request.inputs().get(0);
      return List.of(x, Shape.of(x.axis(0)));
    }

    @Override
    public void forward(KernelCall call) {
      seen.add(call.arguments());
      double scale = call.arguments().decimal("scale");
      int n = rows(call);
      int d = columns(call);
      DoubleBuffer x = doubles(call.inputs().get(0));
      DoubleBuffer w = doubles(call.inputs().get(1));
      DoubleBuffer products = doubles(call.outputs().get(0));
      DoubleBuffer sums = doubles(call.outputs().get(1));
      call.parallel(
          n,
          row -> {
            Tensor scratch = call.scratch(Shape.of(d));
            scratches.add(scratch);
            DoubleBuffer line = doubles(scratch);
            double sum = 0;
            for (int i = 0; i < d; i++) {
              line.put(i, scale * x.get(row * d + i) * w.get(i));
              sum += line.get(i);
            }
            for (int i = 0; i < d; i++) {
              products.put(row * d + i, line.get(i));
            }
            sums.put(row, sum);
          });
    }

    @Override
    public void backward(KernelGradientCall call) {
      seen.add(call.arguments());
      double scale = call.arguments().decimal("scale");
      int n = rows(call);
      int d = columns(call);
      DoubleBuffer x = doubles(call.inputs().get(0));
      DoubleBuffer w = doubles(call.inputs().get(1));
      DoubleBuffer ofProducts = doubles(call.outputGradients().get(0));
      DoubleBuffer ofSums = doubles(call.outputGradients().get(1));
      DoubleBuffer toX = doubles(call.inputGradients().get(0));
      DoubleBuffer toW = doubles(call.inputGradients().get(1));
      for (int i = 0; i < d; i++) {
        double sum = 0;
        for (int row = 0; row < n; row++) {
          double arriving = ofProducts.get(row * d + i) + ofSums.get(row);
          toX.put(row * d + i, scale * arriving * w.get(i));
          sum += scale * arriving * x.get(row * d + i);
        }
        toW.put(i, sum);
      }
    }

    @Override
    public void close() {
      closed++;
    }

    private static int rows(KernelCall call) {
      return (int) call.inputs().get(0).shape().axis(0);
    }

    private static int columns(KernelCall call) {
      return (int) call.inputs().get(0).shape().axis(1);
    }

    private static DoubleBuffer doubles(Tensor tensor) {
      return tensor.bytes().asDoubleBuffer();
    }
  }

  /** As above, but never willing. */
  private static final class Unwilling extends Products {

    private final String reason;

    Unwilling(String reason) {
      this.reason = reason;
    }

    @Override
    public String name() {
      return "unwilling";
    }

    @Override
    public Support check(KernelRequest request, Device device) {
      return Support.no(
          "%s on %s with %s of %s"
              .formatted(reason, device.kind(), request.inputs(), request.elementType()));
    }

    @Override
    public void forward(KernelCall call) {
      throw new AssertionError("was not to run");
    }
  }

  /** Runs x·w through the kernels and returns products and sums. */
  private static double[][] run(PluginKernels kernels, KernelArguments arguments) {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.var("x", Nd4j.createFromArray(new double[][] {{1, 2, 3}, {4, 5, 6}}));
    SDVariable w = graph.var("w", Nd4j.createFromArray(7.0, 11.0, 13.0));
    List<SDVariable> outputs = kernels.addTo(SPEC, "products", KernelChoice.AUTO, arguments, x, w);
    String products = outputs.get(0).name();
    String sums = outputs.get(1).name();
    try (GraphRunner runner = new GraphRunner(graph);
        GraphOutputs values = runner.run(Map.of(), products, sums);
        INDArray first = values.copy(products);
        INDArray second = values.copy(sums)) {
      return new double[][] {first.data().asDouble(), second.data().asDouble()};
    }
  }

  @Test
  void a_kernel_computes_in_the_graphs_own_memory() {
    double[][] values = run(register(new Products()), TWICE);

    assertThat(values[0]).containsExactly(14, 44, 78, 56, 110, 156);
    assertThat(values[1]).containsExactly(136, 322);
  }

  @Test
  void gradients_flow_through_every_output() {
    PluginKernels kernels = register(new Products());
    INDArray x = numbers(1, 5, 3);
    INDArray w = numbers(2, 3);

    try (GradientCheck check =
        new GradientCheck(
            Map.of("x", x, "w", w),
            new long[] {5, 3},
            in -> {
              List<SDVariable> outputs =
                  kernels.addTo(
                      SPEC, "products", KernelChoice.AUTO, TWICE, in.get("x"), in.get("w"));
              SDVariable sums = in.get("x").getSameDiff().expandDims(outputs.get(1), 1);
              return outputs.get(0).mul(sums); // [N, D]
            })) {
      INDArray products = x.mulRowVector(w).mul(2);
      INDArray expected = products.mulColumnVector(products.sum(1));

      assertThat(check.value().data().asDouble())
          .containsExactly(expected.dup('c').data().asDouble(), within(1e-12));
      check.requireGradientOf("x");
      check.requireGradientOf("w");
    }
  }

  @Test
  void inputs_that_are_views_arrive_without_gaps() {
    PluginKernels kernels = register(new Products());
    INDArray x = numbers(1, 3, 5);

    try (GradientCheck check =
        new GradientCheck(
            Map.of("x", x, "w", numbers(2, 3)),
            new long[] {5, 3},
            in ->
                kernels
                    .addTo(
                        SPEC,
                        "products",
                        KernelChoice.AUTO,
                        TWICE,
                        in.get("x").getSameDiff().transpose(in.get("x")),
                        in.get("w"))
                    .get(0))) {
      check.requireGradientOf("x");
      check.requireGradientOf("w");
    }
  }

  @Test
  void arguments_reach_forward_and_backward_as_they_were_given() {
    Products kernel = new Products();
    KernelArguments arguments =
        TWICE
            .with("count", Long.MIN_VALUE)
            .with("tiny", Double.MIN_VALUE)
            .with("causal", true)
            .with("name", "a=b; ü\n√")
            .with("nothing", "");
    PluginKernels kernels = register(kernel);

    try (GradientCheck check =
        new GradientCheck(
            Map.of("x", numbers(1, 2, 3), "w", numbers(2, 3)),
            new long[] {2, 3},
            in ->
                kernels
                    .addTo(SPEC, "products", KernelChoice.AUTO, arguments, in.get("x"), in.get("w"))
                    .get(0))) {
      check.requireGradientOf("w");
    }

    assertThat(kernel.seen).hasSizeGreaterThan(1).containsOnly(arguments);
    assertThat(kernel.seen.get(0).integer("count")).isEqualTo(Long.MIN_VALUE);
    assertThat(kernel.seen.get(0).decimal("tiny")).isEqualTo(Double.MIN_VALUE);
  }

  @Test
  void the_first_kernel_that_can_is_taken() {
    Products second = new Products();
    Products third = new Products();

    run(register(new Unwilling("too slow"), second, third), TWICE);

    assertThat(second.seen).hasSize(1);
    assertThat(third.seen).isEmpty();
  }

  @Test
  void a_kernel_that_is_asked_for_by_name_runs_or_fails() {
    PluginKernels kernels = register(new Unwilling("too slow"), new Products());
    KernelRequest request =
        new KernelRequest(List.of(Shape.of(2, 3), Shape.of(3)), ElementType.F64, TWICE);

    Decision any = kernels.decide("products", request, KernelChoice.AUTO);
    Decision plain = kernels.decide("products", request, KernelChoice.PLAIN);
    Decision recipe = kernels.decide("products", request, KernelChoice.RECIPE);

    assertThat(any).hasToString("plain (unwilling: too slow on CPU with [[2, 3], [3]] of F64)");
    assertThat(kernels.decisions()).containsExactly(Map.entry("products", recipe));
    assertThat(plain.name()).isEqualTo("plain");
    assertThat(recipe).hasToString("recipe (the recipe is asked for)");
    assertThatThrownBy(() -> kernels.decide("products", request, KernelChoice.SIMD))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(
            "kernel simd of operation products is asked for but cannot run: there is none of this"
                + " name; kernels: [unwilling, plain]");
  }

  @Test
  void a_single_kernel_runs_whichever_is_asked_for() {
    PluginKernels kernels = register(new Products());
    KernelRequest request =
        new KernelRequest(List.of(Shape.of(2, 3), Shape.of(3)), ElementType.F64, TWICE);

    assertThat(kernels.decide("products", request, KernelChoice.SIMD).name()).isEqualTo("plain");
    assertThat(kernels.decide("products", request, KernelChoice.RECIPE).name()).isEqualTo("recipe");
    System.setProperty(KernelLadder.PROPERTY, "recipe");
    try {
      assertThat(run(kernels, TWICE)[1])
          .as("an operation without a recipe")
          .containsExactly(136, 322);
    } finally {
      System.clearProperty(KernelLadder.PROPERTY);
    }
  }

  @Test
  void the_system_property_counts_where_a_mechanisms_option_says_nothing() {
    PluginKernels kernels = register(new Unwilling("too slow"), new Products());
    KernelRequest request =
        new KernelRequest(List.of(Shape.of(2, 3), Shape.of(3)), ElementType.F64, TWICE);
    System.setProperty(KernelLadder.PROPERTY, "unwilling");
    try {
      assertThat(kernels.decide("products", request, KernelChoice.PLAIN).name()).isEqualTo("plain");
      assertThatThrownBy(() -> kernels.decide("products", request, KernelChoice.AUTO))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("kernel unwilling of operation products")
          .hasMessageContaining("too slow on CPU");
    } finally {
      System.clearProperty(KernelLadder.PROPERTY);
    }
  }

  @Test
  void when_none_can_every_reason_is_told() {
    PluginKernels kernels = register(new Unwilling("too slow"), new Unwilling("too hot"));

    assertThatThrownBy(() -> run(kernels, TWICE))
        .hasMessageContaining("no kernel of operation products can run")
        .hasMessageContaining("unwilling: too slow on CPU with [[2, 3], [3]] of F64")
        .hasMessageContaining("unwilling: too hot on CPU with [[2, 3], [3]] of F64");
  }

  @Test
  void scratch_memory_ends_with_the_call() {
    Products kernel = new Products();

    run(register(kernel), TWICE);

    assertThat(kernel.scratches)
        .hasSize(2)
        .allSatisfy(
            scratch -> {
              assertThat(scratch).isInstanceOf(HostTensor.class);
              assertThat(((HostTensor) scratch).array().wasClosed()).isTrue();
            });
  }

  @Test
  void scratch_memory_counts_in_the_peak_and_serves_the_next_run() {
    Products kernel = new Products();
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.var("x", numbers(1, 5, 7));
    SDVariable w = graph.var("w", numbers(2, 7));
    String products =
        register(kernel).addTo(SPEC, "products", KernelChoice.AUTO, TWICE, x, w).get(0).name();

    try (GraphRunner runner = new GraphRunner(graph)) {
      runner.run(Map.of(), products).close();
      long pooled = runner.pooledBytes();
      runner.run(Map.of(), products).close();

      // Products, sums and a line for each of five rows; the pool keeps them all for the next run.
      assertThat(runner.peakBytes()).isEqualTo((5 * 7 + 5 + 5 * 7) * Double.BYTES);
      assertThat(runner.pooledBytes()).isEqualTo(pooled);
    }
  }

  @Test
  void scratch_memory_ends_with_a_call_that_fails() {
    Products failing =
        new Products() {
          @Override
          public void forward(KernelCall call) {
            super.forward(call);
            throw new IllegalStateException("broken on purpose");
          }
        };
    PluginKernels kernels = register(failing);

    assertThatThrownBy(() -> run(kernels, TWICE)).hasStackTraceContaining("broken on purpose");
    assertThat(failing.scratches)
        .allSatisfy(scratch -> assertThat(((HostTensor) scratch).array().wasClosed()).isTrue());
  }

  /** The way a kernel asks for more than there is, and in which words it is refused. */
  static Stream<Arguments> too_much() {
    Consumer<KernelCall> ofHeap = call -> call.floats(Integer.MAX_VALUE - 8);
    Consumer<KernelCall> ofHeapInATask =
        call -> call.parallel(3, task -> call.floats(Integer.MAX_VALUE - 8));
    Consumer<KernelCall> ofNative = call -> call.scratch(Shape.of(1L << 44));
    return Stream.of(
        arguments(ofHeap, "Java's heap is exhausted: an array of 8,589,934,556 bytes"),
        arguments(ofHeapInATask, "Java's heap is exhausted: an array of 8,589,934,556 bytes"),
        arguments(ofNative, "native memory is exhausted: an array of 140,737,488,355,328 bytes"));
  }

  @ParameterizedTest
  @MethodSource("too_much")
  void out_of_memory_in_a_kernel_names_the_size_and_leaves_nothing_taken(
      Consumer<KernelCall> asking, String words) {
    AtomicBoolean greedy = new AtomicBoolean(true);
    Products kernel =
        new Products() {
          @Override
          public void forward(KernelCall call) {
            super.forward(call);
            if (greedy.get()) {
              asking.accept(call);
            }
          }
        };
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.var("x", numbers(1, 5, 7));
    SDVariable w = graph.var("w", numbers(2, 7));
    String products =
        register(kernel).addTo(SPEC, "products", KernelChoice.AUTO, TWICE, x, w).get(0).name();

    try (GraphRunner runner = new GraphRunner(graph)) {
      assertThatThrownBy(() -> runner.run(Map.of(), products))
          .isInstanceOf(MemoryExhausted.class)
          .hasMessageStartingWith(words);

      greedy.set(false);
      runner.run(Map.of(), products).close();
      assertThat(runner.peakBytes())
          .as("of a run after that")
          .isEqualTo((5 * 7 + 5 + 5 * 7) * Double.BYTES);
    }
  }

  @Test
  void retiring_closes_every_kernel_and_graphs_say_who_left() {
    Products first = new Products();
    Unwilling second = new Unwilling("never");
    PluginKernels kernels = register(first, second);
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.var("x", numbers(1, 2, 3));
    SDVariable w = graph.var("w", numbers(2, 3));
    String products = kernels.addTo(SPEC, "products", KernelChoice.AUTO, TWICE, x, w).get(0).name();

    boolean drained = kernels.retire(PATIENCE);

    assertThat(drained).isTrue();
    assertThat(first.closed).isEqualTo(1);
    assertThat(second.closed).isEqualTo(1);
    try (GraphRunner runner = new GraphRunner(graph)) {
      assertThatThrownBy(() -> runner.run(Map.of(), products))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("/products has left: its bundle was removed");
    }
  }

  @Test
  void an_operation_that_nobody_brings_is_refused_while_the_graph_is_built() {
    PluginKernels kernels = register(new Products());
    SDVariable x = SameDiff.create().var("x", numbers(1, 2, 3));

    assertThatThrownBy(() -> kernels.addTo(SPEC, "quotients", KernelChoice.AUTO, TWICE, x))
        .hasMessageContaining("brings no kernel for operation quotients; it brings [products]");
  }

  @Test
  void a_tensor_is_the_memory_of_its_array() {
    try (INDArray array = Nd4j.createFromArray(new float[][] {{1, 2, 3}, {4, 5, 6}})) {
      HostTensor tensor = new HostTensor(array);

      tensor.bytes().putFloat(4 * Float.BYTES, 55);

      assertThat(array.getFloat(1, 1)).isEqualTo(55);
      assertThat(tensor.bytes().remaining()).isEqualTo(6 * Float.BYTES);
      assertThat(tensor.address()).isEqualTo(array.data().address());
      assertThat(tensor.shape()).isEqualTo(Shape.of(2, 3));
      assertThat(tensor.elementType()).isEqualTo(ElementType.F32);
      assertThat(tensor.device()).isEqualTo(Device.Kind.CPU);
    }
  }

  @Test
  void only_floating_point_numbers_are_tensors() {
    try (INDArray whole = Nd4j.create(DataType.INT32, 2, 3)) {
      assertThatThrownBy(() -> new HostTensor(whole))
          .hasMessage("attention does not compute in INT");
    }
  }

  @Test
  void the_host_tells_kernels_what_it_is() {
    assertThat(HostDevice.INSTANCE.kind()).isEqualTo(Device.Kind.CPU);
    assertThat(HostDevice.INSTANCE.memoryBytes()).isGreaterThan(1 << 20);
    assertThat(HostDevice.INSTANCE.attribute("cores")).isPresent();
    assertThat(HostDevice.INSTANCE.attribute("computeCapability")).isEmpty();
  }
}
