package dev.saccade.runtime.engine.kernel;

import java.util.Arrays;
import java.util.List;

/**
 * The constants of one op: what a graph keeps, saves and loads besides the kernel's name.
 *
 * <p>Immutable: {@code KernelArguments.NONE.withIntegers(3).withReals(1e-12)}.
 */
public final class KernelArguments {

  /** No constants. */
  public static final KernelArguments NONE =
      new KernelArguments(new long[0], new double[0], List.of());

  private final long[] integers;
  private final double[] reals;
  private final List<String> strings;

  KernelArguments(long[] integers, double[] reals, List<String> strings) {
    this.integers = integers;
    this.reals = reals;
    this.strings = List.copyOf(strings);
  }

  public KernelArguments withIntegers(long... values) {
    return new KernelArguments(values.clone(), reals, strings);
  }

  public KernelArguments withReals(double... values) {
    return new KernelArguments(integers, values.clone(), strings);
  }

  public KernelArguments withStrings(String... values) {
    return new KernelArguments(integers, reals, List.of(values));
  }

  public long integer(int index) {
    return integers[index];
  }

  public double real(int index) {
    return reals[index];
  }

  public String string(int index) {
    return strings.get(index);
  }

  /** Returns a copy of all integers. */
  public long[] integers() {
    return integers.clone();
  }

  /** Returns a copy of all reals. */
  public double[] reals() {
    return reals.clone();
  }

  public List<String> strings() {
    return strings;
  }

  @Override
  public String toString() {
    return "integers=%s reals=%s strings=%s"
        .formatted(Arrays.toString(integers), Arrays.toString(reals), strings);
  }
}
