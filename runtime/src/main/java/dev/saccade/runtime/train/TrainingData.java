package dev.saccade.runtime.train;

import java.util.List;

/**
 * Batches in an order that is known before the first is drawn, so that training can go on from any
 * of them; see {@link dev.saccade.runtime.text.BlockOrder}.
 *
 * @param <B> a batch; see {@link Trainable}
 */
public interface TrainingData<B> {

  /** Returns how many batches an epoch has, at least one. */
  int batches();

  /**
   * Returns a batch, which depends on its place alone.
   *
   * @param epoch from 0
   * @param index from 0 to {@link #batches} − 1
   */
  B batch(int epoch, int index);

  /** Returns what evaluations measure; empty for none. */
  List<B> validation();

  /**
   * Returns a name for the data and its order, such as a hash of the text with the seed. A run is
   * resumed only with data of the same name.
   */
  String fingerprint();
}
