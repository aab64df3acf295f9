package dev.saccade.plugins.sea;

import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.decode.DecodingStep;
import dev.saccade.plugins.sea.cuda.ArenaLayout;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.SharedGpu;
import java.util.List;

/**
 * The texts of a batch, decoded on a GPU, where all that is remembered of them stays: a step
 * uploads queries, keys and values of its positions, {@linkplain DecodedStages launches}, and
 * downloads their contexts.
 */
final class DeviceDecoding implements DecodingState {

  private final DeviceLayer layer;
  private final DevicePast past;
  private final int[] real; // of each text, how many positions are no padding
  private int length;
  private boolean closed;

  private DeviceDecoding(DeviceLayer layer, DevicePast past, int[] real, int length) {
    this.layer = layer;
    this.past = past;
    this.real = real;
    this.length = length;
  }

  /**
   * Begins.
   *
   * @throws IllegalStateException if the GPU fails, or has too little memory; then nothing is held
   */
  static DeviceDecoding open(DecodingSetup setup, SeaOptions options, SharedGpu gpu) {
    DeviceLayer layer = DeviceLayer.open(setup, options, gpu);
    DevicePast past = new DevicePast(layer.size(setup.batch(), 1));
    boolean done = false;
    try {
      layer.gpu().use(past::begin);
      done = true;
      return new DeviceDecoding(layer, past, new int[setup.batch()], 0);
    } finally {
      if (!done) {
        past.free(layer.gpu());
        layer.release();
      }
    }
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public long bytes() {
    return past.bytes();
  }

  /**
   * @throws IllegalArgumentException if there would be more positions than the model admits
   */
  @Override
  public void advance(DecodingStep step) {
    requireOpen();
    int positions = Math.toIntExact(step.query().shape().axis(2)); // n
    if (length + positions > layer.spec().maxPositions()) {
      throw new IllegalArgumentException(
          "causal SEA has learned %d positions, the most that the model admits, but is asked for %d"
              .formatted(layer.spec().maxPositions(), length + positions));
    }
    for (int from = 0; from < positions; ) {
      int first = from;
      int count = Math.min(next(), positions - from);
      layer.gpu().use(session -> take(step, first, count, session));
      from += count;
    }
  }

  /** How many positions can be taken at once: those that the last row still serves, or many. */
  private int next() {
    int served = SeaSize.ceilingOf(length, every()) * every() - length;
    return served > 0 ? served : layer.most();
  }

  private int every() {
    return layer.size(1, 1).every();
  }

  private void take(DecodingStep step, int from, int count, GpuSession session) {
    past.grow(length, length + count, layer.capacity(), session);
    SeaSize size = layer.size(real.length, count);
    DevicePositions positions = new DevicePositions(step, from, count, real);
    ArenaLayout layout = new ArenaLayout();
    layout.take(positions.bytes());
    long mass = layout.take((long) size.batch() * size.heads() * Float.BYTES);
    long rest = layout.take(SeaScratch.at(0, size, false).bytes());
    session.arena().reserve(layout.bytes());
    long arena = session.arena().address();

    positions.upload(session, layer::staging);
    boolean served = length % every() > 0; // by a row that began earlier
    boolean padded = layer.spec().masking().padded();
    SeaScratch scratch =
        SeaScratch.at(arena + rest, size, false).withRanks(padded ? positions.ranks(session) : 0);
    new DecodedStages(
            layer.call(session, positions, scratch),
            layer.inputs(),
            size,
            served || count == 1 ? scratch.withRow(past.weights(0), past.gates(0)) : scratch,
            session,
            new DecodedStages.Past(
                past, length, padded ? positions.ranksBefore(session) : 0, arena + mass))
        .take(served);
    positions.download(session, layer::staging);
    System.arraycopy(positions.realAfter(), 0, real, 0, real.length);
    length += count;
  }

  @Override
  public DecodingState fork(List<Integer> sequences) {
    requireOpen();
    for (int sequence : sequences) {
      if (sequence < 0 || sequence >= real.length) {
        throw new IllegalArgumentException(
            "there is no sequence %d to go on with; there are %d".formatted(sequence, real.length));
      }
    }
    DevicePast copy = new DevicePast(layer.size(sequences.size(), 1));
    boolean done = false;
    try {
      layer.gpu().use(session -> copy.take(past, sequences, length, session));
      done = true;
    } finally {
      if (!done) {
        copy.free(layer.gpu());
      }
    }
    layer.retain();
    return new DeviceDecoding(
        layer, copy, sequences.stream().mapToInt(sequence -> real[sequence]).toArray(), length);
  }

  /** Frees its memory on the GPU, and the parameters with the last fork. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      past.free(layer.gpu());
      layer.release();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this decoding state is closed");
    }
  }
}
