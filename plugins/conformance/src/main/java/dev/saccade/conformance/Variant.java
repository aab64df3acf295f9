package dev.saccade.conformance;

import java.util.Map;
import java.util.TreeMap;

/**
 * A set of options to try a mechanism with.
 *
 * @param name as test reports show it
 * @param options texts by option name, as users write them; others keep their default
 */
public record Variant(String name, Map<String, String> options) {

  public Variant {
    options = Map.copyOf(options);
  }

  /** Every option at its default. */
  public static Variant defaults() {
    return new Variant("defaults", Map.of());
  }

  /** Some options changed, which also are its name. */
  public static Variant of(String option, String value) {
    return of(Map.of(option, value));
  }

  /** Some options changed, which also are its name. */
  public static Variant of(Map<String, String> options) {
    return new Variant(new TreeMap<>(options).toString(), options);
  }

  /** The same with one more option changed. */
  Variant and(String option, String value) {
    Map<String, String> more = new TreeMap<>(options);
    more.put(option, value);
    return of(more);
  }

  @Override
  public String toString() {
    return name;
  }
}
