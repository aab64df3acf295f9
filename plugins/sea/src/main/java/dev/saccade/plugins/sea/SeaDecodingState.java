package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.decode.DecodingStep;
import java.util.ArrayList;
import java.util.List;

/**
 * The sequences of a batch that are decoded side by side. They do not touch each other, so each is
 * a task of its own; of many positions one sequence after the other is shared out to all threads.
 */
final class SeaDecodingState implements DecodingState {

  /** From so many positions on, the work on one sequence is worth sharing out. */
  private static final int MANY = 8;

  private final AttentionSpec spec;
  private final List<DecodedSequence> sequences;
  private boolean closed;

  SeaDecodingState(AttentionSpec spec, List<DecodedSequence> sequences) {
    this.spec = spec;
    this.sequences = sequences;
  }

  @Override
  public int length() {
    return sequences.isEmpty() ? 0 : sequences.get(0).length();
  }

  /**
   * @throws IllegalArgumentException if there would be more positions than the model admits
   */
  @Override
  public void advance(DecodingStep step) {
    requireOpen();
    int positions = Math.toIntExact(step.query().shape().axis(2)); // n
    if (length() + positions > spec.maxPositions()) {
      throw new IllegalArgumentException(
          "causal SEA has learned %d positions, the most that the model admits, but is asked for %d"
              .formatted(spec.maxPositions(), length() + positions));
    }
    boolean few = positions < MANY;
    if (few) {
      step.parallel(
          sequences.size(),
          sequence -> sequences.get(sequence).advance(portion(step, sequence, positions, false)));
    } else {
      for (int sequence = 0; sequence < sequences.size(); sequence++) {
        sequences.get(sequence).advance(portion(step, sequence, positions, true));
      }
    }
  }

  private Portion portion(DecodingStep step, int sequence, int positions, boolean together) {
    return new Portion(step, sequence, spec.heads(), spec.headSize(), 0, positions, together);
  }

  @Override
  public long bytes() {
    return sequences.stream().mapToLong(DecodedSequence::bytes).sum();
  }

  @Override
  public DecodingState fork(List<Integer> chosen) {
    requireOpen();
    List<DecodedSequence> copies = new ArrayList<>();
    for (int sequence : chosen) {
      if (sequence < 0 || sequence >= sequences.size()) {
        throw new IllegalArgumentException(
            "there is no sequence %d to go on with; there are %d"
                .formatted(sequence, sequences.size()));
      }
      copies.add(sequences.get(sequence).copy());
    }
    return new SeaDecodingState(spec, copies);
  }

  @Override
  public void close() {
    closed = true;
    sequences.clear();
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this decoding state is closed");
    }
  }
}
