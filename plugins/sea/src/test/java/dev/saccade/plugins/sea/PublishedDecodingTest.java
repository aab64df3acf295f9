package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;

import dev.saccade.api.Parameter;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.attention.LayerDecoding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Prefill, then token by token, against the published implementation: its pass over the whole
 * sequence, and its decoding with two mistakes mended.
 */
class PublishedDecodingTest {

  private static final GoldenReport REPORT = new GoldenReport("Decoding");

  static List<Path> published() {
    return GoldenCase.manifests("incremental");
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close(published());
  }

  @ParameterizedTest
  @MethodSource("published")
  void decoding_gives_what_the_whole_sequence_gives(Path manifest) throws IOException {
    GoldenCase golden = GoldenCase.read(manifest);
    Options texts = Options.parse(SeaOptions.SCHEMA, golden.options());
    SeaOptions options = SeaOptions.from(texts);
    Map<String, INDArray> parameters = new LinkedHashMap<>();
    for (Parameter parameter : SeaParameters.of(golden.spec(), options)) {
      parameters.put(parameter.name(), golden.parameter(parameter, options));
    }
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    int prompt = golden.manifest().path("prefill").asInt();
    INDArray context = Nd4j.zeros(query.dataType(), query.shape());

    try (TestDecoding text =
            new TestDecoding(
                golden.spec(),
                texts,
                parameters,
                query,
                golden.tensor("in.k"),
                golden.tensor("in.v"),
                null);
        LayerDecoding decoding = text.open()) {
      put(context, 0, text.advance(decoding, 0, prompt));
      for (int position = prompt; position < query.size(2); position++) {
        put(context, position, text.advance(decoding, position, position + 1));
      }
    }

    INDArray flat = // [B, T, H·D]
        context.permute(0, 2, 1, 3).dup('c').reshape(query.size(0), query.size(2), -1);
    double tolerance = golden.manifest().path("tolerance").path("fixed vs full").asDouble();
    for (String name : List.of("full.context_layer", "fixed.context_layer")) {
      double error = assertClose(golden.name() + " " + name, flat, golden.tensor(name), tolerance);
      REPORT.add(golden, name, error, tolerance);
    }
  }

  @ParameterizedTest
  @MethodSource("published")
  void the_recipe_gives_the_same(Path manifest) throws IOException {
    GoldenCase golden = GoldenCase.read(manifest);
    GoldenLayer layer = GoldenLayer.of(golden);
    Map<String, INDArray> steps =
        layer.graph().evaluate(PublishedNames.of(layer.graph(), layer.options(), layer.steps()));

    double tolerance = golden.manifest().path("tolerance").path("fixed vs full").asDouble();
    for (String name : golden.tensors().keySet()) {
      if (name.startsWith("full.")) {
        INDArray actual =
            Objects.requireNonNull(steps.get("x." + name.substring("full.".length())), name);
        INDArray expected = golden.tensor(name);
        double allowed =
            name.endsWith("mask_t") || name.endsWith("top_k")
                ? 0
                : tolerance * Math.max(1, expected.amaxNumber().doubleValue());
        double error =
            assertClose(
                golden.name() + " recipe " + name,
                PublishedStepsTest.inShapeOf(expected, actual),
                expected,
                allowed);
        REPORT.add(golden, "recipe " + name, error, allowed);
      }
    }
  }

  private static void put(INDArray context, int position, INDArray some) {
    for (int next = 0; next < some.size(2); next++) {
      for (int sequence = 0; sequence < some.size(0); sequence++) {
        for (int head = 0; head < some.size(1); head++) {
          context
              .slice(sequence)
              .slice(head)
              .putRow(position + next, some.slice(sequence).slice(head).getRow(next));
        }
      }
    }
  }
}
