package dev.saccade.conformance;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.distill.TeacherAttention;
import dev.saccade.runtime.attention.LayerSize;
import java.util.SplittableRandom;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * A teacher with queries and keys of its own, so that there is something to learn from it.
 *
 * @param query {@code [B, H, T, D]}, scaled
 * @param key {@code [B, K, S, D]}
 * @param scores {@code [B, H, T, S]}
 * @param context {@code [B, H, T, D]}
 */
record GivenTeacher(SDVariable query, SDVariable key, SDVariable scores, SDVariable context)
    implements TeacherAttention {

  private static final long SEED = 71;
  private static final String QUERY = "teacher.query";
  private static final String KEY = "teacher.key";
  private static final String SCORES = "teacher.scores";
  private static final String CONTEXT = "teacher.context";

  static GivenTeacher in(SameDiff graph, AttentionSpec spec, LayerSize size) {
    DataType type = Feed.type(spec.elementType());
    long[] asking = {size.batch(), spec.heads(), size.queries(), spec.headSize()};
    return new GivenTeacher(
        graph.placeHolder(QUERY, type, asking),
        graph.placeHolder(KEY, type, size.batch(), spec.kvHeads(), size.keys(), spec.headSize()),
        graph.placeHolder(SCORES, type, size.batch(), spec.heads(), size.queries(), size.keys()),
        graph.placeHolder(CONTEXT, type, asking));
  }

  /** Adds what a teacher computes for inputs of this size and masking. */
  static void feed(Feed feed, AttentionSpec spec, LayerInputs student) {
    SplittableRandom random = new SplittableRandom(SEED);
    LayerInputs inputs =
        new LayerInputs(
            LayerInputs.gaussian(random, student.query().shape()),
            LayerInputs.gaussian(random, student.key().shape()),
            student.value(),
            student.real());
    ExactReference exact = ExactReference.of(spec, inputs);
    feed.and(QUERY, inputs.query().map(x -> x * spec.scale()))
        .and(KEY, inputs.key())
        .and(SCORES, exact.scores())
        .and(CONTEXT, exact.context());
  }
}
