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
 * The parameters of a SEA layer: names, shapes and first values. Weights are stored as PyTorch
 * stores them, {@code [out, in]} and {@code [out, in, rows, columns]}; {@link CheckpointNames} says
 * what the authors' checkpoints call them.
 *
 * <p>All have the parameters of the first table; the second is of layers without causal mask, the
 * third of those with it. P is the most positions that the model admits.
 *
 * <table>
 *   <caption>Names</caption>
 *   <tr><td>performer.projection</td><td>[F, D]</td></tr>
 *   <tr><td>encoder.weight, .bias</td><td>[2D, 3D], or with H in both if joint</td></tr>
 *   <tr><td>encoder.norm.weight, .bias</td><td>[2D]</td></tr>
 *   <tr><td>rows.weight, .bias</td><td>[strips·W, 2D]</td></tr>
 *   <tr><td>gates.weight, .bias</td><td>[2, 2D]</td></tr>
 * </table>
 *
 * <table>
 *   <caption>Without causal mask, where there are 4 strips</caption>
 *   <tr><td>paint.halve.weight, .bias</td><td>[4H, 4H, 3, 3]</td></tr>
 *   <tr><td>paint.refine.weight, .bias</td><td>[4H, 4H, 3, 3]</td></tr>
 *   <tr><td>paint.join.weight, .bias</td><td>[H, 4H, 3, 3]</td></tr>
 * </table>
 *
 * <table>
 *   <caption>With causal mask, where there are 2 strips</caption>
 *   <tr><td>positions</td><td>[1, 1, P, D]</td></tr>
 *   <tr><td>strips.norm.weight, .bias</td><td>[W]</td></tr>
 *   <tr><td>paint.refine.weight, .bias</td><td>[2H, 2H, 3, 3]</td></tr>
 *   <tr><td>paint.refine-again.weight, .bias</td><td>[2H, 2H, 3, 3]</td></tr>
 *   <tr><td>paint.refine-deeper.weight, .bias</td><td>[2H, 2H, 3, 3], if deeper</td></tr>
 *   <tr><td>paint.join.weight, .bias</td><td>[H, 2H, 1, 1]</td></tr>
 *   <tr><td>scores.norm.weight, .bias</td><td>[M]</td></tr>
 * </table>
 */
final class SeaParameters {

  static final String PROJECTION = "performer.projection";
  static final String POSITIONS = "positions";
  static final String ENCODER = "encoder";
  static final String ENCODER_NORM = "encoder.norm";
  static final String ROWS = "rows";
  static final String STRIPS_NORM = "strips.norm";
  static final String PAINT_HALVE = "paint.halve";
  static final String PAINT_REFINE = "paint.refine";
  static final String PAINT_REFINE_AGAIN = "paint.refine-again";
  static final String PAINT_REFINE_DEEPER = "paint.refine-deeper";
  static final String PAINT_JOIN = "paint.join";
  static final String SCORES_NORM = "scores.norm";
  static final String GATES = "gates";

  /** The authors train what SEA adds to a pretrained model ten times faster than the model. */
  private static final Trained NEW = new Trained(10);

  private SeaParameters() {}

  static List<Parameter> of(AttentionSpec spec, SeaOptions options) {
    long size = spec.headSize();
    long together = options.jointEncoder() ? spec.heads() : 1;
    Strips strips = Strips.of(spec, options);
    List<Parameter> all = new ArrayList<>();
    all.add(
        new Parameter(
            PROJECTION,
            Shape.of(options.features(spec.headSize()), size),
            Initializer.orthogonalFeatures(),
            new Redrawn(options.redrawInterval())));
    if (spec.masking().causal()) {
      Shape shape = Shape.of(1, 1, spec.maxPositions(), size);
      all.add(trained(POSITIONS, shape, Initializer.normal(1)));
    }
    addAffine(all, ENCODER, Shape.of(2 * size * together, 3 * size * together));
    addNorm(all, ENCODER_NORM, 2 * size * together);
    addAffine(all, ROWS, Shape.of((long) strips.perHead() * strips.width(), 2 * size));
    if (spec.masking().causal()) {
      addPaintingThePast(all, spec, options, strips);
    } else {
      addPaintingRows(all, spec, strips);
    }
    addAffine(all, GATES, Shape.of(2, 2 * size));
    return List.copyOf(all);
  }

  /** The convolutions that refine the picture in causal attention, in order. */
  static List<String> refinements(SeaOptions options) {
    return options.deeper()
        ? List.of(PAINT_REFINE, PAINT_REFINE_AGAIN, PAINT_REFINE_DEEPER)
        : List.of(PAINT_REFINE, PAINT_REFINE_AGAIN);
  }

  static String weight(String of) {
    return of + ".weight";
  }

  static String bias(String of) {
    return of + ".bias";
  }

  private static void addPaintingRows(List<Parameter> all, AttentionSpec spec, Strips strips) {
    long channels = (long) strips.perHead() * spec.heads();
    addAffine(all, PAINT_HALVE, Shape.of(channels, channels, 3, 3));
    addAffine(all, PAINT_REFINE, Shape.of(channels, channels, 3, 3));
    addAffine(all, PAINT_JOIN, Shape.of(spec.heads(), channels, 3, 3));
  }

  private static void addPaintingThePast(
      List<Parameter> all, AttentionSpec spec, SeaOptions options, Strips strips) {
    long channels = (long) strips.perHead() * spec.heads();
    addNorm(all, STRIPS_NORM, strips.width());
    for (String refinement : refinements(options)) {
      addAffine(all, refinement, Shape.of(channels, channels, 3, 3));
    }
    addAffine(all, PAINT_JOIN, Shape.of(spec.heads(), channels, 1, 1));
    addNorm(all, SCORES_NORM, options.width());
  }

  /** Weight and bias within ±1/√(inputs of one output), PyTorch's default. */
  private static void addAffine(List<Parameter> all, String name, Shape shape) {
    Initializer initializer = Initializer.fanIn(shape.elements() / shape.axis(0));
    all.add(trained(weight(name), shape, initializer));
    all.add(trained(bias(name), Shape.of(shape.axis(0)), initializer));
  }

  private static void addNorm(List<Parameter> all, String name, long features) {
    all.add(trained(weight(name), Shape.of(features), Initializer.constant(1)));
    all.add(trained(bias(name), Shape.of(features), Initializer.constant(0)));
  }

  private static Parameter trained(String name, Shape shape, Initializer initializer) {
    return new Parameter(name, shape, initializer, NEW);
  }
}
