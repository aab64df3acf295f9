package dev.saccade.api.kernel;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import java.nio.ByteBuffer;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Numbers in a device's memory, row-major without gaps. Valid during the call that hands it out;
 * nothing is copied to make one.
 */
@ProviderType
public interface Tensor {

  Shape shape();

  ElementType elementType();

  /** Where the numbers lie. */
  Device.Kind device();

  /** The address of the first number in the device's memory. */
  long address();

  /**
   * The bytes of a tensor in host memory, in native order. Tensors above 2 GiB have only an {@link
   * #address}.
   *
   * @throws IllegalStateException if the tensor is on another device or above 2 GiB
   */
  ByteBuffer bytes();

  /**
   * Copies numbers of a tensor in host memory, rounded to float32.
   *
   * @param first the first number, counted in row-major order
   * @param offset where the first goes in {@code into}
   */
  void read(long first, float[] into, int offset, int count);

  /** As above, without rounding. */
  void read(long first, double[] into, int offset, int count);

  /**
   * Replaces numbers of a tensor in host memory.
   *
   * @param first the first number, counted in row-major order
   * @param offset where the first comes from in {@code from}
   */
  void write(long first, float[] from, int offset, int count);

  /** As above; float32 tensors round. */
  void write(long first, double[] from, int offset, int count);
}
