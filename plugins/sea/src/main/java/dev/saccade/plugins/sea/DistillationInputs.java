package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelRequest;
import java.util.List;
import java.util.stream.Stream;

/**
 * The inputs of operation {@value DistillationKernel#OPERATION}: first the student's, as {@link
 * SeaInputs} says, then the teacher's
 *
 * <pre>
 *   query    [B, H, T, E]    scaled
 *   key      [B, K, T, E]    K divides H
 * </pre>
 */
final class DistillationInputs {

  private static final int TEACHERS = 2;

  private DistillationInputs() {}

  static <T> List<T> student(List<T> inputs) {
    return inputs.subList(0, inputs.size() - TEACHERS);
  }

  static <T> T teacherQuery(List<T> inputs) {
    return inputs.get(inputs.size() - 2);
  }

  static <T> T teacherKey(List<T> inputs) {
    return inputs.get(inputs.size() - 1);
  }

  /** The shapes that a graph has, where the teacher's heads are of the student's size. */
  static Shape[] shapes(LayerGraph graph, SeaOptions options) {
    AttentionSpec spec = graph.spec();
    Shape key = Shape.of(graph.batch(), spec.kvHeads(), graph.keys(), spec.headSize());
    Shape query = Shape.of(graph.batch(), spec.heads(), graph.queries(), spec.headSize());
    return Stream.concat(Stream.of(SeaInputs.shapes(graph, options)), Stream.of(query, key))
        .toArray(Shape[]::new);
  }

  /** What is asked of the student alone. */
  static KernelRequest student(KernelRequest request) {
    return new KernelRequest(student(request.inputs()), request.elementType(), request.arguments());
  }

  /** Checks that the teacher's shapes fit to the student's. */
  static void checkTeacher(List<Shape> inputs) {
    Shape student = inputs.get(SeaInputs.QUERY); // [B, H, T, D]
    Shape query = teacherQuery(inputs);
    Shape key = teacherKey(inputs);
    boolean asks =
        query.rank() == 4
            && query.axis(0) == student.axis(0)
            && query.axis(1) == student.axis(1)
            && query.axis(2) == student.axis(2);
    if (!asks) {
      throw new IllegalArgumentException(
          "the teacher's query must be [B, H, T, E], as the student's %s is [B, H, T, D], but is %s"
              .formatted(student, query));
    }
    boolean fits =
        key.rank() == 4
            && key.axis(0) == query.axis(0)
            && key.axis(2) == query.axis(2)
            && key.axis(3) == query.axis(3)
            && query.axis(1) % key.axis(1) == 0;
    if (!fits) {
      throw new IllegalArgumentException(
          "the teacher's key must be [B, K, T, E], K a divisor of H, where its query is [B, H, T, E] = %s, but is %s"
              .formatted(query, key));
    }
  }
}
