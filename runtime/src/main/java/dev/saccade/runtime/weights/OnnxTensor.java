package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import onnx.Onnx.TensorProto;

/** A constant of an ONNX graph, checked against its own shape. */
final class OnnxTensor {

  private final TensorProto proto;
  private final String source;

  OnnxTensor(TensorProto proto, String source) {
    this.proto = proto;
    this.source = source;
  }

  String name() {
    return proto.getName();
  }

  long[] shape() {
    return proto.getDimsList().stream().mapToLong(Long::longValue).toArray();
  }

  boolean isFloat() {
    return proto.getDataType() == TensorProto.DataType.FLOAT_VALUE;
  }

  /** Returns the values of a tensor of floats, or of signed or unsigned bytes. */
  float[] floats() {
    float[] values = new float[size()];
    switch (proto.getDataType()) {
      case TensorProto.DataType.FLOAT_VALUE -> {
        if (isRaw()) {
          raw(4).asFloatBuffer().get(values);
        } else {
          requireSize(proto.getFloatDataCount());
          for (int i = 0; i < values.length; i++) {
            values[i] = proto.getFloatData(i);
          }
        }
      }
      case TensorProto.DataType.INT8_VALUE, TensorProto.DataType.UINT8_VALUE -> {
        boolean signed = proto.getDataType() == TensorProto.DataType.INT8_VALUE;
        if (isRaw()) {
          ByteBuffer bytes = raw(1);
          for (int i = 0; i < values.length; i++) {
            byte value = bytes.get();
            values[i] = signed ? value : Byte.toUnsignedInt(value);
          }
        } else {
          requireSize(proto.getInt32DataCount());
          for (int i = 0; i < values.length; i++) {
            values[i] = proto.getInt32Data(i);
          }
        }
      }
      default -> throw unsupported("FLOAT, INT8 or UINT8");
    }
    return values;
  }

  /** Returns the values of a tensor of 64-bit integers. */
  long[] longs() {
    if (proto.getDataType() != TensorProto.DataType.INT64_VALUE) {
      throw unsupported("INT64");
    }
    long[] values = new long[size()];
    if (isRaw()) {
      raw(8).asLongBuffer().get(values);
    } else {
      requireSize(proto.getInt64DataCount());
      Arrays.setAll(values, proto::getInt64Data);
    }
    return values;
  }

  /** Returns the value of a tensor that holds a single float. */
  float number() {
    requireSingle();
    return floats()[0];
  }

  /** Returns the value of a tensor that holds a single whole number. */
  long wholeNumber() {
    requireSingle();
    return longs()[0];
  }

  private boolean isRaw() {
    return !proto.getRawData().isEmpty();
  }

  private ByteBuffer raw(int width) {
    ByteBuffer bytes = proto.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() != (long) width * size()) {
      throw new SaccadeException(
          "%s: tensor %s is %s, which takes %d bytes, but has %d"
              .formatted(
                  source,
                  name(),
                  Arrays.toString(shape()),
                  (long) width * size(),
                  bytes.remaining()));
    }
    return bytes;
  }

  private void requireSingle() {
    if (size() != 1) {
      throw new SaccadeException(
          "%s: tensor %s must be a single number, but is %s"
              .formatted(source, name(), Arrays.toString(shape())));
    }
  }

  private void requireSize(int count) {
    if (count != size()) {
      throw new SaccadeException(
          "%s: tensor %s is %s, but has %d elements"
              .formatted(source, name(), Arrays.toString(shape()), count));
    }
  }

  private int size() {
    if (proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL) {
      throw new SaccadeException(
          "%s: tensor %s lies in another file; only models of one file are supported"
              .formatted(source, name()));
    }
    long size = 1;
    for (long axis : shape()) {
      // What a file declares is not yet there: no array is made that the file could not fill.
      if (axis < 0 || (axis > 0 && size > proto.getSerializedSize() / axis)) {
        throw new SaccadeException(
            "%s: tensor %s is %s, larger than what the file holds of it"
                .formatted(source, name(), Arrays.toString(shape())));
      }
      size *= axis;
    }
    return (int) size;
  }

  private SaccadeException unsupported(String supported) {
    TensorProto.DataType type = TensorProto.DataType.forNumber(proto.getDataType());
    return new SaccadeException(
        "%s: tensor %s is %s, but must be %s"
            .formatted(source, name(), type == null ? proto.getDataType() : type, supported));
  }
}
