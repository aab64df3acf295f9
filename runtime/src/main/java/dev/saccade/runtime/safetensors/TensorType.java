package dev.saccade.runtime.safetensors;

/** How one element of a tensor is stored, little-endian. */
public enum TensorType {
  /** IEEE double. */
  F64(8),
  /** IEEE float. */
  F32(4),
  /** IEEE half: 5 bits of exponent, 10 of fraction. */
  F16(2),
  /** The upper half of a float: 8 bits of exponent, 7 of fraction. */
  BF16(2),
  /** Signed, 64 bits. */
  I64(8),
  /** Signed, 32 bits. */
  I32(4),
  /** Unsigned byte. */
  U8(1),
  /** One byte, 0 or 1. */
  BOOL(1);

  private final int bytes;

  TensorType(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the bytes of one element. */
  public int bytes() {
    return bytes;
  }
}
