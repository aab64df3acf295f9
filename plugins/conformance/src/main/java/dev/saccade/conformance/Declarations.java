package dev.saccade.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What an author says about a mechanism beyond its {@link dev.saccade.api.Capabilities}: where the
 * usual rules of the kit do not hold, and why. Immutable; begin with {@link #none}.
 *
 * @param rounding how many times the usual {@link Rounding rounding error} its results may differ
 * @param withoutGradient parameters that no gradient reaches
 * @param attentionIsTheContext whether attention times values is the context
 * @param reasons every exception with its reason, for reports
 */
public record Declarations(
    double rounding, Pattern withoutGradient, boolean attentionIsTheContext, List<String> reasons) {

  private static final Pattern NOTHING = Pattern.compile("(?!)");

  public Declarations {
    reasons = List.copyOf(reasons);
  }

  /** No exception from any rule. */
  public static Declarations none() {
    return new Declarations(1, NOTHING, true, List.of());
  }

  /**
   * Results differ by more rounding than a few matrix products and a softmax give.
   *
   * @param factor times the usual, from the number of operations or their conditioning
   * @param because how the factor was derived
   */
  public Declarations roundingTimes(double factor, String because) {
    if (!(factor >= 1 && factor <= 1e6)) {
      throw new IllegalArgumentException("factor must be within 1 … 1e6 but is " + factor);
    }
    return new Declarations(
        factor,
        withoutGradient,
        attentionIsTheContext,
        and("rounding times %s: %s".formatted(factor, because)));
  }

  /**
   * Some trained parameters learn neither from the context nor from the mechanism's own objective.
   * The kit checks that indeed they do not.
   *
   * @param names a regular expression that matches their whole names
   */
  public Declarations withoutGradient(String names, String because) {
    return new Declarations(
        rounding,
        Pattern.compile(names),
        attentionIsTheContext,
        and("no gradient reaches %s: %s".formatted(names, because)));
  }

  /** The attention that is shown, times the values, is not the whole context. */
  public Declarations attentionIsNotTheContext(String because) {
    return new Declarations(
        rounding, withoutGradient, false, and("attention is not all of the context: " + because));
  }

  private List<String> and(String reason) {
    List<String> more = new ArrayList<>(reasons);
    more.add(reason);
    return more;
  }
}
