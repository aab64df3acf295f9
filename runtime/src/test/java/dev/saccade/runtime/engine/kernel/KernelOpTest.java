package dev.saccade.runtime.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.engine.kernel.GraphKernel.BackwardReads;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** On a kernel with two outputs, an integer input and every kind of argument. */
class KernelOpTest {

  private static final String ID = "test.sum-and-product";

  private KernelRegistry.@Nullable Registration registration;

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  @BeforeEach
  void register() {
    registration = KernelRegistry.global().register(ID, "the test", new SumAndProduct());
  }

  @AfterEach
  void retire() {
    KernelRegistry.global()
        .retire(Objects.requireNonNull(registration), "the test is over", Duration.ofSeconds(1));
  }

  /** (a + b + shift)·factor and a·b·sign; the arguments travel through every clone of the op. */
  private static final class SumAndProduct implements GraphKernel {

    @Override
    public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
      return List.of(inputShapes.get(0), inputShapes.get(0));
    }

    private static double sign(KernelArguments arguments) {
      return arguments.string(0).equals("minus") ? -1 : 1;
    }

    @Override
    public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
      INDArray a = inputs[0];
      INDArray b = inputs[2];
      long shift = arguments.integer(0) + inputs[1].getInt(0);
      outputs[0].assign(a.add(b).addi(shift).muli(arguments.real(0)));
      outputs[1].assign(a.mul(b).muli(sign(arguments)));
    }

    @Override
    public void backward(
        INDArray[] inputs,
        INDArray[] outputs,
        INDArray[] outputGradients,
        @Nullable INDArray[] inputGradients,
        KernelArguments arguments) {
      assertThat(inputGradients[1]).as("an integer has no gradient").isNull();
      INDArray ofSum = outputGradients[0].mul(arguments.real(0));
      INDArray ofProduct = outputGradients[1].mul(sign(arguments));
      Objects.requireNonNull(inputGradients[0]).assign(ofProduct.mul(inputs[2]).addi(ofSum));
      Objects.requireNonNull(inputGradients[2]).assign(ofProduct.mul(inputs[0]).addi(ofSum));
    }
  }

  private static SDVariable[] add(SameDiff graph) {
    return KernelOp.add(
        "out",
        ID,
        BackwardReads.INPUTS_AND_OUTPUTS,
        2,
        KernelArguments.NONE.withIntegers(7).withReals(0.5).withStrings("minus"),
        graph.var("a", Nd4j.createFromArray(2.0, 3.0)),
        graph.constant(Nd4j.createFromArray(4, 4)),
        graph.var("b", Nd4j.createFromArray(5.0, 11.0)));
  }

  @Test
  void passes_inputs_and_arguments_and_names_outputs() {
    SameDiff graph = SameDiff.create();
    SDVariable[] outputs = add(graph);

    try (GraphRunner runner = new GraphRunner(graph);
        GraphOutputs results = runner.run(Map.of(), "out", outputs[1].name())) {
      assertThat(results.get("out")).isEqualTo(Nd4j.createFromArray(9.0, 12.5));
      assertThat(results.get(outputs[1].name())).isEqualTo(Nd4j.createFromArray(-10.0, -33.0));
    }
  }

  private static void requireGradients(SameDiff graph, INDArray expectedOfA, INDArray expectedOfB) {
    try (GraphRunner runner = new GraphRunner(graph);
        GraphOutputs results = runner.gradients(Map.of(), "loss", List.of("a", "b"))) {
      assertThat(results.get("a")).isEqualTo(expectedOfA);
      assertThat(results.get("b")).isEqualTo(expectedOfB);
    }
  }

  @Test
  void adds_the_gradients_of_both_outputs() {
    SameDiff graph = SameDiff.create();
    SDVariable[] outputs = add(graph);
    outputs[0].add(outputs[1].mul(3)).sum("loss");

    requireGradients(graph, Nd4j.createFromArray(-14.5, -32.5), Nd4j.createFromArray(-5.5, -8.5));
  }

  @Test
  void an_unused_first_output_counts_as_zero() {
    SameDiff graph = SameDiff.create();
    add(graph)[1].sum("loss");

    requireGradients(graph, Nd4j.createFromArray(-5.0, -11.0), Nd4j.createFromArray(-2.0, -3.0));
  }

  @Test
  void an_unused_second_output_counts_as_zero() {
    SameDiff graph = SameDiff.create();
    add(graph)[0].sum("loss");

    requireGradients(graph, Nd4j.createFromArray(0.5, 0.5), Nd4j.createFromArray(0.5, 0.5));
  }

  @Test
  void a_failing_kernel_leaves_its_runner_usable() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.var("x", Nd4j.createFromArray(2.0));
    KernelOp.add("bad", ID, BackwardReads.INPUTS, 2, KernelArguments.NONE, x, x, graph.identity(x));
    graph.math().tanh("good", x);

    try (GraphRunner runner = new GraphRunner(graph)) {
      assertThatThrownBy(() -> runner.run(Map.of(), "bad"))
          .isInstanceOf(IndexOutOfBoundsException.class);
      runner.run(Map.of(), "good").close();

      assertThat(runner.peakBytes()).isEqualTo(Double.BYTES);
    }
  }
}
