package dev.saccade.runtime.model;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.ShownProbe;
import dev.saccade.runtime.engine.GraphCache;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.ModelBinding.GraphKey;
import dev.saccade.runtime.tokenize.TokenSequence;
import dev.saccade.runtime.weights.BertConfig;
import dev.saccade.runtime.weights.PretrainedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A pretrained encoder whose attention can be exchanged while it serves.
 *
 * <p>Calls in flight finish on the mechanism that they began with; calls that begin after a swap
 * run on the new one. When a bundle is updated, the model follows by itself. Safe for use by many
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
    this.spec = spec(config);
    this.parameters = new ParameterStore(seed);
    this.binding = bind(onePerLayer(choices));
  }

  private LiveBinding bind(List<SlotChoice> choices) {
    boolean bound = false;
    try {
      LiveBinding live =
          new LiveBinding(
              registry,
              choices,
              fillings ->
                  ModelBinding.build(
                      fillings, pretrained.config(), pretrained.weights(), spec, parameters));
      bound = true;
      return live;
    } finally {
      if (!bound) {
        parameters.close();
      }
    }
  }

  /** What every attention layer of a model of this size computes. */
  public static AttentionSpec spec(BertConfig config) {
    return AttentionSpec.multiHead(config.heads(), config.headSize())
        .withMaxPositions(config.maximumPositions())
        .withMasking(Masking.PADDING);
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

  /** How many numbers the mechanisms now in the slots add to the pretrained ones. */
  public long addedParameters() {
    return withSlots(
        slots ->
            slots.stream()
                .flatMap(slot -> slot.parameters().values().stream())
                .mapToLong(INDArray::length)
                .sum());
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

  /**
   * Says what calls do when a bundle has left, those that are waiting included; {@link
   * WhenGone#waiting} unless set.
   *
   * @throws SaccadeException if it is to fall back to a mechanism that is not installed
   */
  public void whenGone(WhenGone policy) {
    binding.whenGone(policy);
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
    String last = BertGraph.hidden(pretrained.config().layers());
    int hiddenSize = pretrained.config().hiddenSize();
    return run(
        batch,
        Set.of(),
        graph -> List.of(last),
        (outputs, peakBytes) ->
            new Encoding(batch, longest(batch), hiddenSize, outputs.floats(last), peakBytes));
  }

  private TokenSequence tokens(String text) {
    return pretrained.tokenizer().encode(text, spec.maxPositions());
  }

  /**
   * Encodes token sequences as one batch and keeps what went on inside.
   *
   * @param probes what the layers should show; those that a layer cannot show are left out
   * @throws SaccadeException as {@link #encodeTokens}
   */
  public Trace trace(List<TokenSequence> batch, Set<Probe> probes) {
    int layers = pretrained.config().layers();
    return run(
        batch,
        probes,
        graph -> BertGraph.outputs(graph, layers),
        (outputs, peakBytes) -> {
          List<float[]> hidden = new ArrayList<>();
          for (int n = 0; n <= layers; n++) {
            hidden.add(outputs.floats(BertGraph.hidden(n)));
          }
          List<Trace.OfLayer> traced = new ArrayList<>();
          for (int layer = 0; layer < layers; layer++) {
            traced.add(traced(outputs, layer, probes, longest(batch)));
          }
          return new Trace(batch.size(), longest(batch), hidden, traced);
        });
  }

  private static Trace.OfLayer traced(
      GraphOutputs outputs, int layer, Set<Probe> probes, int positions) {
    Map<Probe, ShownProbe> shown = new LinkedHashMap<>();
    for (Probe probe : probes) {
      ShownProbe.of(outputs, BertGraph.probe(layer, probe), positions)
          .ifPresent(value -> shown.put(probe, value));
    }
    return new Trace.OfLayer(
        outputs.floats(BertGraph.attentionInput(layer, "query")),
        outputs.floats(BertGraph.attentionInput(layer, "key")),
        outputs.floats(BertGraph.attentionInput(layer, "value")),
        outputs.floats(BertGraph.context(layer)),
        shown);
  }

  /**
   * Lends the filled attention slots, one a layer, with the mechanisms held in place meanwhile.
   * Nothing of a slot may be kept. {@code use} must not call this model: that call might wait for a
   * bundle to come back which cannot leave before {@code use} returns.
   */
  public <R> R withSlots(Function<List<AttentionSlot>, R> use) {
    return binding.call(call -> use.apply(call.slots()));
  }

  private interface Reader<R> {
    R read(GraphOutputs outputs, long peakBytes);
  }

  private <R> R run(
      List<TokenSequence> batch,
      Set<Probe> probes,
      Function<SameDiff, List<String>> outputs,
      Reader<R> reader) {
    requireEncodable(batch);
    GraphKey key = new GraphKey(LayerSize.self(batch.size(), longest(batch)), probes);
    return binding.call(
        call -> {
          try (GraphCache<GraphKey>.Loan loan = call.graphs().borrow(key);
              Inputs inputs = inputs(batch);
              GraphOutputs computed =
                  loan.runner().run(inputs.byName(), outputs.apply(loan.runner().graph()))) {
            return reader.read(computed, loan.runner().peakBytes());
          }
        });
  }

  private record Inputs(INDArray tokens, INDArray real) implements AutoCloseable {

    Map<String, INDArray> byName() {
      return Map.of(BertGraph.TOKENS, tokens, BertGraph.REAL, real);
    }

    @Override
    public void close() {
      tokens.close();
      real.close();
    }
  }

  private Inputs inputs(List<TokenSequence> batch) {
    int positions = longest(batch);
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
    return new Inputs(
        Nd4j.createFromArray(ids).reshape(batch.size(), positions),
        Nd4j.createFromArray(real).reshape(batch.size(), positions));
  }

  private void requireEncodable(List<TokenSequence> batch) {
    if (batch.isEmpty()) {
      throw new SaccadeException("there is no text to encode; give at least one");
    }
    for (int text = 0; text < batch.size(); text++) {
      int length = batch.get(text).length();
      if (length < 1 || length > spec.maxPositions()) {
        throw new SaccadeException(
            "every text must have 1 to %d tokens, the positions of this model, but text %d has %d"
                .formatted(spec.maxPositions(), text, length));
      }
    }
  }

  private static int longest(List<TokenSequence> batch) {
    return batch.stream().mapToInt(TokenSequence::length).max().orElseThrow();
  }

  private List<SlotChoice> everywhere(String mechanism, Map<String, String> options) {
    return Collections.nCopies(pretrained.config().layers(), new SlotChoice(mechanism, options));
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

  /**
   * Waits for calls in flight and frees graphs and added parameters; the weights stay. Calls that
   * wait for a bundle fail.
   *
   * @throws IllegalStateException if the caller is itself a call in flight
   */
  @Override
  public void close() {
    binding.close();
    parameters.close();
  }
}
