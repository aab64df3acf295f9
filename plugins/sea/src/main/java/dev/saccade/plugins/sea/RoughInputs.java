package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Tensor;

/**
 * Where {@link RoughContext} reads from: all positions of a sequence, or those of a portion that is
 * decoded. Safe for use by many threads.
 */
interface RoughInputs {

  /** Reads the queries of {@code count} positions of a head from {@code from} on. */
  void query(int sequence, int head, int from, int count, float[] into, int offset);

  /** Reads keys, as queries. */
  void key(int sequence, int head, int from, int count, float[] into);

  /** Reads values, as queries. */
  void value(int sequence, int head, int from, int count, float[] into);

  /** Reads the learned vectors of positions. */
  void places(int from, int count, float[] into);

  /** How many of the positions from {@code from} on see no key, since only padding is before. */
  int blind(int sequence, int from, int to);

  /** Those of a run of {@link SeaKernel}. */
  static RoughInputs of(SeaRun run) {
    return new OfRun(
        run.size(),
        run.real(),
        run.input(SeaInputs.QUERY),
        run.input(SeaInputs.KEY),
        run.input(SeaInputs.VALUE),
        run.parameter(SeaParameters.POSITIONS));
  }

  /** The tensors of a run. */
  record OfRun(SeaSize size, RealKeys real, Tensor query, Tensor key, Tensor value, Tensor places)
      implements RoughInputs {

    @Override
    public void query(int sequence, int head, int from, int count, float[] into, int offset) {
      read(query, sequence, head, from, count, into, offset);
    }

    @Override
    public void key(int sequence, int head, int from, int count, float[] into) {
      read(key, sequence, head, from, count, into, 0);
    }

    @Override
    public void value(int sequence, int head, int from, int count, float[] into) {
      read(value, sequence, head, from, count, into, 0);
    }

    @Override
    public void places(int from, int count, float[] into) {
      places.read((long) from * size.headSize(), into, 0, count * size.headSize());
    }

    @Override
    public int blind(int sequence, int from, int to) {
      return real.blind(sequence, from, to);
    }

    private void read(
        Tensor tensor, int sequence, int head, int from, int count, float[] into, int offset) {
      long first = ((long) sequence * size.heads() + head) * size.length() + from;
      tensor.read(first * size.headSize(), into, offset, count * size.headSize());
    }
  }
}
