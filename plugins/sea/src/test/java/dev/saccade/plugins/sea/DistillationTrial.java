package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.LearningLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A SEA layer that learns from a teacher in the runtime's own graph. The student is that of a
 * {@link KernelTrial} of the same seed.
 */
final class DistillationTrial implements AutoCloseable {

  private static final List<String> TEACHER =
      List.of(LearningLayer.TEACHER_QUERY, LearningLayer.TEACHER_KEY, LearningLayer.TEACHER_VALUE);

  private final InstalledLayer student;
  private final LearningLayer layer;

  DistillationTrial(
      AttentionSpec spec,
      Map<String, String> options,
      int batch,
      int length,
      long seed,
      @Nullable INDArray real) {
    this.student = new InstalledLayer(spec, options, batch, length, seed, real, TEACHER);
    this.layer = new LearningLayer(student.slot(), LayerSize.self(batch, length));
  }

  InstalledLayer installed() {
    return student;
  }

  /** The arrays that go in, by the names of {@link LearningLayer}'s inputs. */
  INDArray input(String name) {
    return student.input(name);
  }

  /** Who computes the terms that compare matrices. */
  String ranBy() {
    return student.decision(DistillationKernel.OPERATION).name();
  }

  /** Every term before its weight, by name. */
  Map<String, INDArray> terms() {
    Map<String, INDArray> terms = new LinkedHashMap<>();
    try (GraphOutputs seen = layer.run(student.inputs())) {
      layer.terms().forEach(term -> terms.put(term, seen.copy(LearningLayer.term(term))));
    }
    return terms;
  }

  /** Gradients of the weighted sum in the student's inputs and every trained parameter, by name. */
  Map<String, INDArray> gradients() {
    Map<String, String> variables = student.variables();
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    try (GraphOutputs seen = layer.gradients(student.inputs(), variables.values())) {
      variables.forEach((name, variable) -> gradients.put(name, seen.copy(variable)));
    }
    return gradients;
  }

  /** The most native memory that a run held at once. */
  long peakBytes() {
    return layer.peakBytes();
  }

  @Override
  public void close() {
    layer.close();
    student.close();
  }
}
