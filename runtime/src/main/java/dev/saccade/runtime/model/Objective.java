package dev.saccade.runtime.model;

import dev.saccade.runtime.SaccadeException;

/** What a model learns to say, and how its labels lie. */
public enum Objective {
  /** The token after each; labels {@code [B, T]} are the tokens themselves. */
  NEXT_TOKEN,
  /** Tokens that were hidden; labels {@code [B, T]}. */
  MASKED_TOKEN,
  /** The class of a sequence; labels {@code [B]}. */
  CLASS;

  /** The label of a position that does not count, as Hugging Face has it; so do all below 0. */
  public static final int IGNORED = -100;

  /** The scalar of the graph that is the mean over all labels that count. */
  String loss() {
    return "loss." + name();
  }

  /** What the loss compares with labels, {@code [N, choices]}. */
  String logits() {
    return this == CLASS ? GraphNames.CLASS_LOGITS : GraphNames.TOKEN_LOGITS;
  }

  /** The loss of every label, in nats; zero where it does not count. */
  String surprisal() {
    return "surprisal." + name();
  }

  /** The input of labels, {@code [B·T]} or {@code [B]}, int32. */
  String labels() {
    return "labels." + name();
  }

  /** The input that each loss is multiplied by: 1 over the labels that count. */
  String share() {
    return "share." + name();
  }

  /**
   * The labels as the graph takes them: those of a position are what its logits should say.
   *
   * @throws SaccadeException if there are not as many as the batch needs
   */
  int[] shifted(TokenBatch batch, int[] labels) {
    int needed = this == CLASS ? batch.sequences() : batch.sequences() * batch.positions();
    if (labels.length != needed) {
      throw new SaccadeException(
          "a batch of [%d, %d] needs %d labels but there are %d"
              .formatted(batch.sequences(), batch.positions(), needed, labels.length));
    }
    if (this != NEXT_TOKEN) {
      return labels.clone();
    }
    int[] next = new int[labels.length];
    for (int i = 0; i < next.length; i++) {
      boolean last = i % batch.positions() == batch.positions() - 1;
      next[i] = last ? IGNORED : labels[i + 1];
    }
    return next;
  }
}
