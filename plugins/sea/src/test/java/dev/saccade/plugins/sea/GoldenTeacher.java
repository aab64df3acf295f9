package dev.saccade.plugins.sea;

import dev.saccade.api.distill.TeacherAttention;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A teacher of which scores and context are known, as of those of golden cases.
 *
 * @param scores {@code [B, H, T, S]}
 * @param context {@code [B, H, T, D]}
 */
record GoldenTeacher(SDVariable scores, SDVariable context) implements TeacherAttention {

  static GoldenTeacher of(SeaCase golden, SameDiff graph, DataType type) {
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    INDArray context =
        golden
            .tensor("in.teacher_context") // [B, T, H·D]
            .reshape(query.size(0), query.size(2), query.size(1), query.size(3))
            .permute(0, 2, 1, 3);
    return new GoldenTeacher(
        graph.constant(golden.tensor("in.teacher_scores").castTo(type)),
        graph.constant(context.dup('c').castTo(type)));
  }

  @Override
  public SDVariable query() {
    throw new IllegalStateException("golden cases store the teacher's scores, not its queries");
  }

  @Override
  public SDVariable key() {
    throw new IllegalStateException("golden cases store the teacher's scores, not its keys");
  }
}
