package dev.saccade.api;

import java.io.Serial;
import java.util.List;

/** A mechanism was asked for a layer that its capabilities rule out. */
public final class UnsupportedSpecException extends IllegalArgumentException {

  @Serial private static final long serialVersionUID = 1L;

  private final transient List<String> reasons;

  /**
   * @param mechanism the name of the mechanism
   * @param reasons every reason, from {@link Capabilities#check}
   */
  public UnsupportedSpecException(String mechanism, AttentionSpec spec, List<String> reasons) {
    super("%s cannot compute %s: %s".formatted(mechanism, spec, String.join("; ", reasons)));
    this.reasons = List.copyOf(reasons);
  }

  /** Does nothing if {@code support} is a yes, the answer of {@link AttentionMechanism#check}. */
  public static void throwIfNo(String mechanism, AttentionSpec spec, Support support) {
    if (!support.isYes()) {
      throw new UnsupportedSpecException(mechanism, spec, support.reasons());
    }
  }

  /** Every reason, as {@link Capabilities#check} gave it. */
  public List<String> reasons() {
    return reasons;
  }
}
