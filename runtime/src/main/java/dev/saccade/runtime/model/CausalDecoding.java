package dev.saccade.runtime.model;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.engine.GraphCache;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.model.ModelBinding.Call;
import dev.saccade.runtime.model.ModelBinding.GraphKey;
import dev.saccade.runtime.model.ModelBinding.GraphKey.Purpose;
import dev.saccade.runtime.weights.OptConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One text that a {@link CausalModel} reads and continues: every token is computed once, and each
 * layer remembers of it what its mechanism needs.
 *
 * <p>Gives the logits that the model gives for the whole text at once. Used by one thread at a
 * time. It goes on with the mechanisms that it began with when the model is given others, and ends
 * when one of their bundles leaves or the model is closed. If reading tokens fails halfway, it
 * closes itself.
 */
public final class CausalDecoding implements AutoCloseable {

  /**
   * The most tokens that are computed at once. Longer texts are read in portions of 256, 128, 64 …
   * tokens, so that a handful of graphs serve texts of all lengths.
   */
  private static final int PORTION = 256;

  private final ServedModel model;
  private final OptConfig config;
  private final int capacity;
  private final List<LayerDecoding> layers = new ArrayList<>();
  private @Nullable Session session;
  private int position;

  private CausalDecoding(ServedModel model, OptConfig config, int capacity) {
    this.model = model;
    this.config = config;
    this.capacity = capacity;
  }

  static CausalDecoding open(ServedModel model, Call call, OptConfig config, int capacity) {
    CausalDecoding decoding = new CausalDecoding(model, config, capacity);
    boolean opened = false;
    try {
      for (AttentionSlot slot : call.slots()) {
        decoding.layers.add(
            slot.decoding(1, capacity)
                .orElseThrow(
                    () ->
                        new SaccadeException(
                            "%s cannot continue a text token by token; choose a mechanism that decodes (saccade mechanisms), or compute the logits of whole texts"
                                .formatted(slot.mechanism()))));
      }
      decoding.session = Session.open(model, call, decoding::close);
      opened = true;
      return decoding;
    } finally {
      if (!opened) {
        decoding.close();
      }
    }
  }

  /** How many tokens it has read. */
  public synchronized int position() {
    return position;
  }

  /** How many tokens it can read in all. */
  public int capacity() {
    return capacity;
  }

  /** How many bytes the layers remember now; what is shared with forks counts for each of them. */
  public synchronized long bytes() {
    return layers.stream().mapToLong(LayerDecoding::bytes).sum();
  }

  /**
   * Reads the next tokens, such as a prompt.
   *
   * @return what the model expects after the last of them, V numbers before the softmax
   * @throws SaccadeException if there is none, one is not in the vocabulary, they do not fit, or a
   *     mechanism is just leaving; nothing is read then
   * @throws IllegalStateException if this is closed
   */
  public synchronized float[] prefill(int... tokens) {
    Session open = requireOpen();
    requireReadable(tokens);
    boolean read = false;
    try (Call call = open.begin()) {
      read = true;
      float[] logits = readAll(call, tokens);
      read = false;
      return logits;
    } finally {
      if (read) {
        close();
      }
    }
  }

  /** Reads one more token; see {@link #prefill}. */
  public float[] step(int token) {
    return prefill(token);
  }

  private float[] readAll(Call call, int[] tokens) {
    int from = 0;
    while (true) {
      int count = Math.min(PORTION, Integer.highestOneBit(tokens.length - from));
      int[] portion = Arrays.copyOfRange(tokens, from, from + count);
      from += count;
      boolean last = from == tokens.length;
      float[] logits = read(call, portion, last);
      position += count;
      if (last) {
        return logits;
      }
    }
  }

  /** Layer by layer: out of the graph, through the mechanism, back into the graph. */
  private float[] read(Call call, int[] tokens, boolean last) {
    GraphKey key = new GraphKey(LayerSize.self(1, tokens.length), Set.of(), Purpose.Plain.DECODING);
    try (GraphCache<GraphKey>.Loan loan = call.graphs().borrow(key)) {
      GraphInputs inputs = GraphInputs.following(position, tokens);
      try {
        for (int layer = 0; layer < layers.size(); layer++) {
          GraphInputs next = through(loan.runner(), layer, inputs);
          inputs.close();
          inputs = next;
        }
        return last ? logits(loan.runner(), inputs) : new float[0];
      } finally {
        inputs.close();
      }
    }
  }

  /** From before a slot to behind it. */
  private GraphInputs through(GraphRunner runner, int layer, GraphInputs inputs) {
    List<String> outputs =
        List.of(
            GraphNames.attentionInput(layer, "query"),
            GraphNames.attentionInput(layer, "key"),
            GraphNames.attentionInput(layer, "value"),
            GraphNames.past(layer));
    try (GraphOutputs computed = runner.run(inputs.byName(), outputs)) {
      INDArray context =
          layers
              .get(layer)
              .advance(
                  computed.get(outputs.get(0)),
                  computed.get(outputs.get(1)),
                  computed.get(outputs.get(2)),
                  null);
      return new GraphInputs()
          .with(GraphNames.context(layer), context)
          .with(GraphNames.pastAgain(layer), computed.copy(outputs.get(3)));
    }
  }

  private static float[] logits(GraphRunner runner, GraphInputs inputs) {
    try (GraphOutputs computed = runner.run(inputs.byName(), GraphNames.TOKEN_LOGITS)) {
      return computed.floats(GraphNames.TOKEN_LOGITS);
    }
  }

  /**
   * Returns a decoding that goes on from here by itself; neither notices what the other reads. The
   * caller closes both.
   *
   * @throws SaccadeException if a mechanism is just leaving
   * @throws IllegalStateException if this is closed
   */
  public synchronized CausalDecoding fork() {
    Session open = requireOpen();
    CausalDecoding fork = new CausalDecoding(model, config, capacity);
    fork.position = position;
    boolean forked = false;
    try (Call call = open.begin()) {
      for (LayerDecoding layer : layers) {
        fork.layers.add(layer.fork(List.of(0)));
      }
      fork.session = Session.open(model, call, fork::close);
      forked = true;
      return fork;
    } finally {
      if (!forked) {
        fork.close();
      }
    }
  }

  private void requireReadable(int[] tokens) {
    if (tokens.length == 0) {
      throw new SaccadeException("there is no token to read; give at least one");
    }
    for (int token : tokens) {
      if (token < 0 || token >= config.vocabularySize()) {
        throw new SaccadeException(
            "every token must be from 0 to %d, the vocabulary of this model, but one is %d"
                .formatted(config.vocabularySize() - 1, token));
      }
    }
    if (tokens.length > capacity - position) {
      throw new SaccadeException(
          "this text can have %d tokens, of which %d are read, but %d more were given; the model has %d positions"
              .formatted(capacity, position, tokens.length, config.maximumPositions()));
    }
  }

  private Session requireOpen() {
    Session open = session;
    if (open == null) {
      throw new IllegalStateException(
          "this decoding is closed: by its user, with its model, by a failure, or because the bundle of a mechanism left; begin another");
    }
    return open;
  }

  /** Frees what is remembered; forks keep theirs. Closing again does nothing. */
  @Override
  public synchronized void close() {
    layers.forEach(LayerDecoding::close);
    layers.clear();
    if (session != null) {
      session.close();
      session = null;
    }
  }
}
