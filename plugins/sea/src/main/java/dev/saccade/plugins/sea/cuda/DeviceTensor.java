package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;

/**
 * Numbers in a GPU's memory, row-major without gaps.
 *
 * @param address of the first, a multiple of 16
 */
public record DeviceTensor(long address, Shape shape, ElementType elementType) {

  public DeviceTensor {
    if (address % 16 != 0) {
      throw new IllegalArgumentException(
          "a tensor on a GPU must begin at a multiple of 16, as all that CUDA allocates does, but"
              + " begins at "
              + address);
    }
  }

  public long bytes() {
    return bytes(shape, elementType);
  }

  /** What kernels that store numbers of its type are called behind the underscore. */
  public String suffix() {
    return AttentionSize.suffix(elementType);
  }

  static long bytes(Shape shape, ElementType elementType) {
    return Math.multiplyExact(shape.elements(), elementType.bytes());
  }
}
