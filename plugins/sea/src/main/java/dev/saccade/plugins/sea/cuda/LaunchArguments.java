package dev.saccade.plugins.sea.cuda;

import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;

/** The arguments of one launch, in the order of the kernel's parameters. */
public final class LaunchArguments {

  private final List<Pointer> pointers = new ArrayList<>();

  /** A pointer to device memory; 0 is none. */
  public LaunchArguments address(long address) {
    pointers.add(Pointer.to(new long[] {address}));
    return this;
  }

  /** An {@code int}. */
  public LaunchArguments integer(int value) {
    pointers.add(Pointer.to(new int[] {value}));
    return this;
  }

  /** A {@code long long}. */
  public LaunchArguments wholeNumber(long value) {
    pointers.add(Pointer.to(new long[] {value}));
    return this;
  }

  /** A {@code float}. */
  public LaunchArguments number(double value) {
    pointers.add(Pointer.to(new float[] {(float) value}));
    return this;
  }

  /** A {@code double}. */
  public LaunchArguments wide(double value) {
    pointers.add(Pointer.to(new double[] {value}));
    return this;
  }

  /** A struct of nothing but {@code int}s and {@code float}s, the latter by their bits. */
  public LaunchArguments words(int... words) {
    pointers.add(Pointer.to(words.clone()));
    return this;
  }

  Pointer toNative() {
    return Pointer.to(pointers.toArray(Pointer[]::new));
  }
}
