package dev.saccade.plugins.baselines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.conformance.golden.GoldenComparison;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.conformance.golden.GoldenModel;
import dev.saccade.conformance.golden.GoldenReport;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.CausalDecoding;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.EncoderModel;
import dev.saccade.runtime.model.LearningModel;
import dev.saccade.runtime.model.Logits;
import dev.saccade.runtime.model.Objective;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.model.Trace;
import dev.saccade.runtime.weights.PretrainedModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.osgi.framework.Version;

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

  private static final String WEIGHTS = ".weights.safetensors";

  private static final MechanismRegistry MECHANISMS = new MechanismRegistry();

  @TempDir Path directory;

  static List<GoldenCase> published() {
    return FOLDER.cases();
  }

  @BeforeAll
  static void install() {
    Nd4jPlatform.start();
    MECHANISMS.add(new SoftmaxAttention(), Version.emptyVersion, "test");
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
          GoldenModel model = new GoldenModel(golden);
          if (golden.kind().equals("opt_model")) {
            compareDecoder(model, compared);
          } else {
            compareEncoder(model, compared);
          }
        });
  }

  private static List<SlotChoice> softmax(GoldenModel model) {
    return Collections.nCopies(model.layers(), new SlotChoice("softmax", Map.of()));
  }

  private void compareDecoder(GoldenModel published, GoldenComparison compared) {
    GoldenCase golden = published.golden();
    try (CausalModel model =
        CausalModel.open(
            published.directory(directory, WEIGHTS, name -> true),
            MECHANISMS,
            softmax(published),
            1)) {
      TokenBatch batch = published.batch("in.input_ids", "");
      compare(published, compared, "out.logits", model.logits(batch).values());
      compareHidden(published, compared, model.trace(batch, Set.of()));
      try (LearningModel learning = model.learning()) {
        double loss = learning.loss(batch, golden.integers("in.input_ids"));
        compared.tensor("out.loss", Nd4j.scalar(loss));
      }
      for (String side : List.of("leftpad", "rightpad")) {
        if (golden.has("out.%s_logits".formatted(side))) {
          comparePadded(published, compared, side, model);
        }
      }
      compareGenerated(golden, compared, model);
    }
  }

  /** Numbers at padding mean nothing there or here. */
  private static void comparePadded(
      GoldenModel published, GoldenComparison compared, String side, CausalModel model) {
    String tensor = "out.%s_logits".formatted(side);
    TokenBatch batch =
        published.batch("in.%s_input_ids".formatted(side), "in.%s_attention_mask".formatted(side));
    Logits logits = model.logits(batch);
    INDArray expected = published.golden().tensor(tensor);
    INDArray actual = published.like(tensor, logits.values());
    for (int b = 0; b < batch.sequences(); b++) {
      for (int t = 0; t < batch.positions(); t++) {
        if (!batch.isReal(b, t)) {
          for (int v = 0; v < logits.choices(); v++) {
            actual.putScalar(b, t, v, expected.getDouble(b, t, v));
          }
        }
      }
    }
    compared.tensor(tensor, actual);
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

  private void compareEncoder(GoldenModel published, GoldenComparison compared) {
    GoldenCase golden = published.golden();
    Path files = published.directory(directory, WEIGHTS, name -> true);
    try (PretrainedModel pretrained = PretrainedModel.open(files.toString(), directory);
        EncoderModel model = new EncoderModel(pretrained, MECHANISMS, softmax(published), 1);
        LearningModel learning = model.learning(Objective.CLASS)) {
      TokenBatch batch =
          published
              .batch("in.input_ids", "in.attention_mask")
              .withTypes(published.rows("in.token_type_ids"));
      Trace trace = model.trace(batch, Set.of());
      compareHidden(published, compared, trace);
      compare(
          published,
          compared,
          "out.last_hidden_state",
          trace.hidden().get(pretrained.config().layers()));
      compare(published, compared, "out.logits", model.classLogits(batch).values());
      compared.tensor("out.loss", Nd4j.scalar(learning.loss(batch, golden.integers("in.labels"))));
      compare(published, compared, "out.pooler_output", model.pooled(batch));
    }
  }

  private static void compareHidden(GoldenModel published, GoldenComparison compared, Trace trace) {
    assertThat(trace.hidden()).hasSize(published.hiddenStates());
    for (int n = 0; n < published.hiddenStates(); n++) {
      compare(published, compared, "out.hidden_states." + n, trace.hidden().get(n));
    }
  }

  private static void compare(
      GoldenModel published, GoldenComparison compared, String tensor, float[] numbers) {
    compared.tensor(tensor, published.like(tensor, numbers));
  }
}
