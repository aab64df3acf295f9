package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Parameter;

/**
 * What the authors' checkpoints call the parameters of a layer, without the layer's prefix.
 *
 * <p>Shapes agree but for the causal convolutions: a checkpoint stores five rows of which the last
 * two would look ahead and are to be ignored, whatever is in them; here there are only the {@value
 * #ROWS_THAT_LOOK_BACK} that look back.
 */
final class CheckpointNames {

  static final int ROWS_THAT_LOOK_BACK = 3;

  private CheckpointNames() {}

  static String of(Parameter parameter, AttentionSpec spec, SeaOptions options) {
    String name = parameter.name();
    if (name.equals(SeaParameters.PROJECTION)) {
      return "performer.projection_matrix";
    }
    if (name.equals(SeaParameters.POSITIONS)) {
      return "v_eye_learned_causal";
    }
    int dot = name.lastIndexOf('.');
    String part = name.substring(0, dot);
    return (spec.masking().causal() ? causal(part, options) : bidirectional(part, options))
        + name.substring(dot);
  }

  private static String bidirectional(String part, SeaOptions options) {
    return switch (part) {
      case SeaParameters.PAINT_HALVE -> "attention_predictor_cnn.0.net.0";
      case SeaParameters.PAINT_REFINE -> "attention_predictor_cnn.0.net.2";
      case SeaParameters.PAINT_JOIN -> "attention_predictor_cnn.0.net.5";
      default -> ofBoth(part, options);
    };
  }

  private static String causal(String part, SeaOptions options) {
    String convolutions = "attention_predictor_cnn.1.module.net.";
    return switch (part) {
      case SeaParameters.STRIPS_NORM -> "attention_predictor_cnn.0.module";
      case SeaParameters.PAINT_REFINE -> convolutions + "0.module";
      case SeaParameters.PAINT_REFINE_AGAIN -> convolutions + "2.module";
      case SeaParameters.PAINT_REFINE_DEEPER -> convolutions + "4.module";
      case SeaParameters.PAINT_JOIN -> convolutions + (options.deeper() ? "7" : "5") + ".module";
      case SeaParameters.SCORES_NORM -> "attention_predictor_cnn.2.module";
      default -> ofBoth(part, options);
    };
  }

  private static String ofBoth(String part, SeaOptions options) {
    String encoder =
        options.jointEncoder() ? "attention_predictor_enc_per_layer" : "attention_predictor_enc";
    return switch (part) {
      case SeaParameters.ENCODER -> encoder + ".0";
      case SeaParameters.ENCODER_NORM -> encoder + ".1";
      case SeaParameters.ROWS -> "attention_predictor_dec_row.0";
      case SeaParameters.GATES -> "attention_predictor_dec_scaler.0";
      default -> throw new IllegalArgumentException("SEA has no parameter " + part);
    };
  }
}
