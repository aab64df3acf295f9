package dev.saccade.api.kernel;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

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
    return Long.parseLong(text(name));
  }

  public double decimal(String name) {
    return Double.parseDouble(text(name));
  }

  public boolean flag(String name) {
    return Boolean.parseBoolean(text(name));
  }

  public String text(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "there is no argument %s; given: %s".formatted(name, values.keySet()));
    }
    return value;
  }
}
