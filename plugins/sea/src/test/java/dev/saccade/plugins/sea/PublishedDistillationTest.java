package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.conformance.golden.GoldenComparison;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.conformance.golden.GoldenReport;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The kernels' losses, and the gradients of their sum, against those that PyTorch computed on the
 * published implementation. Of cases that were run without a teacher there is nothing to compare.
 */
class PublishedDistillationTest {

  private static final GoldenFolder FOLDER = SeaCase.layers();
  private static final GoldenReport REPORT =
      new GoldenReport("Losses and gradients, by kernels", FOLDER);

  static Stream<Arguments> published() {
    return SeaCase.in(FOLDER).stream()
        .flatMap(
            golden ->
                Stream.of(Arithmetic.values()).map(arithmetic -> Arguments.of(golden, arithmetic)));
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close();
  }

  @ParameterizedTest
  @MethodSource("published")
  void losses_and_gradients_are_as_published(SeaCase golden, Arithmetic arithmetic) {
    boolean compares = golden.golden().has("loss.total"); // was run with a teacher
    REPORT.check(
        golden.golden(),
        compares ? Set.of("loss.", "g.") : Set.of(),
        compared -> {
          if (compares) {
            compare(golden, arithmetic, compared);
          }
        });
  }

  private static void compare(SeaCase golden, Arithmetic arithmetic, GoldenComparison compared) {
    Map<String, String> options = new LinkedHashMap<>(golden.options());
    options.put("kernel", arithmetic.name().toLowerCase(Locale.ROOT));
    Map<String, INDArray> inputs = SeaInRuntimeTest.inputs(golden);
    SameDiff graph = SameDiff.create();
    try (ParameterStore parameters = new ParameterStore(1);
        AttentionSlot slot = SeaInRuntimeTest.slot(golden, options, parameters)) {
      List<String> losses = losses(golden, slot, graph, inputs);
      assertThat(graph.getOps().values().stream().map(op -> op.getOp().opName()))
          .as("operations of which only a recipe has some")
          .doesNotContain("concat");
      try (GraphRunner runner = new GraphRunner(graph)) {
        compareLosses(golden, runner, inputs, losses, compared);
        if (golden.golden().has("g.q")) {
          compareGradients(golden, slot, runner, inputs, compared);
        }
      }
    }
  }

  /** Adds the losses to the graph, by their published names. */
  private static List<String> losses(
      SeaCase golden, AttentionSlot slot, SameDiff graph, Map<String, INDArray> inputs) {
    Map<String, SDVariable> given = new LinkedHashMap<>();
    inputs.forEach(
        (name, array) -> given.put(name, graph.placeHolder(name, array.dataType(), array.shape())));
    AttentionOutput output =
        slot.addTo(
            graph,
            LayerSize.self(golden.tensor("in.q").size(0), golden.tensor("in.q").size(2)),
            Objects.requireNonNull(given.get(SingleLayer.QUERY)),
            Objects.requireNonNull(given.get(SingleLayer.KEY)),
            Objects.requireNonNull(given.get(SingleLayer.VALUE)),
            given.get(SingleLayer.REAL),
            Set.of());
    List<LossTerm> terms =
        output.objective().orElseThrow().terms(GoldenTeacher.of(golden, graph, DataType.FLOAT));
    Map<String, SDVariable> losses = new LinkedHashMap<>();
    SDVariable total = graph.constant(0f);
    for (LossTerm term : terms) {
      String name = PublishedGradientTest.PUBLISHED_TERMS.get(term.name());
      losses.put(Objects.requireNonNull(name), term.value());
      total = total.add(term.value().mul(term.weight()));
    }
    losses.put("loss.total", total);
    losses.forEach(graph::identity);
    return List.copyOf(losses.keySet());
  }

  private static void compareLosses(
      SeaCase golden,
      GraphRunner runner,
      Map<String, INDArray> inputs,
      List<String> losses,
      GoldenComparison compared) {
    try (GraphOutputs outputs = runner.run(inputs, losses)) {
      for (String loss : losses) {
        if (golden.tied() && PublishedGradientTest.DEPENDS_ON_THE_KEPT.contains(loss)) {
          compared.leaveOut(loss, "equal estimates compete, and any may be kept");
        } else {
          compared.tensor(loss, outputs.get(loss));
        }
      }
    }
  }

  private static void compareGradients(
      SeaCase golden,
      AttentionSlot slot,
      GraphRunner runner,
      Map<String, INDArray> inputs,
      GoldenComparison compared) {
    Map<String, String> stored = new LinkedHashMap<>();
    PublishedGradientTest.gradients(golden, SeaOptions.from(slot.options()))
        .forEach(
            (variable, name) ->
                stored.put(
                    slot.parameters().containsKey(variable)
                        ? slot.prefix() + "." + variable
                        : variable,
                    name));
    try (GraphOutputs gradients =
        runner.gradients(inputs, "loss.total", stored.keySet(), List.of())) {
      stored.forEach(
          (variable, name) ->
              compared.tensor(
                  name,
                  PublishedGradientTest.inShapeOf(
                      golden.golden().shape(name), gradients.get(variable))));
    }
  }
}
