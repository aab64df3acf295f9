package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.kernel.DenseNumbers;
import dev.saccade.runtime.safetensors.SafetensorsFile;
import dev.saccade.runtime.safetensors.SafetensorsWriter;
import dev.saccade.runtime.safetensors.TensorEntry;
import dev.saccade.runtime.safetensors.TensorType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The numbers of a checkpoint: {@code parameters.safetensors}, and in {@code optimizer.safetensors}
 * the two moments of each, all in float32.
 */
final class Checkpoint {

  static final String PARAMETERS = "parameters.safetensors";
  static final String OPTIMIZER = "optimizer.safetensors";

  private static final String MEAN = ".mean";
  private static final String SQUARE = ".square";

  private Checkpoint() {}

  /**
   * Writes parameters and moments.
   *
   * @throws TrainingBroken when a parameter is not finite, which is nothing to go on from
   */
  static void write(Path directory, List<TrainedParameter> parameters, AdamW optimizer) {
    SafetensorsWriter values = new SafetensorsWriter();
    SafetensorsWriter moments = new SafetensorsWriter();
    for (int i = 0; i < parameters.size(); i++) {
      TrainedParameter parameter = parameters.get(i);
      String name = parameter.name();
      long[] shape = parameter.array().shape();
      float[] mean = optimizer.means(i);
      float[] square = optimizer.squares(i);
      values.add(name, TensorType.F32, shape, () -> finite(parameter, optimizer.steps()));
      moments.add(name + MEAN, TensorType.F32, shape, () -> mean);
      moments.add(name + SQUARE, TensorType.F32, shape, () -> square);
    }
    values.write(directory.resolve(PARAMETERS));
    moments.write(directory.resolve(OPTIMIZER));
  }

  private static float[] finite(TrainedParameter parameter, long step) {
    float[] values = DenseNumbers.of(parameter.array()).floats();
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new TrainingBroken(
            step, "parameter %s is %s at element %d".formatted(parameter, values[i], i));
      }
    }
    return values;
  }

  /** Puts parameters and moments back in place. */
  static void restore(
      Path directory, List<TrainedParameter> parameters, AdamW optimizer, long steps) {
    try (SafetensorsFile values = SafetensorsFile.open(directory.resolve(PARAMETERS));
        SafetensorsFile moments = SafetensorsFile.open(directory.resolve(OPTIMIZER))) {
      for (int i = 0; i < parameters.size(); i++) {
        TrainedParameter parameter = parameters.get(i);
        float[] mean = floats(moments, parameter.name() + MEAN, parameter);
        float[] square = floats(moments, parameter.name() + SQUARE, parameter);
        float[] value = floats(values, parameter.name(), parameter);
        DenseNumbers.of(parameter.array()).write(0, value, 0, value.length);
        System.arraycopy(mean, 0, optimizer.means(i), 0, mean.length);
        System.arraycopy(square, 0, optimizer.squares(i), 0, square.length);
      }
    }
    optimizer.resumeAt(steps);
  }

  private static float[] floats(SafetensorsFile file, String name, TrainedParameter parameter) {
    TensorEntry entry = file.tensor(name);
    List<Long> shape = Arrays.stream(parameter.array().shape()).boxed().toList();
    if (!entry.shape().equals(shape)) {
      throw new SaccadeException(
          "the checkpoint's %s must have the shape %s of the model's".formatted(entry, shape));
    }
    return file.floats(name);
  }
}
