package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The names and shapes that a model's weights must have, in the model's own order, and those of
 * parts that it may lack, such as a pooler or a classifier: of these all weights are there or none.
 *
 * <p>Immutable but for {@link #requiring}, which returns another.
 */
public final class WeightLayout {

  /** An axis whose size the file says, such as the classes of a classifier. */
  static final long ANY = -1;

  private final Map<String, long[]> required;
  private final Map<String, Map<String, long[]>> parts;

  private WeightLayout(Map<String, long[]> required, Map<String, Map<String, long[]>> parts) {
    this.required = Collections.unmodifiableMap(required);
    this.parts = Collections.unmodifiableMap(parts);
  }

  /** Collects the weights of a model. */
  static final class Builder {

    private final Map<String, long[]> required = new LinkedHashMap<>();
    private final Map<String, Map<String, long[]>> parts = new LinkedHashMap<>();
    private Map<String, long[]> current = required;

    /** What is added from here on belongs to a part that may be absent. */
    Builder part(String name) {
      current = parts.computeIfAbsent(name, absent -> new LinkedHashMap<>());
      return this;
    }

    Builder table(String name, long rows, long features) {
      current.put(name + ".weight", new long[] {rows, features});
      return this;
    }

    Builder norm(String name, long features) {
      current.put(name + ".weight", new long[] {features});
      return bias(name, features);
    }

    Builder dense(String name, long in, long out) {
      return matrix(name, in, out).bias(name, out);
    }

    Builder matrix(String name, long in, long out) {
      current.put(name + ".kernel", new long[] {in, out});
      return this;
    }

    Builder bias(String name, long features) {
      current.put(name + ".bias", new long[] {features});
      return this;
    }

    WeightLayout build() {
      return new WeightLayout(required, parts);
    }
  }

  /** The layout of a model that has these parts for certain. */
  public WeightLayout requiring(String... names) {
    Map<String, long[]> all = new LinkedHashMap<>(required);
    Map<String, Map<String, long[]>> others = new LinkedHashMap<>(parts);
    for (String name : names) {
      Map<String, long[]> part = others.remove(name);
      if (part == null) {
        throw new SaccadeException("no part is named %s; there are %s".formatted(name, parts));
      }
      all.putAll(part);
    }
    return new WeightLayout(all, others);
  }

  /** What every such model has, by name. */
  Map<String, long[]> required() {
    return required;
  }

  /** Says whether a weight of this name has a place, be it in a part that may be absent. */
  boolean knows(String name) {
    return required.containsKey(name)
        || parts.values().stream().anyMatch(part -> part.containsKey(name));
  }

  /** Says whether any weight of a part is among {@code names}. */
  boolean hasPart(String part, Set<String> names) {
    return parts.getOrDefault(part, Map.of()).keySet().stream().anyMatch(names::contains);
  }

  /** Everything that is missing, misshapen or without a place, each in a few words. */
  List<String> faults(Map<String, long[]> shapes) {
    Map<String, long[]> expected = new LinkedHashMap<>(required);
    parts.forEach(
        (name, part) -> {
          if (hasPart(name, shapes.keySet())) {
            expected.putAll(part);
          }
        });
    List<String> faults = new ArrayList<>();
    expected.forEach(
        (name, shape) -> {
          long[] actual = shapes.get(name);
          if (actual == null) {
            faults.add("%s %s is missing".formatted(name, inWords(shape)));
          } else if (!fits(shape, actual)) {
            faults.add(
                "%s must be %s but is %s".formatted(name, inWords(shape), Arrays.toString(actual)));
          }
        });
    shapes.keySet().stream()
        .filter(name -> !expected.containsKey(name))
        .forEach(name -> faults.add(name + " has no place in it"));
    return faults;
  }

  private static boolean fits(long[] expected, long[] actual) {
    if (expected.length != actual.length) {
      return false;
    }
    for (int axis = 0; axis < expected.length; axis++) {
      if (expected[axis] != ANY && expected[axis] != actual[axis]) {
        return false;
      }
    }
    return true;
  }

  private static String inWords(long[] shape) {
    return Arrays.toString(shape).replace(Long.toString(ANY), "any");
  }
}
