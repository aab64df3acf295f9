package dev.saccade.conformance;

import dev.saccade.api.ElementType;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer's inputs in native memory, by the names of their placeholders. */
final class Feed implements AutoCloseable {

  private final DataType type;
  private final Map<String, INDArray> arrays = new LinkedHashMap<>();

  Feed(ElementType type, LayerInputs inputs) {
    this.type = type(type);
    and(SingleLayer.QUERY, inputs.query());
    and(SingleLayer.KEY, inputs.key());
    and(SingleLayer.VALUE, inputs.value());
    if (inputs.real() != null) {
      and(SingleLayer.REAL, inputs.real());
    }
  }

  /** ND4J's name for an element type of the API. */
  static DataType type(ElementType type) {
    return switch (type) {
      case F16 -> DataType.FLOAT16;
      case BF16 -> DataType.BFLOAT16;
      case F32 -> DataType.FLOAT;
      case F64 -> DataType.DOUBLE;
    };
  }

  /** Adds one more placeholder's value. */
  Feed and(String name, TensorValues values) {
    arrays.put(name, values.toArray(type));
    return this;
  }

  Map<String, INDArray> arrays() {
    return Collections.unmodifiableMap(arrays);
  }

  /** What an array holds now. */
  TensorValues values(String name) {
    return TensorValues.of(array(name));
  }

  INDArray array(String name) {
    return Objects.requireNonNull(arrays.get(name), name);
  }

  /** Gives these positions to a decoding and returns their context. */
  TensorValues advance(LayerDecoding decoding) {
    INDArray context =
        decoding.advance(
            array(SingleLayer.QUERY),
            array(SingleLayer.KEY),
            array(SingleLayer.VALUE),
            arrays.get(SingleLayer.REAL));
    try {
      return TensorValues.of(context);
    } finally {
      context.close();
    }
  }

  @Override
  public void close() {
    arrays.values().forEach(INDArray::close);
  }
}
