package dev.saccade.plugins.baselines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Probe;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.conformance.golden.GoldenComparison;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.conformance.golden.GoldenReport;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.CausalDecoding;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.EncoderModel;
import dev.saccade.runtime.model.LearningModel;
import dev.saccade.runtime.model.Logits;
import dev.saccade.runtime.model.Objective;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.model.Trace;
import dev.saccade.runtime.weights.PretrainedModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Whole models with exact attention against Hugging Face's implementation: those in the resources,
 * or with {@code -Dgolden.dir=DIR} those in DIR/models.
 */
class PublishedModelsTest {

  private static final GoldenFolder FOLDER =
      GoldenFolder.of("models", PublishedModelsTest.class)
          .ofKinds("opt_model", "bert_model")
          .leaving("sea_", "saccade-sea");

  private static final GoldenReport REPORT = new GoldenReport("Models", FOLDER);

  private static final MechanismRegistry MECHANISMS =
      GoldenModels.registry(new SoftmaxAttention());

  @TempDir Path directory;

  static List<GoldenCase> published() {
    return FOLDER.cases();
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close();
  }

  @ParameterizedTest
  @MethodSource("published")
  void a_model_computes_what_was_published(GoldenCase golden) {
    REPORT.check(
        golden,
        Set.of("out."),
        compared -> {
          if (golden.kind().equals("opt_model")) {
            compareDecoder(golden, compared);
          } else {
            compareEncoder(golden, compared);
          }
        });
  }

  private void compareDecoder(GoldenCase golden, GoldenComparison compared) {
    int layers = hiddenStates(golden) - 1;
    try (CausalModel model =
        CausalModel.open(
            GoldenModels.directory(golden, directory),
            MECHANISMS,
            GoldenModels.everywhere(layers, "softmax"),
            1)) {
      TokenBatch batch = GoldenModels.batch(golden, "in.input_ids", "");
      compare(golden, compared, "out.logits", model.logits(batch).values());
      compareHidden(golden, compared, model.trace(batch, Set.of()));
      try (LearningModel learning = model.learning()) {
        double loss = learning.loss(batch, golden.integers("in.input_ids"));
        compared.tensor("out.loss", Nd4j.scalar(loss));
      }
      for (String side : List.of("leftpad", "rightpad")) {
        if (golden.has("out.%s_logits".formatted(side))) {
          comparePadded(golden, compared, side, model);
        }
      }
      compareGenerated(golden, compared, model);
    }
  }

  /** Numbers at padding mean nothing there or here. */
  private static void comparePadded(
      GoldenCase golden, GoldenComparison compared, String side, CausalModel model) {
    String published = "out.%s_logits".formatted(side);
    TokenBatch batch =
        GoldenModels.batch(
            golden,
            "in.%s_input_ids".formatted(side),
            "in.%s_attention_mask".formatted(side));
    Logits logits = model.logits(batch);
    INDArray expected = golden.tensor(published);
    INDArray actual = GoldenModels.like(golden, published, logits.values()).dup();
    for (int b = 0; b < batch.sequences(); b++) {
      for (int t = 0; t < batch.positions(); t++) {
        if (!batch.isReal(b, t)) {
          for (int v = 0; v < logits.choices(); v++) {
            actual.putScalar(b, t, v, expected.getDouble(b, t, v));
          }
        }
      }
    }
    compared.tensor(published, actual);
  }

  /** Token by token, the likeliest each time, as the published text was made. */
  private static void compareGenerated(
      GoldenCase golden, GoldenComparison compared, CausalModel model) {
    int[] generated = golden.integers("out.generated");
    int[] prompt = golden.integers("in.prompt");
    long[] shape = golden.shape("out.generated_logits"); // [steps, V]
    INDArray all = Nd4j.create(shape);
    int[] text = Arrays.copyOf(prompt, generated.length);
    try (CausalDecoding decoding = model.decode()) {
      float[] logits = decoding.prefill(prompt);
      for (int step = 0; step < shape[0]; step++) {
        all.putRow(step, Nd4j.createFromArray(logits));
        int position = prompt.length + step;
        if (position < text.length) {
          text[position] = likeliest(logits);
          logits = decoding.step(text[position]);
        }
      }
    }
    compared.tensor(
        "out.generated", Nd4j.createFromArray(text).reshape(golden.shape("out.generated")));
    compared.tensor("out.generated_logits", all);
  }

  private static int likeliest(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      best = logits[i] > logits[best] ? i : best;
    }
    return best;
  }

  private void compareEncoder(GoldenCase golden, GoldenComparison compared) {
    Path files = GoldenModels.directory(golden, directory);
    try (PretrainedModel pretrained = PretrainedModel.open(files.toString(), directory);
        EncoderModel model =
            new EncoderModel(
                pretrained,
                MECHANISMS,
                GoldenModels.everywhere(pretrained.config().layers(), "softmax"),
                1);
        LearningModel learning = model.learning(Objective.CLASS)) {
      TokenBatch batch =
          GoldenModels.batch(golden, "in.input_ids", "in.attention_mask")
              .withTypes(GoldenModels.rows(golden, "in.token_type_ids"));
      Trace trace = model.trace(batch, Set.of());
      compareHidden(golden, compared, trace);
      compare(
          golden,
          compared,
          "out.last_hidden_state",
          trace.hidden().get(pretrained.config().layers()));
      compare(golden, compared, "out.logits", model.classLogits(batch).values());
      compared.tensor(
          "out.loss", Nd4j.scalar(learning.loss(batch, golden.integers("in.labels"))));
      compared.leaveOut("out.pooler_output", "seen through the classifier");
    }
  }

  private static void compareHidden(GoldenCase golden, GoldenComparison compared, Trace trace) {
    assertThat(trace.hidden()).hasSize(hiddenStates(golden));
    for (int n = 0; n < hiddenStates(golden); n++) {
      compare(golden, compared, "out.hidden_states." + n, trace.hidden().get(n));
    }
    assertThat(trace.layers()).allMatch(layer -> layer.probe(Probe.ATTENTION).isEmpty());
  }

  private static int hiddenStates(GoldenCase golden) {
    return (int)
        golden.names().stream().filter(name -> name.startsWith("out.hidden_states.")).count();
  }

  private static void compare(
      GoldenCase golden, GoldenComparison compared, String tensor, float[] numbers) {
    compared.tensor(tensor, GoldenModels.like(golden, tensor, numbers));
  }
}
