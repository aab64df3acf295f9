package dev.saccade.runtime.attention;

import dev.saccade.api.ElementType;
import org.nd4j.linalg.api.buffer.DataType;

/** ND4J's names for the element types of the API. */
final class ElementTypes {

  private ElementTypes() {}

  static DataType nd4j(ElementType type) {
    return switch (type) {
      case F16 -> DataType.FLOAT16;
      case BF16 -> DataType.BFLOAT16;
      case F32 -> DataType.FLOAT;
      case F64 -> DataType.DOUBLE;
    };
  }

  static ElementType api(DataType type) {
    for (ElementType each : ElementType.values()) {
      if (nd4j(each) == type) {
        return each;
      }
    }
    throw new IllegalArgumentException("attention does not compute in " + type);
  }
}
