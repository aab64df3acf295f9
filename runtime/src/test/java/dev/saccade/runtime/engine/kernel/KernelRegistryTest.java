package dev.saccade.runtime.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.engine.kernel.GraphKernel.BackwardReads;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class KernelRegistryTest {

  private static final Duration SOON = Duration.ofSeconds(10);

  private final KernelRegistry registry = new KernelRegistry();

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  /** Doubles its input. */
  public static class Doubling implements GraphKernel {

    @Override
    public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
      return List.of(inputShapes.get(0));
    }

    @Override
    public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
      outputs[0].assign(inputs[0]).muli(2);
    }

    @Override
    public void backward(
        INDArray[] inputs,
        INDArray[] outputs,
        INDArray[] outputGradients,
        @Nullable INDArray[] inputGradients,
        KernelArguments arguments) {
      INDArray gradient = inputGradients[0];
      assertThat(gradient).isNotNull();
      gradient.assign(outputGradients[0]).muli(2);
    }
  }

  /** Doubles once it is allowed to. */
  private static final class Waiting extends Doubling {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch allowed = new CountDownLatch(1);

    @Override
    public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
      entered.countDown();
      try {
        if (!allowed.await(10, TimeUnit.SECONDS)) {
          throw new IllegalStateException("the test never allowed it");
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      super.forward(inputs, outputs, arguments);
    }
  }

  private static SameDiff graphOf(String kernelId) {
    SameDiff graph = SameDiff.create();
    KernelOp.add(
        "y",
        kernelId,
        BackwardReads.INPUTS_AND_OUTPUTS,
        1,
        KernelArguments.NONE,
        graph.var("x", Nd4j.createFromArray(1.0, 2.0)))[0]
        .sum("loss");
    return graph;
  }

  @Test
  void names_what_is_installed_when_a_kernel_is_missing() {
    registry.register("b.two", "bundle b", new Doubling());
    registry.register("a.one", "bundle a", new Doubling());

    assertThatThrownBy(() -> registry.acquire("c.three"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("no kernel is named c.three; installed: a.one, b.two.");
  }

  @Test
  void says_why_a_kernel_has_left() {
    var registration = registry.register("a.one", "bundle a", new Doubling());

    registry.retire(registration, "its bundle was removed", SOON);

    assertThatThrownBy(() -> registry.acquire("a.one"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("kernel a.one has left: its bundle was removed; installed: none.");
  }

  @Test
  void refuses_a_second_kernel_of_one_id() {
    registry.register("a.one", "bundle a", new Doubling());

    assertThatThrownBy(() -> registry.register("a.one", "bundle b", new Doubling()))
        .hasMessageContaining("taken by bundle a")
        .hasMessageContaining("bundle b");
  }

  @Test
  void retiring_waits_for_a_lease_in_flight() throws Exception {
    var registration = registry.register("a.one", "bundle a", new Doubling());
    KernelRegistry.Lease lease = registry.acquire("a.one");
    Thread retiring =
        new Thread(() -> registry.retire(registration, "its bundle was removed", SOON));
    retiring.start();
    while (registry.has("a.one") || retiring.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    assertThat(lease.kernel()).isInstanceOf(Doubling.class);

    lease.close();
    retiring.join(SOON.toMillis());

    assertThat(retiring.isAlive()).isFalse();
    assertThat(registry.leasesOf(registration)).isZero();
  }

  @Test
  void retiring_gives_up_after_its_patience_and_says_so() {
    var registration = registry.register("a.one", "bundle a", new Doubling());
    try (KernelRegistry.Lease lease = registry.acquire("a.one")) {
      assertThat(registry.retire(registration, "it is replaced", Duration.ofMillis(1))).isFalse();
      assertThat(lease.kernel()).isNotNull();
    }
    assertThat(registry.retire(registration, "it is replaced", Duration.ZERO)).isTrue();
  }

  /** Counts how often it is closed. */
  private static final class Closing extends Doubling {
    int closed;

    @Override
    public void close() {
      closed++;
    }
  }

  @Test
  void closes_a_kernel_once_when_it_is_retired() {
    Closing kernel = new Closing();
    var registration = registry.register("a.one", "bundle a", kernel);

    registry.retire(registration, "it is replaced", SOON);
    registry.retire(registration, "it is replaced", SOON);

    assertThat(kernel.closed).isEqualTo(1);
  }

  @Test
  void closes_a_kernel_whose_run_outlasts_the_patience_when_that_ends() {
    Closing kernel = new Closing();
    var registration = registry.register("a.one", "bundle a", kernel);
    KernelRegistry.Lease lease = registry.acquire("a.one");

    registry.retire(registration, "it is replaced", Duration.ZERO);
    int closedTooEarly = kernel.closed;
    lease.close();

    assertThat(closedTooEarly).isZero();
    assertThat(kernel.closed).isEqualTo(1);
  }

  @Test
  void closing_a_lease_twice_counts_once() {
    var registration = registry.register("a.one", "bundle a", new Doubling());
    KernelRegistry.Lease kept = registry.acquire("a.one");
    KernelRegistry.Lease lease = registry.acquire("a.one");

    lease.close();
    lease.close();

    assertThat(registry.leasesOf(registration)).isEqualTo(1);
    kept.close();
  }

  @Test
  void a_run_that_began_ends_on_its_kernel_although_that_leaves_and_is_replaced() throws Exception {
    KernelRegistry global = KernelRegistry.global();
    Waiting waiting = new Waiting();
    var old = global.register("test.replaced", "bundle 1", waiting);
    AtomicReference<INDArray> result = new AtomicReference<>();
    Thread run;
    Thread retiring;
    try (GraphRunner runner = new GraphRunner(graphOf("test.replaced"))) {
      run =
          new Thread(
              () -> {
                try (GraphOutputs outputs =
                    runner.gradients(Map.of(), "loss", List.of("x"), List.of("y"))) {
                  result.set(outputs.copy("x"));
                }
              });
      run.start();
      waiting.entered.await();
      retiring = new Thread(() -> global.retire(old, "it was updated", SOON));
      retiring.start();
      while (global.has("test.replaced")) {
        Thread.onSpinWait();
      }
      var replacement = global.register("test.replaced", "bundle 2", new Refusing());

      waiting.allowed.countDown();
      run.join(SOON.toMillis());
      retiring.join(SOON.toMillis());

      assertThat(result.get()).isEqualTo(Nd4j.createFromArray(2.0, 2.0));
      assertThat(retiring.isAlive()).isFalse();
      assertThatThrownBy(() -> runner.run(Map.of(), "y")).hasMessageContaining("refuses");
      global.retire(replacement, "the test is over", SOON);
    }
  }

  /** Fails on purpose, to tell it from the kernel it replaces. */
  private static final class Refusing extends Doubling {
    @Override
    public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
      throw new IllegalStateException("this kernel refuses");
    }
  }

  @Test
  void the_class_loader_of_a_retired_kernel_is_collectable_while_its_graph_lives()
      throws Exception {
    KernelRegistry global = KernelRegistry.global();
    try (GraphRunner runner = new GraphRunner(graphOf("test.leaving"))) {
      WeakReference<ClassLoader> loader = runWithPlugin(global, runner);

      for (int i = 0; i < 50 && loader.get() != null; i++) {
        System.gc();
        Thread.sleep(20);
      }

      assertThat(loader.get()).isNull();
      assertThatThrownBy(() -> runner.run(Map.of(), "y"))
          .isInstanceOf(SaccadeException.class)
          .hasMessageStartingWith("kernel test.leaving has left: its bundle was removed");
    }
  }

  /** In a method of its own, so that no local variable keeps the plugin. */
  private static WeakReference<ClassLoader> runWithPlugin(
      KernelRegistry registry, GraphRunner runner) throws Exception {
    ClassLoader plugin = new OwnCopyOfDoubling();
    GraphKernel kernel =
        (GraphKernel)
            plugin.loadClass(Doubling.class.getName()).getDeclaredConstructor().newInstance();
    assertThat(kernel).isNotInstanceOf(Doubling.class);
    var registration = registry.register("test.leaving", "a plugin", kernel);
    try (GraphOutputs outputs = runner.gradients(Map.of(), "loss", List.of("x"))) {
      assertThat(outputs.get("x")).isEqualTo(Nd4j.createFromArray(2.0, 2.0));
    }
    assertThat(registry.retire(registration, "its bundle was removed", SOON)).isTrue();
    return new WeakReference<>(plugin);
  }

  /** Defines {@link Doubling} anew, as a bundle's class loader would define its kernel. */
  private static final class OwnCopyOfDoubling extends ClassLoader {
    OwnCopyOfDoubling() {
      super(KernelRegistryTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.equals(Doubling.class.getName())) {
        return super.loadClass(name, resolve);
      }
      try (InputStream in =
          KernelRegistryTest.class.getResourceAsStream("KernelRegistryTest$Doubling.class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  @Test
  void a_saved_graph_finds_its_kernel_when_it_is_loaded() {
    KernelRegistry global = KernelRegistry.global();
    var registration = global.register("test.saved", "bundle 1", new Doubling());
    try {
      SameDiff loaded = SameDiff.fromFlatBuffers(graphOf("test.saved").asFlatBuffers(true));
      try (GraphRunner runner = new GraphRunner(loaded);
          GraphOutputs outputs = runner.run(Map.of(), "y")) {
        assertThat(outputs.get("y")).isEqualTo(Nd4j.createFromArray(2.0, 4.0));
        assertThat(outputs.get("y").dataType()).isEqualTo(DataType.DOUBLE);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    } finally {
      global.retire(registration, "the test is over", SOON);
    }
  }
}
