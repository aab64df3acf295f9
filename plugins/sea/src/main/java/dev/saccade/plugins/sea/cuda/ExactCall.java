package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import java.util.List;

/** The tensors of one exact attention by their names. */
record ExactCall(DeviceCall call, AttentionSize size) {

  static final int QUERY = 0;
  static final int KEY = 1;
  static final int VALUE = 2;
  static final int REAL = 3;

  static ExactCall of(DeviceCall call) {
    return new ExactCall(
        call,
        AttentionSize.of(
            call.inputs().stream().map(DeviceTensor::shape).toList(), call.arguments()));
  }

  ElementType type() {
    return call.inputs().get(QUERY).elementType();
  }

  long query() {
    return call.inputs().get(QUERY).address();
  }

  long key() {
    return call.inputs().get(KEY).address();
  }

  long value() {
    return call.inputs().get(VALUE).address();
  }

  /** 0 if no key is padding. */
  long real() {
    List<DeviceTensor> inputs = call.inputs();
    return inputs.size() > REAL ? inputs.get(REAL).address() : 0;
  }

  long output(int index) {
    return call.outputs().get(index).address();
  }

  /** Of the context. */
  long gradient() {
    return call.outputGradients().get(0).address();
  }

  long inputGradient(int input) {
    return call.inputGradients().get(input).address();
  }

  /** Which keys are real has no gradient; graphs want a tensor for it all the same. */
  void clearRest(GpuStream stream) {
    call.inputGradients().stream().skip(REAL).forEach(rest -> DeviceMemory.clear(rest, stream));
  }
}
