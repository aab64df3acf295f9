package dev.saccade.runtime.model;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.engine.GraphCache;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.ModelBinding.GraphKey;
import dev.saccade.runtime.model.ModelBinding.Leases;
import dev.saccade.runtime.tokenize.TokenSequence;
import dev.saccade.runtime.weights.BertConfig;
import dev.saccade.runtime.weights.PretrainedModel;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A pretrained encoder whose attention can be exchanged while it serves.
 *
 * <p>Calls in flight finish on the mechanism that they began with; calls that begin after a swap run
 * on the new one. When a bundle is updated, the model follows by itself. Safe for use by many
 * threads.
 */
public final class EncoderModel implements AutoCloseable {

  private final PretrainedModel pretrained;
  private final MechanismRegistry registry;
  private final long seed;
  private final AttentionSpec spec;
  private final ParameterStore parameters;
  private final LiveBinding binding;

  /**
   * @param pretrained the weights; stays open as long as this model
   * @param choices one a layer
   * @param seed for the parameters that mechanisms bring
   * @throws SaccadeException if a mechanism is not installed or refuses the model
   */
  public EncoderModel(
      PretrainedModel pretrained, MechanismRegistry registry, List<SlotChoice> choices, long seed) {
    this.pretrained = pretrained;
    this.registry = registry;
    this.seed = seed;
    BertConfig config = pretrained.config();
    this.spec =
        AttentionSpec.multiHead(config.heads(), config.headSize())
            .withMaxPositions(config.maximumPositions())
            .withMasking(Masking.PADDING);
    this.parameters = new ParameterStore(seed);
    this.binding =
        new LiveBinding(
            registry,
            onePerLayer(choices),
            fillings ->
                ModelBinding.build(
                    fillings, config, pretrained.weights(), spec, this.parameters));
  }

  /** What every attention layer of this model computes. */
  public AttentionSpec spec() {
    return spec;
  }

  /** The weights, sizes and tokenizer. */
  public PretrainedModel pretrained() {
    return pretrained;
  }

  /** What each layer's attention slot is meant to hold. */
  public List<SlotChoice> choices() {
    return binding.choices();
  }

  /** How many numbers the mechanisms in the slots added to the pretrained ones. */
  public long addedParameters() {
    return parameters.elements();
  }

  /** Returns another model on the same weights with this mechanism in every slot. */
  public EncoderModel withAttention(String mechanism, Map<String, String> options) {
    return new EncoderModel(pretrained, registry, everywhere(mechanism, options), seed);
  }

  /** As {@link #withAttention(String, Map)} with default options. */
  public EncoderModel withAttention(String mechanism) {
    return withAttention(mechanism, Map.of());
  }

  /**
   * Swaps the mechanism in every slot of this model. Calls in flight finish on the old one.
   *
   * @throws SaccadeException if it is not installed or refuses; then nothing has changed
   */
  public void useAttention(String mechanism, Map<String, String> options) {
    useAttention(everywhere(mechanism, options));
  }

  /** As {@link #useAttention(String, Map)}, slot by slot: one choice a layer. */
  public void useAttention(List<SlotChoice> choices) {
    binding.choose(onePerLayer(choices));
  }

  /** Says what calls do when a bundle has left; {@link WhenGone#waiting} unless set. */
  public void whenGone(WhenGone policy) {
    binding.whenGone(policy);
  }

  /**
   * Encodes texts as one batch, padded to the longest; texts above the model's positions are cut.
   *
   * @throws SaccadeException if there is no text, or the mechanism is gone and the policy refuses
   */
  public Encoding encode(List<String> texts) {
    if (texts.isEmpty()) {
      throw new SaccadeException("there is no text to encode; give at least one");
    }
    return encodeTokens(texts.stream().map(this::tokens).toList());
  }

  /** As {@link #encode(List)} for one text. */
  public Encoding encode(String text) {
    return encode(List.of(text));
  }

  /** Encodes token sequences as one batch, padded to the longest. */
  public Encoding encodeTokens(List<TokenSequence> batch) {
    int positions = batch.stream().mapToInt(TokenSequence::length).max().orElseThrow();
    String last = BertGraph.hidden(pretrained.config().layers());
    return run(
        batch,
        Set.of(),
        List.of(last),
        run ->
            new Encoding(
                batch,
                positions,
                pretrained.config().hiddenSize(),
                run.outputs().get(last).data().asFloat()));
  }

  private TokenSequence tokens(String text) {
    return pretrained.tokenizer().encode(text, spec.maxPositions());
  }

  /**
   * One finished run of the model's graph.
   *
   * @param outputs what was asked for; valid until the reader returns
   * @param slots what filled the layers
   * @param peakBytes the most native memory that the run held at once, weights aside
   */
  public record Run(
      GraphOutputs outputs,
      List<AttentionSlot> slots,
      long peakBytes) {}

  /**
   * Runs the graph for a batch and hands named outputs, see {@link BertGraph}, to a reader.
   *
   * @param probes what the layers should show besides
   */
  <R> R run(
      List<TokenSequence> batch,
      Set<Probe> probes,
      Collection<String> outputs,
      Function<Run, R> reader) {
    int positions = batch.stream().mapToInt(TokenSequence::length).max().orElseThrow();
    GraphKey key = new GraphKey(LayerSize.self(batch.size(), positions), probes);
    while (true) {
      ModelBinding bound = binding.get();
      Optional<Leases> acquired = bound.tryAcquire();
      if (acquired.isEmpty()) {
        continue;
      }
      try (Leases leases = acquired.get();
          GraphCache.Loan loan = bound.graphs().take(key)) {
        return run(loan.runner(), bound, batch, positions, outputs, reader);
      }
    }
  }

  private <R> R run(
      GraphRunner runner,
      ModelBinding bound,
      List<TokenSequence> batch,
      int positions,
      Collection<String> outputs,
      Function<Run, R> reader) {
    int[] ids = new int[batch.size() * positions];
    float[] real = new float[ids.length];
    Arrays.fill(ids, pretrained.tokenizer().paddingId());
    for (int text = 0; text < batch.size(); text++) {
      TokenSequence tokens = batch.get(text);
      for (int t = 0; t < tokens.length(); t++) {
        ids[text * positions + t] = tokens.id(t);
        real[text * positions + t] = 1;
      }
    }
    try (INDArray tokens = Nd4j.createFromArray(ids).reshape(batch.size(), positions);
        INDArray mask = Nd4j.createFromArray(real).reshape(batch.size(), positions);
        GraphOutputs computed =
            runner.run(Map.of(BertGraph.TOKENS, tokens, BertGraph.REAL, mask), outputs)) {
      return reader.apply(new Run(computed, bound.slots(), runner.peakBytes()));
    }
  }

  private List<SlotChoice> everywhere(String mechanism, Map<String, String> options) {
    return Collections.nCopies(
        pretrained.config().layers(), new SlotChoice(mechanism, options));
  }

  private List<SlotChoice> onePerLayer(List<SlotChoice> choices) {
    int layers = pretrained.config().layers();
    if (choices.size() != layers) {
      throw new SaccadeException(
          "there must be one choice for each of the %d layers but there are %d"
              .formatted(layers, choices.size()));
    }
    return choices;
  }

  /** Waits for calls in flight and frees graphs and added parameters; the weights stay. */
  @Override
  public void close() {
    binding.close();
    parameters.close();
  }
}
