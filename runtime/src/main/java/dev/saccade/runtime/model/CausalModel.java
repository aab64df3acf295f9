package dev.saccade.runtime.model;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Feature;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.safetensors.TensorType;
import dev.saccade.runtime.tokenize.TokenSequence;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.weights.ModelWeights;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A causal language model whose attention can be exchanged while it serves. */
public final class CausalModel extends TransformerModel {

  private final PretrainedDecoder pretrained;
  private final boolean ownsWeights;

  private CausalModel(
      PretrainedDecoder pretrained,
      MechanismRegistry registry,
      List<SlotChoice> choices,
      long seed,
      boolean ownsWeights) {
    super(serve(pretrained, registry, choices, seed), pretrained.config().vocabularySize());
    this.pretrained = pretrained;
    this.ownsWeights = ownsWeights;
  }

  private static ServedModel serve(
      PretrainedDecoder pretrained,
      MechanismRegistry registry,
      List<SlotChoice> choices,
      long seed) {
    OptConfig config = pretrained.config();
    ModelWeights weights = pretrained.weights();
    AttentionSpec spec = spec(config);
    return new ServedModel(
        registry,
        (slots, key) ->
            OptGraph.build(
                config,
                new TransformerParts(weights, spec, slots, key, OptConfig.LAYER_NORM_EPSILON)),
        spec,
        config.layers(),
        choices,
        new ParameterStore(seed, AttentionFile.read(pretrained.source())),
        seed);
  }

  /**
   * @param pretrained the weights; stays open as long as this model
   * @param choices one a layer
   * @param seed for the parameters that mechanisms bring
   * @throws SaccadeException if a mechanism is not installed or refuses the model
   */
  public CausalModel(
      PretrainedDecoder pretrained,
      MechanismRegistry registry,
      List<SlotChoice> choices,
      long seed) {
    this(pretrained, registry, choices, seed, false);
  }

  /**
   * Opens a Hugging Face directory; see {@link PretrainedDecoder#open}. Closing the model frees its
   * weights.
   */
  public static CausalModel open(
      Path directory, MechanismRegistry registry, List<SlotChoice> choices, long seed) {
    PretrainedDecoder pretrained = PretrainedDecoder.open(directory);
    boolean opened = false;
    try {
      CausalModel model = new CausalModel(pretrained, registry, choices, seed, true);
      opened = true;
      return model;
    } finally {
      if (!opened) {
        pretrained.close();
      }
    }
  }

  /** What every attention layer of a model of this size computes. */
  public static AttentionSpec spec(OptConfig config) {
    return AttentionSpec.multiHead(config.heads(), config.headSize())
        .withMaxPositions(config.maximumPositions())
        .withMasking(Masking.CAUSAL_PADDING);
  }

  /** The weights and sizes. */
  public PretrainedDecoder pretrained() {
    return pretrained;
  }

  /** Returns another model on the same weights, which stay this one's. */
  public CausalModel withAttention(String mechanism, Map<String, String> options) {
    return new CausalModel(
        pretrained,
        served().registry(),
        served().everywhere(mechanism, options),
        served().seed(),
        false);
  }

  /**
   * Whether texts can be continued token by token with the mechanisms now in the slots; see {@link
   * #decode(int)}.
   */
  public boolean decodes() {
    return withSlots(
        slots -> slots.stream().allMatch(slot -> slot.layer().incremental().isPresent()));
  }

  /**
   * A text as this model reads it: the token that every text begins with, then those of the text.
   *
   * @throws SaccadeException if the tokenizer has tokens that the model does not know
   */
  public int[] tokens(String text, Tokenizer tokenizer) {
    int known = pretrained.config().vocabularySize();
    if (tokenizer.vocabularySize() > known) {
      throw new SaccadeException(
          "the tokenizer has %d tokens, but the model only %d; use the tokenizer that it was trained with"
              .formatted(tokenizer.vocabularySize(), known));
    }
    int[] ids = tokenizer.textIds(text);
    int[] tokens = new int[ids.length + 1];
    tokens[0] = pretrained.config().beginId();
    System.arraycopy(ids, 0, tokens, 1, ids.length);
    return tokens;
  }

  /**
   * Texts side by side, padded behind to a power of two where the mechanisms now in the slots give
   * the same with padding: a handful of graphs then serve texts of all lengths.
   *
   * @param most no more positions than this are padded to
   */
  public TokenBatch batch(List<int[]> texts, int most) {
    boolean paddable =
        withSlots(
            slots ->
                slots.stream()
                    .allMatch(slot -> slot.capabilities().has(Feature.PADDING_INVARIANT)));
    int longest = texts.stream().mapToInt(text -> text.length).max().orElse(1);
    int power = longest > most ? most : Integer.highestOneBit(Math.max(1, 2 * longest - 1));
    return TokenBatch.ofIds(
        texts, pretrained.config().paddingId(), paddable ? Math.min(most, power) : 1);
  }

  /** What the model expects after every token of these texts; see {@link #logits(TokenBatch)}. */
  public Logits logits(List<TokenSequence> texts) {
    return logits(TokenBatch.of(texts, pretrained.config().paddingId()));
  }

  /**
   * What the model expects after every token: {@code [B, T, V]}. Those at padding mean nothing.
   *
   * @throws SaccadeException if a text is longer than the model's positions or has an unknown
   *     token, or the mechanism is gone and the policy refuses
   */
  public Logits logits(TokenBatch batch) {
    return run(
        batch,
        Set.of(),
        graph -> List.of(GraphNames.TOKEN_LOGITS),
        (outputs, peakBytes) ->
            Logits.of(batch, batch.positions(), outputs.floats(GraphNames.TOKEN_LOGITS)));
  }

  /**
   * How surprised the model is by every next token: −log p in nats, {@code [B·T]} row-major. Entry
   * t of a text is about its token t + 1; where none follows, it is zero. Much smaller than {@link
   * #logits}.
   *
   * @throws SaccadeException as {@link #logits(TokenBatch)}
   */
  public float[] surprisals(TokenBatch batch) {
    batch.requireFits(spec().maxPositions(), pretrained.config().vocabularySize());
    int[] labels = Objective.NEXT_TOKEN.shifted(batch, batch.nextTokens());
    String surprisal = Objective.NEXT_TOKEN.surprisal();
    try (GraphInputs inputs =
        GraphInputs.of(batch).with(Objective.NEXT_TOKEN.labels(), LearningModel.array(labels))) {
      return served()
          .run(
              batch,
              inputs,
              Set.of(),
              graph -> List.of(surprisal),
              (outputs, peakBytes) -> outputs.floats(surprisal));
    }
  }

  /**
   * Runs a batch and keeps what went on inside: hidden states, the last of them after the final
   * norm and projection, and what entered and left the attention slots.
   *
   * @param probes what the layers should show; those that a layer cannot show are left out
   * @throws SaccadeException as {@link #logits(TokenBatch)}
   */
  public Trace trace(TokenBatch batch, Set<Probe> probes) {
    int layers = pretrained.config().layers();
    return run(
        batch,
        probes,
        graph -> GraphNames.outputs(graph, layers),
        (outputs, peakBytes) -> Trace.read(outputs, batch, layers, probes));
  }

  /** Begins a text of up to the model's positions; see {@link #decode(int)}. */
  public CausalDecoding decode() {
    return decode(spec().maxPositions());
  }

  /**
   * Begins a text that is read and continued token by token, without computing again what was
   * there. Several may go on side by side.
   *
   * @param capacity the most tokens that the text will have, from which caches may be sized
   * @throws SaccadeException if a mechanism cannot decode, the model has fewer positions, or the
   *     mechanism is gone and the policy refuses
   */
  public CausalDecoding decode(int capacity) {
    return served()
        .call(call -> CausalDecoding.open(served(), call, pretrained.config(), capacity));
  }

  /**
   * Saves it as {@link PretrainedDecoder#save} does and, where mechanisms bring parameters, those
   * too, in {@code attention.safetensors} in float32: whoever opens the directory with the same
   * mechanisms finds them. Which mechanisms those are is in {@link AttentionChoices}.
   */
  public void save(Path directory, TensorType type) {
    save(directory, () -> pretrained.save(directory, type));
  }

  /** This model as a learner of next tokens. */
  public LearningModel learning() {
    return LearningModel.open(
        served(),
        pretrained.weights(),
        Goal.of(Objective.NEXT_TOKEN),
        pretrained.config().vocabularySize());
  }

  /**
   * This model as a student: it learns next tokens, and from what a teacher computes of every
   * batch.
   *
   * @param teacher of the same sizes, with exact attention; it does not learn, has weights of its
   *     own, and stays open as long as the student learns
   * @throws SaccadeException if the sizes differ
   */
  public LearningModel learningFrom(CausalModel teacher, DistillationWeights weights) {
    OptConfig config = pretrained.config();
    OptConfig other = teacher.pretrained.config();
    if (!config.equals(other)) {
      throw new SaccadeException(
          "teacher and student must have the same sizes, but are %s and %s"
              .formatted(other, config));
    }
    return LearningModel.open(
        served(),
        pretrained.weights(),
        Goal.from(teacher.served(), Objective.NEXT_TOKEN, config.layers(), weights),
        config.vocabularySize());
  }

  /**
   * Ends texts that are being continued, waits for calls in flight and frees graphs, added
   * parameters and, if {@link #open} read them, weights. Calls that wait for a bundle fail.
   *
   * @throws IllegalStateException if the caller is itself a call in flight
   */
  @Override
  public void close() {
    super.close();
    if (ownsWeights) {
      pretrained.close();
    }
  }
}
