package dev.saccade.api.option;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One thing that users can set about a mechanism: its name, type, default, range and a line of
 * help.
 *
 * <pre>{@code
 * static final Option<Integer> KEPT =
 *     Option.integer("k", 64, "keys kept per query and head").between(1, 4096);
 * }</pre>
 *
 * <p>Immutable.
 *
 * @param <T> {@link Integer}, {@link Double}, {@link Boolean} or an enum
 */
public final class Option<T extends Comparable<? super T>> {

  private final String name;
  private final Class<T> type;
  private final T defaultValue;
  private final String help;
  private final Function<String, T> parser;
  private final String expected;
  private final @Nullable T minimum;
  private final @Nullable T maximum;
  private final boolean live;

  private Option(
      String name,
      Class<T> type,
      T defaultValue,
      String help,
      Function<String, T> parser,
      String expected,
      @Nullable T minimum,
      @Nullable T maximum,
      boolean live) {
    this.name = name;
    this.type = type;
    this.defaultValue = defaultValue;
    this.help = help;
    this.parser = parser;
    this.expected = expected;
    this.minimum = minimum;
    this.maximum = maximum;
    this.live = live;
    check(defaultValue);
  }

  /** A whole number. */
  public static Option<Integer> integer(String name, int defaultValue, String help) {
    return new Option<>(
        name,
        Integer.class,
        defaultValue,
        help,
        Integer::valueOf,
        "a whole number",
        null,
        null,
        false);
  }

  /** A number with a fraction. */
  public static Option<Double> decimal(String name, double defaultValue, String help) {
    return new Option<>(
        name, Double.class, defaultValue, help, Double::valueOf, "a number", null, null, false);
  }

  /** Yes or no. */
  public static Option<Boolean> flag(String name, boolean defaultValue, String help) {
    return new Option<>(
        name,
        Boolean.class,
        defaultValue,
        help,
        Option::parseFlag,
        "true or false",
        null,
        null,
        false);
  }

  /** One constant of an enum; users write it in lower case with hyphens. */
  public static <E extends Enum<E>> Option<E> choice(String name, E defaultValue, String help) {
    Class<E> type = defaultValue.getDeclaringClass();
    return new Option<>(
        name,
        type,
        defaultValue,
        help,
        text -> Enum.valueOf(type, text.toUpperCase(Locale.ROOT).replace('-', '_')),
        Arrays.stream(type.getEnumConstants())
            .map(Option::written)
            .collect(Collectors.joining(", ", "one of ", "")),
        null,
        null,
        false);
  }

  /** The same option with a lowest and a highest value, both allowed. */
  public Option<T> between(T minimum, T maximum) {
    return new Option<>(name, type, defaultValue, help, parser, expected, minimum, maximum, live);
  }

  /**
   * The same option, marked as one that can be changed on a built model. The layer reads it as a
   * variable of the graph.
   */
  public Option<T> changeableLive() {
    return new Option<>(name, type, defaultValue, help, parser, expected, minimum, maximum, true);
  }

  /** What users write before the equals sign, such as {@code "k"}. */
  public String name() {
    return name;
  }

  public Class<T> type() {
    return type;
  }

  public T defaultValue() {
    return defaultValue;
  }

  /** One line for command-line help and reports. */
  public String help() {
    return help;
  }

  /** The lowest value allowed, where there is a {@linkplain #between range}. */
  public Optional<T> lowest() {
    return Optional.ofNullable(minimum);
  }

  /** The highest value allowed, where there is a {@linkplain #between range}. */
  public Optional<T> highest() {
    return Optional.ofNullable(maximum);
  }

  /** Whether it can be changed on a built model. */
  public boolean live() {
    return live;
  }

  /** What values it takes, such as {@code "a whole number within 1 … 4096"}. */
  public String range() {
    return minimum == null || maximum == null
        ? expected
        : "%s within %s … %s".formatted(expected, written(minimum), written(maximum));
  }

  /**
   * Returns the value that a user's text stands for.
   *
   * @throws OptionException if it is of the wrong type or out of range
   */
  public T parse(String text) {
    T value;
    try {
      value = parser.apply(text.strip());
    } catch (IllegalArgumentException e) {
      throw refused("\"" + text + "\"");
    }
    return check(value);
  }

  /**
   * Returns {@code value} if it is in range.
   *
   * @throws OptionException if it is not
   */
  public T check(T value) {
    boolean notANumber = value instanceof Double decimal && decimal.isNaN();
    boolean low = minimum != null && value.compareTo(minimum) < 0;
    boolean high = maximum != null && value.compareTo(maximum) > 0;
    if (notANumber || low || high) {
      throw refused(written(value));
    }
    return value;
  }

  /** A value as users write it. */
  static String written(Object value) {
    return value instanceof Enum<?> constant
        ? constant.name().toLowerCase(Locale.ROOT).replace('_', '-')
        : value.toString();
  }

  private OptionException refused(String given) {
    return new OptionException(
        List.of("option %s must be %s but is %s".formatted(name, range(), given)));
  }

  private static boolean parseFlag(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on" -> true;
      case "false", "no", "off" -> false;
      default -> throw new IllegalArgumentException(text);
    };
  }

  @Override
  public String toString() {
    return "%s=%s (%s): %s".formatted(name, written(defaultValue), range(), help);
  }
}
