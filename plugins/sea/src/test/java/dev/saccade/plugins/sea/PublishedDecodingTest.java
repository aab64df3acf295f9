package dev.saccade.plugins.sea;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.Parameter;
import dev.saccade.api.option.Options;
import dev.saccade.conformance.golden.GoldenComparison;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.conformance.golden.GoldenReport;
import dev.saccade.runtime.attention.LayerDecoding;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Prefill, then token by token, against the published implementation: its pass over the whole
 * sequence ({@code full.*}), and its decoding with two mistakes mended ({@code fixed.*}). Our
 * decoding gives the context; every step on the way, and the sums that a decoder carries on, are
 * those of the recipe.
 */
class PublishedDecodingTest {

  /** How many rows of the picture the published decoder keeps for its convolutions. */
  private static final long WINDOW = 24;

  private static final GoldenFolder FOLDER = SeaCase.decoding();
  private static final GoldenReport REPORT = new GoldenReport("Decoding with SEA", FOLDER);

  static List<SeaCase> published() {
    return SeaCase.in(FOLDER);
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close();
  }

  @ParameterizedTest
  @MethodSource("published")
  void decoding_gives_what_the_whole_sequence_gives(SeaCase golden) {
    INDArray decoded = decoded(golden); // [B, T, H·D]
    GoldenLayer layer = GoldenLayer.of(golden);
    Map<String, INDArray> steps =
        layer.graph().evaluate(PublishedNames.of(layer.graph(), layer.options(), layer.steps()));

    REPORT.check(
        golden.golden(),
        Set.of("x.", "full.", "fixed.", "ref_cached."),
        compared ->
            golden.golden().names().stream()
                .filter(name -> !name.startsWith("w.") && !name.startsWith("in."))
                .forEach(name -> compare(golden, name, decoded, steps, compared)));
  }

  private static void compare(
      SeaCase golden,
      String name,
      INDArray decoded,
      Map<String, INDArray> steps,
      GoldenComparison compared) {
    int prompt = golden.golden().manifest().path("prefill").asInt();
    String step = name.substring(name.indexOf('.') + 1);
    if (name.startsWith("ref_cached.")) {
      compared.leaveOut(name, "the published decoder, which is broken: ADR 8, row 26");
    } else if (step.startsWith("state.after_prefill.")) {
      compared.tensor(name, state(step, steps, prompt), allowed(golden, name));
    } else if (step.startsWith("state.after_last.")) {
      compared.tensor(name, state(step, steps, decoded.size(1)), allowed(golden, name));
    } else {
      INDArray computed = Objects.requireNonNull(steps.get("x." + step), name);
      INDArray recipe = PublishedStepsTest.inShapeOf(golden.tensor(name), computed);
      compared.tensor(name, recipe, allowed(golden, name));
      if (step.equals("context_layer")) {
        compared.tensor(name, decoded, allowed(golden, name));
      }
    }
  }

  /** The case has one tolerance for all tensors; counts and masks are whole numbers. */
  private static double allowed(SeaCase golden, String name) {
    if (name.endsWith("per_item_top_k") || golden.golden().allowed(name) == 0) {
      return 0;
    }
    double suggested = golden.golden().manifest().at("/tolerance/fixed vs full").asDouble();
    return Math.max(suggested, golden.golden().allowed(name));
  }

  /** What a decoder must remember after so many positions. */
  private static INDArray state(String name, Map<String, INDArray> steps, long positions) {
    INDArray features = // [B, H, t, F]
        upTo(positions, Objects.requireNonNull(steps.get("x.performer_k_prime")));
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "k_cumsum" -> features.sum(true, 2); // [B, H, 1, F]
      case "context_cumsum" -> {
        INDArray placed = upTo(positions, Objects.requireNonNull(steps.get("x.v_for_atten")));
        INDArray sums = Nd4j.matmul(features, placed, true, false, false); // [B, H, F, 2D]
        yield sums.reshape(sums.size(0), sums.size(1), 1, sums.size(2), sums.size(3));
      }
      case "cnn_window" -> {
        INDArray strips = Objects.requireNonNull(steps.get("x.estimated_attention_score_dec_row"));
        yield strips.get(all(), all(), interval(Math.max(positions - WINDOW, 0), positions), all());
      }
      default -> throw new AssertionError("nothing is known of the state " + name);
    };
  }

  private static INDArray upTo(long end, INDArray x) {
    return x.get(all(), all(), interval(0, end), all()).dup('c');
  }

  /** The context of all positions, {@code [B, T, H·D]}. */
  private static INDArray decoded(SeaCase golden) {
    SeaOptions options = GoldenLayer.options(golden);
    Map<String, INDArray> parameters = new LinkedHashMap<>();
    for (Parameter parameter : SeaParameters.of(golden.spec(), options)) {
      parameters.put(parameter.name(), golden.parameter(parameter, options));
    }
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    int prompt = golden.golden().manifest().path("prefill").asInt();
    INDArray context = Nd4j.zeros(query.dataType(), query.shape());
    try (TestDecoding text =
            new TestDecoding(
                golden.spec(),
                Options.parse(SeaOptions.SCHEMA, golden.options()),
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
    return context.permute(0, 2, 1, 3).dup('c').reshape(query.size(0), query.size(2), -1);
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
