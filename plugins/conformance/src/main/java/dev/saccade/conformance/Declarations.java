package dev.saccade.conformance;

import dev.saccade.api.Masking;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What an author says about a mechanism beyond its {@link dev.saccade.api.Capabilities}: where the
 * usual rules of the kit do not hold, and why. Immutable; begin with {@link #none}.
 *
 * @param rounding how many times the usual {@link Rounding rounding error} its results may differ
 * @param withoutGradient matches the names of trained parameters that no gradient reaches
 * @param besidesAttention under which masks there is more to the context than attention shows
 * @param kept how far attention reaches
 * @param padding where it may stand
 * @param reasons every exception with its reason, for reports
 */
public record Declarations(
    double rounding,
    Pattern withoutGradient,
    Predicate<Masking> besidesAttention,
    Reach kept,
    PaddingPlace padding,
    List<String> reasons) {

  /** Which keys have weight in a sparse mechanism. */
  public enum Reach {
    /** Those that are kept. */
    KEPT,
    /** Others too. */
    BEYOND_KEPT
  }

  /** Where padding may stand. */
  public enum PaddingPlace {
    /** Behind or before the sequence. */
    ANYWHERE,
    /** Behind it only. */
    BEHIND
  }

  private static final Pattern NOTHING = Pattern.compile("(?!)");

  public Declarations {
    reasons = List.copyOf(reasons);
  }

  /** No exception from any rule. */
  public static Declarations none() {
    return new Declarations(
        1, NOTHING, masking -> false, Reach.KEPT, PaddingPlace.ANYWHERE, List.of());
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
        besidesAttention,
        kept,
        padding,
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
        besidesAttention,
        kept,
        padding,
        and("no gradient reaches %s: %s".formatted(names, because)));
  }

  /**
   * The attention that is shown, times the values, is not the whole context. The kit checks that
   * indeed it is not.
   *
   * @param where under which masks
   */
  public Declarations attentionIsNotTheContext(Predicate<Masking> where, String because) {
    return new Declarations(
        rounding,
        withoutGradient,
        where,
        kept,
        padding,
        and("attention is not all of the context: " + because));
  }

  /**
   * Keys that are not kept have weight too, in some other way than by themselves. The kit checks
   * that indeed some have, and that those which are kept all have.
   */
  public Declarations attentionReachesBeyondKept(String because) {
    return new Declarations(
        rounding,
        withoutGradient,
        besidesAttention,
        Reach.BEYOND_KEPT,
        padding,
        and("attention reaches beyond the keys that are kept: " + because));
  }

  /** Padding before a sequence changes its results, though padding behind it does not. */
  public Declarations paddingBehindOnly(String because) {
    return new Declarations(
        rounding,
        withoutGradient,
        besidesAttention,
        kept,
        PaddingPlace.BEHIND,
        and("padding belongs behind: " + because));
  }

  private List<String> and(String reason) {
    List<String> more = new ArrayList<>(reasons);
    more.add(reason);
    return more;
  }
}
