package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.decode.DecodingStep;
import dev.saccade.api.kernel.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The sequences of a batch that are decoded side by side. They do not touch each other, so each is
 * a task of its own.
 */
final class SeaDecodingState implements DecodingState {

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
    double[] query = Numbers.read(step.query()); // [B, H, n, D]
    double[] key = Numbers.read(step.key());
    double[] value = Numbers.read(step.value());
    Optional<Tensor> shown = step.visible();
    double[] visible = // [B, n]
        shown.isPresent() ? Numbers.read(shown.get()) : ones(sequences.size() * positions);
    double[] context = new double[query.length]; // [B, H, n, D]
    int size = spec.headSize();
    step.parallel(
        sequences.size(),
        sequence -> {
          for (int position = 0; position < positions; position++) {
            Heads heads = new Heads(spec, sequence, position, positions);
            double[][] mixed =
                sequences
                    .get(sequence)
                    .advance(
                        heads.of(query),
                        heads.of(key),
                        heads.of(value),
                        visible[sequence * positions + position] != 0);
            for (int head = 0; head < spec.heads(); head++) {
              System.arraycopy(mixed[head], 0, context, heads.begin(head), size);
            }
          }
        });
    Numbers.write(context, step.context());
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

  private static double[] ones(int length) {
    double[] ones = new double[length];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** Where the heads of one position of one sequence lie in a tensor of {@code [B, H, n, D]}. */
  private record Heads(AttentionSpec spec, int sequence, int position, int positions) {

    int begin(int head) {
      return ((sequence * spec.heads() + head) * positions + position) * spec.headSize();
    }

    /** {@code [H][D]}. */
    double[][] of(double[] tensor) {
      double[][] heads = new double[spec.heads()][];
      for (int head = 0; head < heads.length; head++) {
        heads[head] = Arrays.copyOfRange(tensor, begin(head), begin(head) + spec.headSize());
      }
      return heads;
    }
  }
}
