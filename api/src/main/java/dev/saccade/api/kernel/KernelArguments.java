package dev.saccade.api.kernel;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a kernel is told besides tensors: immutable names and values that a graph can save.
 *
 * @param values values by name as text; decimals round-trip exactly
 */
public record KernelArguments(Map<String, String> values) {

  public KernelArguments {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  public static KernelArguments none() {
    return new KernelArguments(Map.of());
  }

  public KernelArguments with(String name, long value) {
    return with(name, Long.toString(value));
  }

  public KernelArguments with(String name, double value) {
    return with(name, Double.toString(value));
  }

  public KernelArguments with(String name, boolean value) {
    return with(name, Boolean.toString(value));
  }

  public KernelArguments with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(values);
    more.put(name, value);
    return new KernelArguments(more);
  }

  public long integer(String name) {
    String text = text(name);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw mistyped(name, "a whole number", text, e);
    }
  }

  public double decimal(String name) {
    String text = text(name);
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw mistyped(name, "a number", text, e);
    }
  }

  public boolean flag(String name) {
    String text = text(name);
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw mistyped(name, "true or false", text, null);
    };
  }

  public String text(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "there is no argument %s; given: %s".formatted(name, values.keySet()));
    }
    return value;
  }

  private static IllegalArgumentException mistyped(
      String name, String expected, String text, @Nullable Exception cause) {
    return new IllegalArgumentException(
        "argument %s must be %s but is \"%s\"".formatted(name, expected, text), cause);
  }
}
