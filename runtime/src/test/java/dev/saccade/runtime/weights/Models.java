package dev.saccade.runtime.weights;

import java.nio.file.Path;

/** Where the build puts the jars of the pretrained models. */
final class Models {

  static final Path DIRECTORY = Path.of("target", "models");

  private Models() {}

  static PretrainedModel minilm() {
    return PretrainedModel.open("minilm", DIRECTORY);
  }

  static PretrainedModel minilmF32() {
    return PretrainedModel.open("minilm-f32", DIRECTORY);
  }

  /** Reads a weight row by row. */
  static float[] floats(PretrainedModel model, String name) {
    return model.weights().get(name).data().asFloat();
  }
}
