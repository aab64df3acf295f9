package dev.saccade.plugins.sea;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.conformance.golden.GoldenFolder;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A golden case of SEA in the words of this plugin.
 *
 * <p>A few cases are in the resources; {@code -Dgolden.dir=DIR} takes all those in DIR/sea,
 * DIR/incremental and DIR/unit.
 *
 * @param golden {@code w.*} weights, {@code in.*} inputs, and what the published code computed:
 *     {@code x.*} steps, {@code loss.*} losses, {@code g.*} gradients, {@code csr.*} its GPU
 *     kernels
 */
record SeaCase(GoldenCase golden) {

  private static final String DEEPER = "w.attention_predictor_cnn.1.module.net.7.module.weight";

  /** Passes over one attention layer. */
  static GoldenFolder layers() {
    return GoldenFolder.of("sea", SeaCase.class)
        .ofKinds("sea_attention")
        .leaving("sea_bert_model", "saccade-runtime")
        .leaving("sea_opt_model", "saccade-runtime");
  }

  /** Decoding, token by token. */
  static GoldenFolder decoding() {
    return GoldenFolder.of("incremental", SeaCase.class).ofKinds("sea_incremental");
  }

  /** Tables of single functions. */
  static GoldenFolder tables() {
    return GoldenFolder.of("unit", SeaCase.class).ofKinds("unit_resize", "unit_topk_count");
  }

  /** One of the cases in the resources, whatever {@code -Dgolden.dir} says. */
  static SeaCase among(String subject, String name) {
    return new SeaCase(GoldenFolder.amongResources(subject, SeaCase.class).read(name));
  }

  static List<SeaCase> in(GoldenFolder folder) {
    return folder.cases().stream().map(SeaCase::new).toList();
  }

  INDArray tensor(String tensor) {
    return golden.tensor(tensor);
  }

  AttentionSpec spec() {
    INDArray query = tensor("in.q"); // [B, H, T, D]
    AttentionSpec spec = AttentionSpec.multiHead((int) query.size(1), (int) query.size(3));
    if (!causal()) {
      return spec.withMasking(padded() ? Masking.PADDING : Masking.NONE);
    }
    return spec.withMaxPositions((int) tensor("w.v_eye_learned_causal").size(2))
        .withMasking(padded() ? Masking.CAUSAL_PADDING : Masking.CAUSAL);
  }

  /** Its configuration in the words of this plugin. */
  Map<String, String> options() {
    String grouping =
        golden.config("k_flatten").asBoolean()
            ? golden.config("k_flatten_dim").asText().replace('_', '-')
            : "query";
    return Map.of(
        "k", golden.config("k").asText(),
        "width", golden.config("attention_predictor_length").asText(),
        "feature-divisor", golden.config("performer_nb_factor").asText(),
        "grouping", grouping,
        "oversample", golden.config("k_oversample").asText(),
        "scale",
            golden.manifest().path("scores_divided_by_sqrt_d").asBoolean() ? "scores" : "nothing",
        "scaler", golden.config("partial_attention_scaler").asText(),
        "joint-encoder", golden.config("attention_predictor_enc_per_layer").asText(),
        "deeper", String.valueOf(golden.has(DEEPER)),
        "constant-shift", "true");
  }

  boolean causal() {
    return golden.config("causal").asBoolean();
  }

  boolean oversampled() {
    return golden.config("k_oversample").asDouble() > 1;
  }

  /** Whether estimates are equal, so that which of them is kept is anyone's choice. */
  boolean tied() {
    return golden.manifest().path("exact_ties_present").asBoolean();
  }

  /** The stored value of a parameter, in its shape. */
  INDArray parameter(Parameter parameter, SeaOptions options) {
    INDArray stored = tensor(weight(parameter, options));
    return Shape.of(stored.shape()).equals(parameter.shape())
        ? stored
        : withoutRowsThatLookAhead(stored);
  }

  /** What the file calls a parameter. */
  String weight(Parameter parameter, SeaOptions options) {
    return "w." + CheckpointNames.of(parameter, spec(), options);
  }

  /** {@code [out, in, 5, 3]} to {@code [out, in, 3, 3]}. */
  static INDArray withoutRowsThatLookAhead(INDArray stored) {
    return stored.get(all(), all(), interval(0, CheckpointNames.ROWS_THAT_LOOK_BACK), all()).dup();
  }

  boolean padded() {
    return realPositions().minNumber().doubleValue() == 0;
  }

  /** One for real, zero for padding, {@code [B, T]}. */
  INDArray realPositions() {
    INDArray mask = tensor("in.attention_mask"); // [B, 1, 1 or T, S]
    INDArray last = mask.get(all(), all(), point(mask.size(2) - 1), all());
    return last.gt(-1).castTo(mask.dataType()).reshape(mask.size(0), mask.size(3));
  }

  @Override
  public String toString() {
    return golden.name();
  }
}
