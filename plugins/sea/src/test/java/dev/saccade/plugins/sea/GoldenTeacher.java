package dev.saccade.plugins.sea;

import dev.saccade.api.distill.TeacherAttention;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A teacher of which scores and context are known, as of those of golden cases. As queries it has
 * the rows of its scores, and unit vectors as keys, for objectives that compute scores anew.
 *
 * @param query {@code [B, H, T, S]}
 * @param key {@code [B, 1, S, S]}
 * @param scores {@code [B, H, T, S]}
 * @param context {@code [B, H, T, D]}
 */
record GoldenTeacher(SDVariable query, SDVariable key, SDVariable scores, SDVariable context)
    implements TeacherAttention {

  static GoldenTeacher of(SeaCase golden, SameDiff graph, DataType type) {
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    INDArray context =
        golden
            .tensor("in.teacher_context") // [B, T, H·D]
            .reshape(query.size(0), query.size(2), query.size(1), query.size(3))
            .permute(0, 2, 1, 3);
    return of(
        graph, golden.tensor("in.teacher_scores").castTo(type), context.dup('c').castTo(type));
  }

  /** Of any scores, {@code [B, H, T, S]}, and any context, {@code [B, H, T, D]}. */
  static GoldenTeacher of(SameDiff graph, INDArray scores, INDArray context) {
    int keys = (int) scores.size(3);
    INDArray units =
        Nd4j.tile(Nd4j.eye(keys).reshape(1, 1, keys, keys), (int) scores.size(0), 1, 1, 1);
    return new GoldenTeacher(
        graph.constant(finite(scores)),
        graph.constant(units.dup('c').castTo(scores.dataType())),
        graph.constant(scores),
        graph.constant(context));
  }

  /** Infinity times the zero of a unit vector is no number. */
  private static INDArray finite(INDArray scores) {
    double[] numbers = TensorDifference.doubles(scores);
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Math.max(numbers[i], -1e30);
    }
    return Nd4j.createFromArray(numbers).reshape(scores.shape()).castTo(scores.dataType());
  }
}
