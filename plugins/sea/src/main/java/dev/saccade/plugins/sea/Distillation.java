package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import dev.saccade.api.distill.DistillationObjective;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.api.distill.TeacherAttention;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * How SEA learns from a teacher that attends exactly: its estimate, stretched over the keys, and
 * its exact attention should both spread as the teacher's does, and its context should be the
 * teacher's.
 *
 * <p>The estimate learns from its own two terms and, without a causal mask, a little from the
 * average context; no gradient passes the choice of keys. Compares whole matrices, and this recipe
 * holds them; {@link FusedDistillation} does not.
 *
 * <p>As published, a mean square is over all of a matrix, invisible keys and padded queries
 * included, and a divergence is summed over heads and divided by the number of real positions;
 * causal attention divides by the number of rows instead, padded ones included.
 */
record Distillation(LayerGraph graph, SeaOptions options, SeaSteps steps)
    implements DistillationObjective {

  /** Keeps the logarithm of a teacher's weight finite, as published. */
  private static final double LOGARITHM = 1e-12;

  /** Far below any score, and finite when it is multiplied by a weight of zero. */
  private static final double HIDDEN = 1e30;

  @Override
  public List<LossTerm> terms(TeacherAttention teacher) {
    SDVariable wide =
        steps.skip().repeat(graph, steps.estimate().painted().scores(), options.width());
    SDVariable estimate =
        steps.toKeys().stretch(graph, wide, graph.spec().heads(), graph.queries());
    SDVariable scores = steps.attention().scores(); // [B, H, T, S]
    SDVariable expected = visible(finite(teacher.scores())); // [B, H, T, S]
    SDVariable offContext = steps.context().sub(teacher.context()); // [B, H, T, D]
    return terms(
        options.losses(),
        divergence(visible(estimate), expected),
        square(visible(estimate), expected),
        divergence(visible(scores), expected),
        square(visible(scores), expected),
        mean(offContext.mul(offContext)));
  }

  static List<LossTerm> terms(
      LossWeights weight,
      SDVariable klEstimate,
      SDVariable mseEstimate,
      SDVariable klScores,
      SDVariable mseScores,
      SDVariable mseContext) {
    return List.of(
        new LossTerm("kl-estimate", klEstimate, weight.klEstimate()),
        new LossTerm("mse-estimate", mseEstimate, weight.mseEstimate()),
        new LossTerm("kl-scores", klScores, weight.klScores()),
        new LossTerm("mse-scores", mseScores, weight.mseScores()),
        new LossTerm("mse-context", mseContext, weight.mseContext()));
  }

  /** The mean square difference of two softmaxes. */
  private SDVariable square(SDVariable scores, SDVariable expected) {
    SDVariable off = graph.math().softmax(scores).sub(graph.math().softmax(expected));
    return mean(off.mul(off));
  }

  /** The Kullback-Leibler divergence of two softmaxes. */
  private SDVariable divergence(SDVariable scores, SDVariable expected) {
    SDVariable weights = graph.math().softmax(expected); // [B, H, T, S]
    SDVariable logarithm = graph.math().logSoftmax(scores); // [B, H, T, S]
    RealPositions positions = steps.positions();
    if (graph.spec().masking().causal()) {
      double rows = (double) graph.batch() * graph.spec().heads() * graph.queries();
      SDVariable ratio = graph.math().logSoftmax(expected).sub(logarithm);
      return sum(weights.mul(ratio)).div(rows);
    }
    SDVariable ratio =
        graph.sameDiff().math().log(weights.add(LOGARITHM)).sub(logarithm); // [B, H, T, S]
    SDVariable real = keys().mul(positions.rows()); // [b, 1, T, S]
    double alike = (double) graph.batch() / positions.sequences();
    SDVariable count =
        graph.sameDiff().math().max(positions.present().sum().mul(alike), graph.constant(1));
    return sum(weights.mul(ratio).mul(real)).div(count);
  }

  /** Row by row first: float32 loses digits in one sum over a whole matrix. */
  private SDVariable sum(SDVariable matrices) {
    return graph.math().sum(matrices, 3).sum();
  }

  private SDVariable mean(SDVariable matrices) {
    return graph.math().mean(matrices, 3).mean();
  }

  /** With nothing to say about keys that a query does not see. */
  private SDVariable visible(SDVariable scores) {
    return scores.mul(keys()).add(keys().sub(1.0).mul(HIDDEN));
  }

  /** Teachers may hide scores by minus infinity, which times zero is no number. */
  private SDVariable finite(SDVariable scores) {
    SameDiff sd = graph.sameDiff();
    return sd.math().max(scores, graph.constant(-HIDDEN));
  }

  /** {@code [b, 1, R, S]}. */
  private SDVariable keys() {
    long rows = graph.spec().masking().causal() ? graph.queries() : 1; // R
    RealPositions positions = steps.positions();
    return positions.visible().reshape(positions.sequences(), 1, rows, graph.keys());
  }
}
