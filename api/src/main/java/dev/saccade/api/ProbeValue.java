package dev.saccade.api;

import org.nd4j.autodiff.samediff.SDVariable;

/** What a probe shows, as variables of the graph. */
public sealed interface ProbeValue {

  /**
   * All of it.
   *
   * @param values of the shape that the probe states
   */
  record Dense(SDVariable values) implements ProbeValue {}

  /**
   * Only what is not zero, in compressed sparse rows. A row is one query of one head of one
   * sequence; rows are numbered in the order B, H, T.
   *
   * @param rowPointers {@code [B·H·T + 1]}, where each row begins in the other two
   * @param columns {@code [entries]}, key positions, ascending within a row
   * @param values {@code [entries]}
   */
  record Sparse(SDVariable rowPointers, SDVariable columns, SDVariable values)
      implements ProbeValue {}
}
