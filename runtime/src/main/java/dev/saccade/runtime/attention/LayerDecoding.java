package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Support;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.api.kernel.DeviceException;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.kernel.DenseArrays;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One attention layer that takes the positions of a text as they come, and remembers of them what
 * it needs: {@link SingleLayer} for generation.
 *
 * <p>Taking all positions in any number of portions gives what the layer gives for all of them at
 * once. Begin with {@link AttentionSlot#decoding}; close it, and every fork by itself, to free what
 * is remembered. Used by one thread at a time. If taking positions fails halfway, what was
 * remembered is worth nothing, and the decoding closes itself.
 */
public final class LayerDecoding implements AutoCloseable {

  private final String mechanism;
  private final AttentionSpec spec;
  private final int batch;
  private final int capacity;
  private final DecodingState state;
  private boolean closed;

  private LayerDecoding(
      String mechanism, AttentionSpec spec, int batch, int capacity, DecodingState state) {
    this.mechanism = mechanism;
    this.spec = spec;
    this.batch = batch;
    this.capacity = capacity;
    this.state = state;
  }

  static LayerDecoding open(
      AttentionSlot slot, IncrementalAttention incremental, int batch, int capacity) {
    if (batch < 1 || capacity < 1 || capacity > slot.spec().maxPositions()) {
      throw new SaccadeException(
          "%s decodes at least 1 sequence and between 1 and %d positions, the most that the model admits, but was asked for batch=%d, capacity=%d; ask for fewer"
              .formatted(slot.mechanism(), slot.spec().maxPositions(), batch, capacity));
    }
    DecodingSetup setup = new HostDecodingSetup(slot, batch, capacity);
    Support support = incremental.check(setup);
    if (!support.isYes()) {
      throw new SaccadeException(
          "kernel %s of %s is asked for but cannot decode: %s; choose another, or auto"
              .formatted(
                  KernelLadder.wanted(setup.kernel()),
                  slot.mechanism(),
                  String.join("; ", support.reasons())));
    }
    return new LayerDecoding(
        slot.mechanism(), slot.spec(), batch, capacity, incremental.open(setup));
  }

  /** How many positions it has taken, padding included. */
  public int length() {
    return state.length();
  }

  /** B, how many sequences it takes side by side. */
  public int batch() {
    return batch;
  }

  /** How many positions it takes in all. */
  public int capacity() {
    return capacity;
  }

  /** How many bytes are remembered now; what is shared with forks counts for each of them. */
  public long bytes() {
    return state.bytes();
  }

  /**
   * Takes the next n positions: many of a prompt, or one while generating.
   *
   * @param query {@code [B, H, n, D]}, not yet scaled
   * @param key {@code [B, K, n, D]}
   * @param value {@code [B, K, n, D]}
   * @param visible {@code [B, n]}, zero for padding, which nobody sees then or later; null if there
   *     is none
   * @return their context, {@code [B, H, n, D]}, which the caller closes
   * @throws SaccadeException if a shape or type is not what the layer takes, if there are more
   *     positions than {@link #capacity}, or if the layer does not know padding; nothing is taken
   *     then. Also if the device that computes fails
   * @throws IllegalStateException if this is closed
   */
  public INDArray advance(
      INDArray query, INDArray key, INDArray value, @Nullable INDArray visible) {
    requireOpen();
    requireFits(query, key, value, visible);
    List<INDArray> given = new ArrayList<>(List.of(query, key, value));
    if (visible != null) {
      given.add(visible);
    }
    INDArray context = Nd4j.createUninitializedDetached(query.dataType(), query.shape());
    boolean done = false;
    try (DenseArrays dense = DenseArrays.of(given)) {
      List<Tensor> tensors =
          Arrays.stream(dense.arrays()).map(array -> (Tensor) new HostTensor(array)).toList();
      state.advance(
          new HostDecodingStep(
              tensors.get(0),
              tensors.get(1),
              tensors.get(2),
              visible == null ? Optional.empty() : Optional.of(tensors.get(3)),
              new HostTensor(context)));
      done = true;
      return context;
    } catch (DeviceException e) {
      throw new SaccadeException("decoding with %s: %s".formatted(mechanism, e.getMessage()), e);
    } finally {
      if (!done) {
        context.close();
        close();
      }
    }
  }

  /**
   * Returns a decoding that goes on from here with some of the sequences, in this order; one may be
   * named more than once. Neither notices what the other takes. The caller closes both.
   *
   * @param sequences from 0 to {@link #batch} − 1
   * @throws SaccadeException if there is no such sequence, or none is named
   * @throws IllegalStateException if this is closed
   */
  public LayerDecoding fork(List<Integer> sequences) {
    requireOpen();
    if (sequences.isEmpty()
        || sequences.stream().anyMatch(sequence -> sequence < 0 || sequence >= batch)) {
      throw new SaccadeException(
          "a fork goes on with at least one of the sequences 0 … %d but was asked for %s"
              .formatted(batch - 1, sequences));
    }
    return new LayerDecoding(
        mechanism, spec, sequences.size(), capacity, state.fork(List.copyOf(sequences)));
  }

  /** Frees what is remembered; forks keep theirs. Closing again does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      state.close();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(
          "this decoding of %s is closed, or failed and closed itself; begin another"
              .formatted(mechanism));
    }
  }

  private void requireFits(
      INDArray query, INDArray key, INDArray value, @Nullable INDArray visible) {
    long positions = query.rank() == 4 ? query.size(2) : 0; // n
    if (positions < 1) {
      throw new SaccadeException(
          "%s: query must be [B, H, n, D] = [%d, %d, n, %d] for n from 1 but is %s"
              .formatted(
                  mechanism, batch, spec.heads(), spec.headSize(), Arrays.toString(query.shape())));
    }
    require("query", "[B, H, n, D]", query, batch, spec.heads(), positions, spec.headSize());
    require("key", "[B, K, n, D]", key, batch, spec.kvHeads(), positions, spec.headSize());
    require("value", "[B, K, n, D]", value, batch, spec.kvHeads(), positions, spec.headSize());
    if (visible != null) {
      requirePadded();
      require("visible", "[B, n]", visible, batch, positions);
    }
    if (positions > capacity - length()) {
      throw new SaccadeException(
          "%s decodes %d positions, of which %d are taken, but was given %d more; begin with a greater capacity, up to the model's %d"
              .formatted(mechanism, capacity, length(), positions, spec.maxPositions()));
    }
  }

  private void requirePadded() {
    if (!spec.masking().padded()) {
      throw new SaccadeException(
          "%s was built for masking %s, which has no padding, but was given some; build the layer for CAUSAL_PADDING"
              .formatted(mechanism, spec.masking()));
    }
  }

  private void require(String name, String axes, INDArray given, long... shape) {
    DataType type = ElementTypes.nd4j(spec.elementType());
    if (given.dataType() != type || !Arrays.equals(given.shape(), shape)) {
      throw new SaccadeException(
          "%s: %s must be %s %s = %s but is %s %s"
              .formatted(
                  mechanism,
                  name,
                  type,
                  axes,
                  Arrays.toString(shape),
                  given.dataType(),
                  Arrays.toString(given.shape())));
    }
  }
}
