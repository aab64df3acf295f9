package dev.saccade.api;

/** Something a mechanism either has or lacks. Later versions of the API may name more. */
public enum Feature {
  /**
   * Gives softmax(QKᵀ/√D)·V up to rounding; can be the teacher that others are measured against.
   */
  EXACT("exact", "equals softmax attention up to rounding"),
  /** Takes fewer key/value heads than query heads: K &lt; H. */
  GROUPED_HEADS("grouped heads", "fewer key/value heads than query heads"),
  /** Takes T ≠ S. */
  UNEQUAL_LENGTHS("unequal lengths", "more or fewer queries than keys"),
  /** Gradients reach the inputs and every trained parameter. */
  GRADIENTS("trains", "can be trained"),
  /** Its layers decode one position after another with a carried state. */
  INCREMENTAL("decodes", "decodes position by position"),
  /** Works at lengths that its parameters were not trained at. */
  LENGTH_GENERALISING("longer texts", "works beyond the trained length"),
  /** A sequence gives the same result alone as padded in a batch. */
  PADDING_INVARIANT("padding safe", "padding does not change results"),
  /** Equal inputs, parameters and seeds give equal bits. */
  DETERMINISTIC("repeatable", "equal inputs give equal bits"),
  /** Its layers bring a distillation objective of their own. */
  OWN_OBJECTIVE("own objective", "has a distillation objective of its own");

  private final String label;
  private final String meaning;

  Feature(String label, String meaning) {
    this.label = label;
    this.meaning = meaning;
  }

  /** One or two words for the head of a column. */
  public String label() {
    return label;
  }

  /** What having it means, in a few words for reports. */
  public String meaning() {
    return meaning;
  }
}
