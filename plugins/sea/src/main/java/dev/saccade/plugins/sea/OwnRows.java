package dev.saccade.plugins.sea;

/**
 * The rows {@code from} … {@code to} − 1 of a block, of which those from {@code own} on are
 * answered for; the ones before are another's, and only computed to lead there.
 */
record OwnRows(int sequence, int from, int own, int to) {

  int count() {
    return to - from;
  }

  /** How many are answered for; none if {@code own} lies behind the block. */
  int owned() {
    return Math.max(to - own, 0);
  }

  /** How many are not. */
  int others() {
    return count() - owned();
  }
}
