package dev.saccade.runtime.model;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.safetensors.TensorType;
import dev.saccade.runtime.tokenize.TokenSequence;
import dev.saccade.runtime.weights.BertConfig;
import dev.saccade.runtime.weights.ModelWeights;
import dev.saccade.runtime.weights.PretrainedModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A pretrained encoder whose attention can be exchanged while it serves. */
public final class EncoderModel extends TransformerModel {

  private final PretrainedModel pretrained;

  /**
   * @param pretrained the weights; stays open as long as this model
   * @param choices one a layer
   * @param seed for the parameters that mechanisms bring
   * @throws SaccadeException if a mechanism is not installed or refuses the model
   */
  public EncoderModel(
      PretrainedModel pretrained, MechanismRegistry registry, List<SlotChoice> choices, long seed) {
    super(serve(pretrained, registry, choices, seed), pretrained.config().vocabularySize());
    this.pretrained = pretrained;
  }

  private static ServedModel serve(
      PretrainedModel pretrained, MechanismRegistry registry, List<SlotChoice> choices, long seed) {
    BertConfig config = pretrained.config();
    ModelWeights weights = pretrained.weights();
    AttentionSpec spec = spec(config);
    return new ServedModel(
        registry,
        (slots, key) ->
            BertGraph.build(
                config,
                pretrained.tokenizer().paddingId(),
                weights,
                new TransformerParts(weights, spec, slots, key, config.layerNormEpsilon())),
        spec,
        config.layers(),
        choices,
        new ParameterStore(seed, AttentionFile.read(pretrained.source())),
        seed);
  }

  /** What every attention layer of a model of this size computes. */
  public static AttentionSpec spec(BertConfig config) {
    return AttentionSpec.multiHead(config.heads(), config.headSize())
        .withMaxPositions(config.maximumPositions())
        .withMasking(Masking.PADDING);
  }

  /** The weights, sizes and tokenizer. */
  public PretrainedModel pretrained() {
    return pretrained;
  }

  /** Returns another model on the same weights with this mechanism in every slot. */
  public EncoderModel withAttention(String mechanism, Map<String, String> options) {
    return new EncoderModel(
        pretrained, served().registry(), served().everywhere(mechanism, options), served().seed());
  }

  /** As {@link #withAttention(String, Map)} with default options. */
  public EncoderModel withAttention(String mechanism) {
    return withAttention(mechanism, Map.of());
  }

  /**
   * Encodes texts as one batch, padded to the longest; texts above the model's positions are cut.
   *
   * @throws SaccadeException if there is no text, or the mechanism is gone and the policy refuses
   */
  public Encoding encode(List<String> texts) {
    return encodeTokens(texts.stream().map(this::tokens).toList());
  }

  /** As {@link #encode(List)} for one text. */
  public Encoding encode(String text) {
    return encode(List.of(text));
  }

  /**
   * Encodes token sequences as one batch, padded to the longest.
   *
   * @throws SaccadeException if there is none, or one has no token or more than the model's
   *     positions
   */
  public Encoding encodeTokens(List<TokenSequence> batch) {
    String last = GraphNames.hidden(pretrained.config().layers());
    int hiddenSize = pretrained.config().hiddenSize();
    TokenBatch padded = padded(batch);
    return run(
        padded,
        Set.of(),
        graph -> List.of(last),
        (outputs, peakBytes) ->
            new Encoding(batch, padded.positions(), hiddenSize, outputs.floats(last), peakBytes));
  }

  private TokenSequence tokens(String text) {
    return pretrained.tokenizer().encode(text, spec().maxPositions());
  }

  private TokenBatch padded(List<TokenSequence> batch) {
    return TokenBatch.of(batch, pretrained.tokenizer().paddingId());
  }

  /**
   * Encodes token sequences as one batch and keeps what went on inside.
   *
   * @param probes what the layers should show; those that a layer cannot show are left out
   * @throws SaccadeException as {@link #encodeTokens}
   */
  public Trace trace(List<TokenSequence> batch, Set<Probe> probes) {
    return trace(padded(batch), probes);
  }

  /** As {@link #trace(List, Set)} for a batch that is padded already. */
  public Trace trace(TokenBatch batch, Set<Probe> probes) {
    int layers = pretrained.config().layers();
    return run(
        batch,
        probes,
        graph -> GraphNames.outputs(graph, layers),
        (outputs, peakBytes) -> Trace.read(outputs, batch, layers, probes));
  }

  /**
   * What the masked-word head says of every token: numbers before the softmax.
   *
   * @throws SaccadeException if the model has no such head, or as {@link #encodeTokens}
   */
  public Logits tokenLogits(TokenBatch batch) {
    requireHead(Objective.MASKED_TOKEN);
    return run(
        batch,
        Set.of(),
        graph -> List.of(GraphNames.TOKEN_LOGITS),
        (outputs, peakBytes) ->
            Logits.of(batch, batch.positions(), outputs.floats(GraphNames.TOKEN_LOGITS)));
  }

  /**
   * What the classifier says of every sequence, at its position 0: numbers before the softmax.
   *
   * @throws SaccadeException if the model has no such head, or as {@link #encodeTokens}
   */
  public Logits classLogits(TokenBatch batch) {
    requireHead(Objective.CLASS);
    return run(
        batch,
        Set.of(),
        graph -> List.of(GraphNames.CLASS_LOGITS),
        (outputs, peakBytes) -> Logits.of(batch, 1, outputs.floats(GraphNames.CLASS_LOGITS)));
  }

  /**
   * What the pooler makes of every sequence's position 0, {@code [B, C]} row-major.
   *
   * @throws SaccadeException if the model has no pooler, or as {@link #encodeTokens}
   */
  public float[] pooled(TokenBatch batch) {
    if (!pretrained.weights().has("pooler.dense.bias")) {
      throw new SaccadeException("%s has no pooler (pooler.dense)".formatted(pretrained.name()));
    }
    return run(
        batch,
        Set.of(),
        graph -> List.of(GraphNames.POOLED),
        (outputs, peakBytes) -> outputs.floats(GraphNames.POOLED));
  }

  /**
   * This model as a learner of its head's objective: {@link Objective#MASKED_TOKEN} or {@link
   * Objective#CLASS}.
   *
   * @throws SaccadeException if the model has no such head
   */
  public LearningModel learning(Objective objective) {
    requireHead(objective);
    return LearningModel.open(
        served(), pretrained.weights(), Goal.of(objective), pretrained.config().vocabularySize());
  }

  /**
   * This model as a student: it learns its head's objective, and from what a teacher computes of
   * every batch.
   *
   * @param teacher of the same sizes and heads, with exact attention; it does not learn, has
   *     weights of its own, and stays open as long as the student learns
   * @throws SaccadeException if the sizes differ, or either has no such head
   */
  public LearningModel learningFrom(
      EncoderModel teacher, Objective objective, DistillationWeights weights) {
    requireHead(objective);
    teacher.requireHead(objective);
    BertConfig config = pretrained.config();
    if (!config.equals(teacher.pretrained.config())) {
      throw new SaccadeException(
          "teacher and student must have the same sizes, but are %s and %s"
              .formatted(teacher.pretrained.config(), config));
    }
    return LearningModel.open(
        served(),
        pretrained.weights(),
        Goal.from(teacher.served(), objective, config.layers(), weights),
        config.vocabularySize());
  }

  private void requireHead(Objective objective) {
    ModelWeights weights = pretrained.weights();
    boolean there =
        switch (objective) {
          case NEXT_TOKEN -> false;
          case MASKED_TOKEN -> weights.has("cls.predictions.bias");
          case CLASS -> weights.has("classifier.bias") && weights.has("pooler.dense.bias");
        };
    if (!there) {
      throw new SaccadeException(
          "%s has no head for %s; a BERT may have those for MASKED_TOKEN (cls.predictions) and CLASS (pooler and classifier)"
              .formatted(pretrained.name(), objective));
    }
  }

  /**
   * Saves it as {@link PretrainedModel#save} does and, where mechanisms bring parameters, those
   * too, as {@link CausalModel#save} does.
   */
  public void save(Path directory, TensorType type) {
    save(directory, () -> pretrained.save(directory, type));
  }
}
