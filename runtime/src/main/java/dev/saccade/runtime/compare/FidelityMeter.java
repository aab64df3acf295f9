package dev.saccade.runtime.compare;

import dev.saccade.api.Probe;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ShownProbe;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.model.EncoderModel;
import dev.saccade.runtime.model.Trace;
import dev.saccade.runtime.report.Fidelity;
import dev.saccade.runtime.tokenize.TokenSequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * How close a mechanism comes to the teacher: as a whole model, where errors of layers add up, and
 * layer by layer on the teacher's own queries, keys and values, where they do not. Padding does not
 * count.
 */
final class FidelityMeter {

  private final EncoderModel model;
  private final Trace teacher;
  private final List<TokenSequence> passages;
  private final int heads;
  private final int headSize;
  private final int hiddenSize;

  private FidelityMeter(EncoderModel model, Trace teacher, List<TokenSequence> passages) {
    this.model = model;
    this.teacher = teacher;
    this.passages = passages;
    this.heads = model.spec().heads();
    this.headSize = model.spec().headSize();
    this.hiddenSize = model.spec().hiddenSize();
  }

  /**
   * @param teacher the trace of the text's passages, with attention
   * @throws SaccadeException if the mechanism gives numbers that are not finite
   */
  static Fidelity measure(EncoderModel model, Trace teacher, ComparisonText text) {
    return new FidelityMeter(model, teacher, text.passages()).measure();
  }

  private Fidelity measure() {
    Trace student = model.trace(passages, Set.of());
    List<OneLayer> layers = model.withSlots(this::layers);
    List<Fidelity.OfLayer> figures = new ArrayList<>();
    double contextErrors = 0;
    double distances = 0;
    double divergences = 0;
    boolean shown = true;
    boolean finite = true;
    for (int i = 0; i < layers.size(); i++) {
      OneLayer layer = layers.get(i);
      double hiddenError = hiddenAfter(i, student).relativeError();
      double contextError = layer.context().relativeError();
      RowDistance rows = layer.attention();
      Double distance = rows == null ? null : rows.meanTotalVariation();
      Double divergence = rows == null ? null : rows.meanDivergence();
      requireFinite("hidden states after layer " + i, hiddenError);
      requireFinite("context of layer " + i, contextError);
      contextErrors += contextError;
      distances += distance == null ? 0 : distance;
      divergences += divergence == null ? 0 : divergence;
      shown &= distance != null;
      finite &= divergence != null;
      figures.add(new Fidelity.OfLayer(i, hiddenError, contextError, distance));
    }
    int count = layers.size();
    Discrepancy hidden = hiddenAfter(count - 1, student);
    return new Fidelity(
        hidden.relativeError(),
        hidden.meanCosine(),
        contextErrors / count,
        shown ? distances / count : null,
        finite ? divergences / count : null,
        figures);
  }

  private Discrepancy hiddenAfter(int layer, Trace student) {
    Discrepancy hidden = new Discrepancy();
    float[] expected = teacher.hidden().get(layer + 1);
    float[] actual = student.hidden().get(layer + 1);
    for (int b = 0; b < teacher.batch(); b++) {
      for (int t = 0; t < passages.get(b).length(); t++) {
        hidden.add(expected, actual, (b * teacher.positions() + t) * hiddenSize, hiddenSize);
      }
    }
    return hidden;
  }

  private record OneLayer(Discrepancy context, @Nullable RowDistance attention) {}

  private List<OneLayer> layers(List<AttentionSlot> slots) {
    List<OneLayer> layers = new ArrayList<>();
    for (int i = 0; i < slots.size(); i++) {
      layers.add(layer(slots.get(i), teacher.layers().get(i)));
    }
    return layers;
  }

  private OneLayer layer(AttentionSlot slot, Trace.OfLayer exact) {
    LayerSize size = LayerSize.self(teacher.batch(), teacher.positions());
    try (SingleLayer layer = new SingleLayer(slot, size, Set.of(Probe.ATTENTION));
        INDArray query = heads(exact.query());
        INDArray key = heads(exact.key());
        INDArray value = heads(exact.value());
        INDArray real = real();
        GraphOutputs outputs =
            layer.run(
                Map.of(
                    SingleLayer.QUERY, query,
                    SingleLayer.KEY, key,
                    SingleLayer.VALUE, value,
                    SingleLayer.REAL, real))) {
      return new OneLayer(
          contextDiscrepancy(exact.context(), outputs.floats(SingleLayer.CONTEXT)),
          rowDistance(
              exact.probe(Probe.ATTENTION).orElse(null),
              layer.shown(outputs, Probe.ATTENTION).map(ShownProbe::dense).orElse(null)));
    }
  }

  private Discrepancy contextDiscrepancy(float[] expected, float[] actual) {
    Discrepancy context = new Discrepancy();
    forEachRow(row -> context.add(expected, actual, row.index() * headSize, headSize));
    return context;
  }

  private @Nullable RowDistance rowDistance(
      float @Nullable [] expected, float @Nullable [] actual) {
    if (expected == null || actual == null) {
      return null;
    }
    RowDistance distance = new RowDistance();
    forEachRow(
        row -> distance.add(expected, actual, row.index() * teacher.positions(), row.keys()));
    return distance;
  }

  /** A real query of one head: its number in the order B, H, T, and how many real keys it has. */
  private record Row(int index, int keys) {}

  private interface RowUse {
    void on(Row row);
  }

  private void forEachRow(RowUse use) {
    for (int b = 0; b < teacher.batch(); b++) {
      int length = passages.get(b).length();
      for (int h = 0; h < heads; h++) {
        for (int t = 0; t < length; t++) {
          use.on(new Row((b * heads + h) * teacher.positions() + t, length));
        }
      }
    }
  }

  private INDArray heads(float[] values) {
    return Nd4j.createFromArray(values)
        .reshape(teacher.batch(), heads, teacher.positions(), headSize);
  }

  private INDArray real() {
    float[] real = new float[teacher.batch() * teacher.positions()];
    for (int b = 0; b < teacher.batch(); b++) {
      for (int t = 0; t < passages.get(b).length(); t++) {
        real[b * teacher.positions() + t] = 1;
      }
    }
    return Nd4j.createFromArray(real).reshape(teacher.batch(), teacher.positions());
  }

  private static void requireFinite(String what, double figure) {
    if (!Double.isFinite(figure)) {
      throw new SaccadeException("the %s are not finite numbers".formatted(what));
    }
  }
}
