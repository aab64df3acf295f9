package dev.saccade.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GraphCacheTest {

  private static final INDArray WEIGHTS = weights();

  private final List<GraphRunner> built = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  private static INDArray weights() {
    Nd4jPlatform.start();
    Nd4j.getRandom().setSeed(5);
    return Nd4j.randn(DataType.FLOAT, 67, 71);
  }

  /** A graph for inputs of {@code length} rows. */
  private GraphRunner build(int length) {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.FLOAT, length, 67);
    SDVariable y = GraphOps.softmax(GraphOps.gelu(GraphOps.linear(x, graph.var("w", WEIGHTS))));
    y.rename("y").mul(y).sum("loss");
    GraphRunner runner = new GraphRunner(graph);
    built.add(runner);
    return runner;
  }

  private static boolean isClosed(GraphRunner runner) {
    try {
      runner.run(Map.of("x", Nd4j.ones(DataType.FLOAT, 3, 67)), "y").close();
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  @Test
  void reuses_the_runner_of_a_key() {
    try (GraphCache<Integer> cache = new GraphCache<>(2, this::build)) {
      cache.borrow(3).close();
      cache.borrow(3).close();

      assertThat(built).hasSize(1);
    }
  }

  @Test
  void gives_concurrent_callers_of_one_key_runners_of_their_own() {
    try (GraphCache<Integer> cache = new GraphCache<>(2, this::build);
        GraphCache<Integer>.Loan one = cache.borrow(3);
        GraphCache<Integer>.Loan other = cache.borrow(3)) {
      assertThat(one.runner()).isNotSameAs(other.runner());
    }
  }

  @Test
  void closes_the_runner_whose_key_was_used_longest_ago() {
    try (GraphCache<Integer> cache = new GraphCache<>(2, key -> build(3))) {
      cache.borrow(3).close();
      cache.borrow(5).close();
      cache.borrow(3).close();
      cache.borrow(7).close();

      assertThat(built).extracting(GraphCacheTest::isClosed).containsExactly(false, true, false);
      assertThat(cache.idleRunners()).isEqualTo(2);
    }
  }

  @Test
  void never_closes_a_runner_in_use() {
    try (GraphCache<Integer> cache = new GraphCache<>(0, key -> build(3))) {
      try (GraphCache<Integer>.Loan loan = cache.borrow(3)) {
        cache.borrow(5).close();
        cache.discard(key -> true);

        assertThat(isClosed(loan.runner())).isFalse();
      }
      assertThat(built).extracting(GraphCacheTest::isClosed).containsExactly(true, true);
    }
  }

  @Test
  void discarded_runners_are_not_lent_again() {
    try (GraphCache<Integer> cache = new GraphCache<>(4, key -> build(3))) {
      cache.borrow(3).close();
      cache.discard(key -> key == 3);
      cache.borrow(3).close();

      assertThat(built).extracting(GraphCacheTest::isClosed).containsExactly(true, false);
    }
  }

  @Test
  void closing_waits_for_runners_in_use() throws Exception {
    GraphCache<Integer> cache = new GraphCache<>(4, this::build);
    GraphCache<Integer>.Loan loan = cache.borrow(3);
    Thread closer = new Thread(cache::close);
    closer.start();
    while (closer.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    assertThat(isClosed(loan.runner())).isFalse();

    loan.close();
    closer.join(TimeUnit.SECONDS.toMillis(10));

    assertThat(closer.isAlive()).isFalse();
    assertThat(isClosed(loan.runner())).isTrue();
    assertThatThrownBy(() -> cache.borrow(3)).hasMessageContaining("closed");
  }

  @Test
  void concurrent_runs_give_the_bits_of_sequential_ones() throws Exception {
    int lengths = 5;
    List<INDArray> inputs = new ArrayList<>();
    List<INDArray> expected = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (GraphCache<Integer> cache = new GraphCache<>(8, this::build)) {
      for (int i = 0; i < lengths; i++) {
        inputs.add(Nd4j.randn(DataType.FLOAT, 1009 + i, 67));
        expected.add(gradient(cache, inputs.get(i)));
      }

      List<Callable<INDArray>> calls = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        INDArray x = inputs.get(i % lengths);
        calls.add(() -> gradient(cache, x));
      }
      List<Future<INDArray>> results = threads.invokeAll(calls);

      for (int i = 0; i < results.size(); i++) {
        assertThat(results.get(i).get().data().asFloat())
            .isEqualTo(expected.get(i % lengths).data().asFloat());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static INDArray gradient(GraphCache<Integer> cache, INDArray x) {
    try (GraphCache<Integer>.Loan loan = cache.borrow((int) x.size(0));
        GraphOutputs outputs = loan.runner().gradients(Map.of("x", x), "loss", List.of("w"))) {
      return outputs.copy("w");
    }
  }
}
