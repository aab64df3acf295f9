package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.option.Options;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.conformance.golden.GoldenComparison;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.conformance.golden.GoldenModel;
import dev.saccade.conformance.golden.GoldenReport;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.DistillationWeights;
import dev.saccade.runtime.model.DistillationWeights.Layers;
import dev.saccade.runtime.model.EncoderModel;
import dev.saccade.runtime.model.LearnedParameter;
import dev.saccade.runtime.model.LearningModel;
import dev.saccade.runtime.model.LossGradients;
import dev.saccade.runtime.model.Objective;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.model.Trace;
import dev.saccade.runtime.weights.PretrainedModel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
 * Whole students that learn from whole teachers, against the published trainers: hidden states,
 * logits, kept keys, every part of the loss, and its gradients down to every weight.
 */
class PublishedModelsTest {

  private static final String STUDENT = ".student.weights.safetensors";
  private static final String TEACHER = ".teacher.weights.safetensors";
  private static final String IN_LAYER = "perlin_self_attention.attention.";

  private static final GoldenFolder FOLDER =
      GoldenFolder.of("models", PublishedModelsTest.class)
          .ofKinds("sea_opt_model", "sea_bert_model")
          .leaving("opt_", "saccade-baselines")
          .leaving("bert_", "saccade-baselines");

  private static final GoldenReport REPORT = new GoldenReport("SEA in whole models", FOLDER);

  private static final MechanismRegistry MECHANISMS = new MechanismRegistry();

  @TempDir Path directory;

  static List<GoldenCase> published() {
    return FOLDER.cases();
  }

  @BeforeAll
  static void install() {
    Nd4jPlatform.start();
    MECHANISMS.add(new SeaAttention(), Version.emptyVersion, "test");
    MECHANISMS.add(new ExactAttention(), Version.emptyVersion, "test");
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close();
  }

  @ParameterizedTest
  @MethodSource("published")
  void a_student_computes_and_learns_as_published(GoldenCase golden) {
    REPORT.check(
        golden,
        Set.of("out.", "teacher.", "x.", "g."),
        compared -> {
          GoldenModel published = new GoldenModel(golden);
          if (golden.kind().equals("sea_opt_model")) {
            compareDecoder(published, compared);
          } else {
            compareEncoder(published, compared);
          }
        });
  }

  /** The published options; OPT scales its queries before all else, BERT its scores. */
  private static Map<String, String> options(GoldenModel published) {
    JsonNode perlin = published.config().get("perlin");
    return Map.of(
        "k", perlin.get("k").asText(),
        "width", perlin.get("attention_predictor_length").asText(),
        "grouping", perlin.get("k_flatten_dim").asText().replace('_', '-'),
        "scale", perlin.get("causal").asBoolean() ? "queries" : "scores",
        "constant-shift", "true");
  }

  private static List<SlotChoice> sea(GoldenModel published) {
    return Collections.nCopies(published.layers(), new SlotChoice("sea", options(published)));
  }

  private static List<SlotChoice> exact(GoldenModel published) {
    return Collections.nCopies(published.layers(), new SlotChoice(ExactAttention.NAME, Map.of()));
  }

  private Path student(GoldenModel published) {
    return published.directory(directory, STUDENT, name -> !name.contains(IN_LAYER));
  }

  private Path teacher(GoldenModel published) {
    return published.directory(directory, TEACHER, name -> true);
  }

  private void compareDecoder(GoldenModel published, GoldenComparison compared) {
    GoldenCase golden = published.golden();
    // The published trainer passes over all layers but the first.
    DistillationWeights weights = DistillationWeights.LANGUAGE.withLayers(Layers.FIRST);
    try (CausalModel teacher =
            CausalModel.open(teacher(published), MECHANISMS, exact(published), 1);
        CausalModel student = CausalModel.open(student(published), MECHANISMS, sea(published), 1)) {
      String layer = "model.decoder.layers.%d.self_attn." + IN_LAYER;
      student.withSlots(slots -> load(published, layer, slots));
      TokenBatch batch = published.batch("in.input_ids", "");
      compare(published, compared, "teacher.logits", teacher.logits(batch).values());
      compare(published, compared, "out.logits", student.logits(batch).values());
      compare(published, compared, student.trace(batch, Set.of(Probe.KEPT)));
      try (LearningModel learning = student.learningFrom(teacher, weights)) {
        int[] labels = golden.integers("in.input_ids");
        compareLearning(published, compared, learning, batch, labels, "model.decoder.", layer);
      }
    }
  }

  private void compareEncoder(GoldenModel published, GoldenComparison compared) {
    GoldenCase golden = published.golden();
    try (PretrainedModel teachers = PretrainedModel.open(teacher(published) + "", directory);
        PretrainedModel students = PretrainedModel.open(student(published) + "", directory);
        EncoderModel teacher = new EncoderModel(teachers, MECHANISMS, exact(published), 1);
        EncoderModel student = new EncoderModel(students, MECHANISMS, sea(published), 1)) {
      String layer = "bert.encoder.layer.%d.attention.self." + IN_LAYER;
      student.withSlots(slots -> load(published, layer, slots));
      TokenBatch batch =
          published
              .batch("in.input_ids", "in.attention_mask")
              .withTypes(published.rows("in.token_type_ids"));
      compare(published, compared, "teacher.logits", teacher.classLogits(batch).values());
      compare(published, compared, "out.logits", student.classLogits(batch).values());
      compare(published, compared, student.trace(batch, Set.of(Probe.KEPT)));
      try (LearningModel learning =
          student.learningFrom(teacher, Objective.CLASS, DistillationWeights.CLASSIFIER)) {
        int[] labels = golden.integers("in.labels");
        compareLearning(published, compared, learning, batch, labels, "bert.", layer);
      }
    }
  }

  /** Gives the slots the published values of what SEA brings. */
  private static int load(GoldenModel published, String layer, List<AttentionSlot> slots) {
    for (int n = 0; n < slots.size(); n++) {
      AttentionSlot slot = slots.get(n);
      for (Parameter parameter : slot.layer().parameters()) {
        String name = layer.formatted(n) + checkpointName(slot, parameter);
        INDArray stored = published.weight(STUDENT, name);
        INDArray value = Objects.requireNonNull(slot.parameters().get(parameter.name()));
        value.assign(stored.equalShapes(value) ? stored : SeaCase.withoutRowsThatLookAhead(stored));
      }
    }
    return slots.size();
  }

  private static String checkpointName(AttentionSlot slot, Parameter parameter) {
    return CheckpointNames.of(parameter, slot.spec(), SeaOptions.from(slot.options()));
  }

  private static void compare(GoldenModel published, GoldenComparison compared, Trace trace) {
    assertThat(trace.hidden()).hasSize(published.hiddenStates());
    for (int n = 0; n < published.hiddenStates(); n++) {
      compare(published, compared, "out.hidden_states." + n, trace.hidden().get(n));
    }
    for (int layer = 0; layer < trace.layers().size(); layer++) {
      String kept = "x.%d.partial_mask_t".formatted(layer);
      float[] mask = trace.layers().get(layer).probe(Probe.KEPT).orElseThrow();
      compare(published, compared, kept, mask);
      compared.leaveOut(
          "x.%d.topk_mask_m".formatted(layer), "no probe; seen through the keys that are kept");
    }
  }

  private static void compare(
      GoldenModel published, GoldenComparison compared, String tensor, float[] numbers) {
    compared.tensor(tensor, published.like(tensor, numbers));
  }

  private static void compareLearning(
      GoldenModel published,
      GoldenComparison compared,
      LearningModel learning,
      TokenBatch batch,
      int[] labels,
      String prefix,
      String layer) {
    GoldenCase golden = published.golden();
    try (LossGradients found = learning.gradients(batch, labels)) {
      Map<String, Double> parts = found.parts();
      String task = golden.has("out.lm_loss") ? "out.lm_loss" : "out.task_loss";
      compared.tensor(task, scalar(parts, "loss." + learning.objective()));
      compared.tensor("out.kd_hidden_mse_mean", scalar(parts, "distillation.hidden"));
      compared.tensor("out.kd_logits_kl", scalar(parts, "distillation.logits"));
      compared.tensor("out.special_loss", scalar(parts, "distillation.mechanisms"));
      compared.tensor("out.total_loss", Nd4j.scalar(found.loss()));
      for (int n = 0; n < published.layers(); n++) {
        compared.tensor("out.layer_loss." + n, scalar(parts, "distillation.layer." + n));
      }
      Map<String, LearnedParameter> byName = byPublishedName(golden, learning, prefix, layer);
      assertThat(byName.keySet())
          .containsAll(golden.names().stream().filter(name -> name.startsWith("g.")).toList());
      byName.forEach(
          (name, parameter) -> {
            INDArray gradient = found.of(parameter);
            if (!golden.has(name)) { // the objective of a layer that the trainer passes over
              assertThat(gradient.amaxNumber().doubleValue()).as(name).isZero();
              return;
            }
            boolean kernel = parameter.name().endsWith(".kernel");
            compared.tensor(
                name,
                PublishedGradientTest.inShapeOf(
                    golden.shape(name), kernel ? gradient.transpose() : gradient));
          });
    }
  }

  private static INDArray scalar(Map<String, Double> parts, String part) {
    return Nd4j.scalar((double) Objects.requireNonNull(parts.get(part), part));
  }

  /** Every trained parameter by the name of its gradient in the file. */
  private static Map<String, LearnedParameter> byPublishedName(
      GoldenCase golden, LearningModel learning, String prefix, String layer) {
    Map<String, LearnedParameter> byName = new LinkedHashMap<>();
    for (LearnedParameter parameter : learning.parameters()) {
      if (parameter.isTrained()) {
        byName.put("g." + publishedName(golden, parameter, prefix, layer), parameter);
      }
    }
    return byName;
  }

  private static String publishedName(
      GoldenCase golden, LearnedParameter parameter, String prefix, String layer) {
    String name = parameter.name().replace(".kernel", ".weight");
    if (parameter.origin() == LearnedParameter.Origin.MODEL) {
      return golden.has("g." + prefix + name) ? prefix + name : name;
    }
    String[] parts = name.split("\\.", 4); // layer.N.sea.NAME
    boolean causal = layer.startsWith("model.");
    return layer.formatted(Integer.parseInt(parts[1])) + checkpointName(parts[3], causal);
  }

  private static String checkpointName(String parameter, boolean causal) {
    AttentionSpec spec =
        AttentionSpec.multiHead(1, 8).withMasking(causal ? Masking.CAUSAL : Masking.NONE);
    SeaOptions options = SeaOptions.from(Options.parse(SeaOptions.SCHEMA, Map.of()));
    return SeaParameters.of(spec, options).stream()
        .filter(each -> each.name().equals(parameter))
        .findFirst()
        .map(each -> CheckpointNames.of(each, spec, options))
        .orElseThrow();
  }
}
