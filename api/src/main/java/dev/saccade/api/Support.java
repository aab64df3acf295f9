package dev.saccade.api;

import java.util.ArrayList;
import java.util.List;

/**
 * The answer to "can you compute this?": a yes, a no with every reason, or "not on this machine".
 */
public sealed interface Support {

  /** It can. */
  record Yes() implements Support {}

  /**
   * It cannot.
   *
   * @param reasons why not, each a clause a user understands, such as "masking CAUSAL is not one of
   *     [NONE, PADDING]"; never empty
   */
  record No(List<String> reasons) implements Support {
    public No {
      reasons = List.copyOf(reasons);
      if (reasons.isEmpty()) {
        throw new IllegalArgumentException("a no must carry at least one reason");
      }
    }
  }

  /**
   * It cannot, for what it would run on is no part of this machine. Nothing is wrong and nothing is
   * to be done, so reports keep it to themselves; whoever asks for it by name is told.
   *
   * @param reason such as "there is no NVIDIA driver"
   */
  record Missing(String reason) implements Support {}

  static Support yes() {
    return new Yes();
  }

  static Support no(String reason) {
    return new No(List.of(reason));
  }

  static Support missing(String reason) {
    return new Missing(reason);
  }

  /** A no when there is a reason against it, else a yes. */
  static Support unless(List<String> reasons) {
    return reasons.isEmpty() ? yes() : new No(reasons);
  }

  default boolean isYes() {
    return this instanceof Yes;
  }

  /** Why not; empty for a yes. */
  default List<String> reasons() {
    if (this instanceof No no) {
      return no.reasons();
    }
    return this instanceof Missing missing ? List.of(missing.reason()) : List.of();
  }

  /** A yes if both are; else a no with the reasons of both. */
  default Support and(Support other) {
    if (isYes() || other.isYes()) {
      return isYes() ? other : this;
    }
    List<String> all = new ArrayList<>(reasons());
    all.addAll(other.reasons());
    return unless(all);
  }
}
