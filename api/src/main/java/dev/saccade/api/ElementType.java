package dev.saccade.api;

/** How one number of a tensor is stored. */
public enum ElementType {
  /** IEEE 754 half precision: 11 bits of significand. */
  F16(2),
  /** The upper half of a {@link #F32}: 8 bits of significand. */
  BF16(2),
  /** IEEE 754 single precision: 24 bits of significand. */
  F32(4),
  /** IEEE 754 double precision: 53 bits of significand; gradients are checked in it. */
  F64(8);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** The size of one number, in bytes. */
  public int bytes() {
    return bytes;
  }
}
