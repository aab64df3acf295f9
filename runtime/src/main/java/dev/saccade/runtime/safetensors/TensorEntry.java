package dev.saccade.runtime.safetensors;

import java.util.List;

/**
 * Where a tensor lies in its file.
 *
 * @param name as in the file, such as {@code bert.embeddings.LayerNorm.bias}
 * @param type how an element is stored
 * @param shape the sizes of the axes; empty for a single number
 * @param begin offset of the first byte in the file
 * @param end offset after the last byte in the file
 */
public record TensorEntry(String name, TensorType type, List<Long> shape, long begin, long end) {

  public TensorEntry {
    shape = List.copyOf(shape);
  }

  /** Returns the number of elements. */
  public long size() {
    return (end - begin) / type.bytes();
  }

  @Override
  public String toString() {
    return "%s %s%s".formatted(name, type, shape);
  }
}
