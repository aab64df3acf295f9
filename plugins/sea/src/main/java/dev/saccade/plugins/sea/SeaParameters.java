package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Initializer;
import dev.saccade.api.Parameter;
import dev.saccade.api.Parameter.Redrawn;
import dev.saccade.api.Parameter.Trained;
import dev.saccade.api.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The parameters of a SEA layer: names, shapes, first values, and what the authors' checkpoints
 * call them. Weights are stored as PyTorch stores them, {@code [out, in]} and {@code [out, in, 3,
 * 3]}, so that a checkpoint loads without turning anything.
 *
 * <table>
 *   <caption>Names</caption>
 *   <tr><th>here</th><th>in a checkpoint</th><th>shape</th></tr>
 *   <tr><td>performer.projection</td><td>performer.projection_matrix</td><td>[F, D]</td></tr>
 *   <tr><td>encoder.weight, .bias</td><td>attention_predictor_enc.0.*</td><td>[2D, 3D]</td></tr>
 *   <tr><td>encoder.norm.weight, .bias</td><td>attention_predictor_enc.1.*</td><td>[2D]</td></tr>
 *   <tr><td>rows.weight, .bias</td><td>attention_predictor_dec_row.0.*</td><td>[4W, 2D]</td></tr>
 *   <tr><td>paint.halve.weight, .bias</td><td>attention_predictor_cnn.0.net.0.*</td><td>[4H, 4H, 3, 3]</td></tr>
 *   <tr><td>paint.refine.weight, .bias</td><td>attention_predictor_cnn.0.net.2.*</td><td>[4H, 4H, 3, 3]</td></tr>
 *   <tr><td>paint.join.weight, .bias</td><td>attention_predictor_cnn.0.net.5.*</td><td>[H, 4H, 3, 3]</td></tr>
 *   <tr><td>gates.weight, .bias</td><td>attention_predictor_dec_scaler.0.*</td><td>[2, 2D]</td></tr>
 * </table>
 *
 * <p>With the option joint-encoder the encoder is {@code attention_predictor_enc_per_layer} in the
 * checkpoint, and 2D and 3D become 2HD and 3HD in its shapes.
 */
final class SeaParameters {

  static final String PROJECTION = "performer.projection";
  static final String ENCODER = "encoder";
  static final String ENCODER_NORM = "encoder.norm";
  static final String ROWS = "rows";
  static final String PAINT_HALVE = "paint.halve";
  static final String PAINT_REFINE = "paint.refine";
  static final String PAINT_JOIN = "paint.join";
  static final String GATES = "gates";

  /** Strips of W columns that the row decoder gives every head to paint with. */
  static final int STRIPS = 4;

  /** The authors train what SEA adds to a pretrained model ten times faster than the model. */
  private static final Trained NEW = new Trained(10);

  /** The authors draw new features every so many optimiser steps. */
  private static final Redrawn REDRAWN = new Redrawn(1000);

  private SeaParameters() {}

  static List<Parameter> of(AttentionSpec spec, SeaOptions options) {
    long heads = spec.heads();
    long size = spec.headSize();
    long together = options.jointEncoder() ? heads : 1;
    long strips = STRIPS * heads;
    List<Parameter> all = new ArrayList<>();
    all.add(
        new Parameter(
            PROJECTION,
            Shape.of(options.features(spec.headSize()), size),
            new OrthogonalFeatures(),
            REDRAWN));
    addAffine(all, ENCODER, Shape.of(2 * size * together, 3 * size * together));
    all.add(trained(weight(ENCODER_NORM), Shape.of(2 * size * together), Initializer.constant(1)));
    all.add(trained(bias(ENCODER_NORM), Shape.of(2 * size * together), Initializer.constant(0)));
    addAffine(all, ROWS, Shape.of(STRIPS * (long) options.paintedWidth(), 2 * size));
    addAffine(all, PAINT_HALVE, Shape.of(strips, strips, 3, 3));
    addAffine(all, PAINT_REFINE, Shape.of(strips, strips, 3, 3));
    addAffine(all, PAINT_JOIN, Shape.of(heads, strips, 3, 3));
    addAffine(all, GATES, Shape.of(2, 2 * size));
    return List.copyOf(all);
  }

  static String weight(String of) {
    return of + ".weight";
  }

  static String bias(String of) {
    return of + ".bias";
  }

  /** Returns what the authors' checkpoints call a parameter, without the layer's prefix. */
  static String checkpointName(Parameter parameter, SeaOptions options) {
    String name = parameter.name();
    if (name.equals(PROJECTION)) {
      return "performer.projection_matrix";
    }
    int dot = name.lastIndexOf('.');
    String encoder =
        options.jointEncoder() ? "attention_predictor_enc_per_layer" : "attention_predictor_enc";
    String module =
        switch (name.substring(0, dot)) {
          case ENCODER -> encoder + ".0";
          case ENCODER_NORM -> encoder + ".1";
          case ROWS -> "attention_predictor_dec_row.0";
          case PAINT_HALVE -> "attention_predictor_cnn.0.net.0";
          case PAINT_REFINE -> "attention_predictor_cnn.0.net.2";
          case PAINT_JOIN -> "attention_predictor_cnn.0.net.5";
          case GATES -> "attention_predictor_dec_scaler.0";
          default -> throw new IllegalArgumentException("SEA has no parameter " + name);
        };
    return module + name.substring(dot);
  }

  /** Weight and bias within ±1/√(inputs of one output), PyTorch's default. */
  private static void addAffine(List<Parameter> all, String name, Shape shape) {
    Initializer initializer = Initializer.fanIn(shape.elements() / shape.axis(0));
    all.add(trained(weight(name), shape, initializer));
    all.add(trained(bias(name), Shape.of(shape.axis(0)), initializer));
  }

  private static Parameter trained(String name, Shape shape, Initializer initializer) {
    return new Parameter(name, shape, initializer, NEW);
  }
}
