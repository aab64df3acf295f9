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
}
