package dev.saccade.api.option;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Values for every option of a schema: those that a user set, and the defaults of the others.
 *
 * <p>Immutable, and equal when schema names and values are.
 */
public final class Options {

  private final Map<String, Option<?>> schema;
  private final Map<String, Object> values;

  private Options(Map<String, Option<?>> schema, Map<String, Object> values) {
    this.schema = schema;
    this.values = values;
  }

  /** Every option at its default. */
  public static Options defaults(List<Option<?>> schema) {
    return parse(schema, Map.of());
  }

  /**
   * Returns the options that a user's texts stand for.
   *
   * @param texts texts by option name; options that are not named keep their default
   * @throws OptionException naming every unknown name, wrong type and value out of range at once
   */
  public static Options parse(List<Option<?>> schema, Map<String, String> texts) {
    Map<String, Option<?>> byName = new LinkedHashMap<>();
    Map<String, Object> values = new LinkedHashMap<>();
    for (Option<?> option : schema) {
      if (byName.put(option.name(), option) != null) {
        throw new IllegalArgumentException("two options are named " + option.name());
      }
      values.put(option.name(), option.defaultValue());
    }
    List<String> problems = new ArrayList<>();
    texts.forEach(
        (name, text) -> {
          Option<?> option = byName.get(name);
          if (option == null) {
            problems.add(unknown(name, byName));
            return;
          }
          try {
            values.put(name, option.parse(text));
          } catch (OptionException e) {
            problems.add(e.getMessage());
          }
        });
    if (!problems.isEmpty()) {
      throw new OptionException(problems);
    }
    return new Options(byName, values);
  }

  /**
   * Returns the value of an option of the schema.
   *
   * @throws IllegalArgumentException if the schema does not hold this option
   */
  public <T extends Comparable<? super T>> T get(Option<T> option) {
    return option.type().cast(Objects.requireNonNull(values.get(known(option).name())));
  }

  /** Whether the schema holds this option. */
  public boolean has(Option<?> option) {
    return schema.get(option.name()) == option;
  }

  /** Returns the same options with one changed. */
  public <T extends Comparable<? super T>> Options with(Option<T> option, T value) {
    Map<String, Object> changed = new LinkedHashMap<>(values);
    changed.put(known(option).name(), option.check(value));
    return new Options(schema, changed);
  }

  /** Every option's value as users write it, in the order of the schema. */
  public Map<String, String> asTexts() {
    Map<String, String> texts = new LinkedHashMap<>();
    values.forEach((name, value) -> texts.put(name, Option.written(value)));
    return Collections.unmodifiableMap(texts);
  }

  private Option<?> known(Option<?> option) {
    Option<?> ours = schema.get(option.name());
    if (ours == null) {
      throw new IllegalArgumentException(unknown(option.name(), schema));
    }
    if (ours != option) {
      throw new IllegalArgumentException(
          "option %s is not the one of these options' schema but another of its name; keep every option in one constant"
              .formatted(option.name()));
    }
    return option;
  }

  private static String unknown(String name, Map<String, Option<?>> known) {
    return known.isEmpty()
        ? "there is no option %s; there are none to set".formatted(name)
        : "there is no option %s; there are %s"
            .formatted(name, known.keySet().stream().collect(Collectors.joining(", ")));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Options that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return asTexts().toString();
  }
}
