package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelGradientCall;
import java.util.Arrays;

/**
 * The way back of {@link DistillationKernel}, which computes the way forward anew. The exact
 * attention hands its gradient to queries and keys, the estimate through the painting, the encoder
 * and the rough contexts to all parameters but those of the gates. The teacher learns nothing.
 *
 * <pre>
 *   da = ddivergence·(A − B) + 2·dsquare·A·((A − B) − Σ A·(A − B))
 *   dq = scale·Σ da·k     dk = scale·Σ da·q
 * </pre>
 *
 * <p>A head is one task, since many queries add to one key; sums then do not depend on threads. To
 * use by one thread.
 */
final class DistillationGradient {

  private final BlockMath blocks;
  private final SeaSize size;
  private final RealKeys real;
  private final Sight sight;
  private final KernelGradientCall call;
  private final ScoreRows scores;
  private final TermValues gradient;
  private final float scale;
  private final ComparedAttention attention;
  private final ColumnAttention columns;
  private final float[] ofQueries; // [queries, D]
  private final float[] ofKeys; // [T, D], by rank
  private final float[] ofPositions; // [T, D]
  private final double[] row; // [M], of the estimate
  private final double[] ofRow; // [M], its gradient

  private DistillationGradient(
      SeaRun run, KernelGradientCall call, ScoreRows scores, TermValues gradient) {
    this.blocks = run.blocks();
    this.size = run.size();
    this.real = run.real();
    this.sight = run.sight();
    this.call = call;
    this.scores = scores;
    this.gradient = gradient;
    this.scale = run.size().queryScale() * run.size().scoreScale();
    this.attention = new ComparedAttention(run, call);
    this.columns = new ColumnAttention(size.options());
    int width = size.headSize();
    this.ofQueries = call.floats(AttentionStrip.QUERIES * width);
    this.ofKeys = call.floats(size.length() * width);
    this.ofPositions = call.floats(size.length() * width);
    this.row = new double[size.width()];
    this.ofRow = new double[size.width()];
  }

  static void compute(SeaRun run, KernelGradientCall call) {
    EstimatedScores scores = run.mode().scores(run, call);
    TermValues gradient = TermValues.read(call.outputGradients()).means(run);
    GradientSum.clear(call, SeaInputs.VALUE, call.inputGradients().size());
    call.parallel(
        run.size().batch() * run.size().heads(),
        () -> new DistillationGradient(run, call, scores.rows(), gradient),
        DistillationGradient::head);
    scores.goBack(call);
  }

  /** Writes the gradients of a head's queries and keys, and those of its scores in their place. */
  private void head(int head) {
    attention.load(head);
    Arrays.fill(ofKeys, 0);
    Arrays.fill(ofRow, 0);
    int blind = sight.blind(head / size.heads(), size.length());
    leaveOut(head, blind);
    for (int from = blind; from < size.length(); from += AttentionStrip.QUERIES) {
      attention.compare(from, Math.min(from + AttentionStrip.QUERIES, size.length()));
      toQueriesAndKeys();
      writeQueries(head);
      for (int i = 0; i < attention.rows(); i++) {
        toEstimate(i);
      }
    }
    writeKeys(head);
  }

  /** Queries that see no key, and rows of the estimate that serve no others, get nothing. */
  private void leaveOut(int head, int blind) {
    int width = size.headSize();
    Arrays.fill(ofQueries, 0);
    for (int from = 0; from < blind; from += AttentionStrip.QUERIES) {
      int count = Math.min(AttentionStrip.QUERIES, blind - from);
      call.inputGradients()
          .get(SeaInputs.QUERY)
          .write(first(head, from), ofQueries, 0, count * width);
    }
    for (int ofEstimate = 0; ofEstimate < size.rows(); ofEstimate++) {
      if (size.position(ofEstimate + 1) <= blind) {
        scores.write(head / size.heads(), head % size.heads(), ofEstimate, ofRow);
      }
    }
  }

  private void toQueriesAndKeys() {
    Block queries = attention.queries();
    Block sum = Block.of(ofQueries, queries.rows(), queries.columns());
    Arrays.fill(ofQueries, 0);
    for (int tile = 0; tile < attention.tiles(); tile++) {
      Block ofScores = ofScores(tile);
      int keys = ofScores.columns();
      blocks.addProduct(ofScores, attention.keys().rows(tile).rows(0, keys), sum);
      blocks.addProduct(
          ofScores.transposed(), queries, attention.keys().tile(ofKeys, tile).rows(0, keys));
    }
  }

  /** da, in place of A − B, {@code [queries, keys]}. */
  private Block ofScores(int tile) {
    Block off = attention.off(tile);
    Block weights = attention.weights(tile);
    float ofSquare = (float) (2 * gradient.mseScores());
    for (int i = 0; i < off.rows(); i++) {
      float ofDivergence = (float) ofQuery(i).klScores();
      float along = (float) attention.along(i);
      int at = off.at(i, 0);
      int weight = weights.at(i, 0);
      for (int key = 0; key < off.columns(); key++) {
        float apart = off.data()[at + key];
        off.data()[at + key] =
            ofDivergence * apart + ofSquare * weights.data()[weight + key] * (apart - along);
      }
    }
    return off;
  }

  /** What the terms of a query get. */
  private TermValues ofQuery(int i) {
    boolean leftOut = sight.leavesOut(attention.sequence(), attention.first() + i);
    return leftOut ? gradient.squares() : gradient;
  }

  private void writeQueries(int head) {
    int numbers = attention.rows() * size.headSize();
    for (int i = 0; i < numbers; i++) {
      ofQueries[i] *= scale;
    }
    call.inputGradients()
        .get(SeaInputs.QUERY)
        .write(first(head, attention.first()), ofQueries, 0, numbers);
  }

  /** Queries were scaled, so keys are. */
  private void writeKeys(int head) {
    int width = size.headSize();
    Arrays.fill(ofPositions, 0);
    for (int i = 0; i < attention.keys().count(); i++) {
      int position = real.position(head / size.heads(), i + 1);
      System.arraycopy(ofKeys, i * width, ofPositions, position * width, width);
    }
    call.inputGradients()
        .get(SeaInputs.KEY)
        .write(first(head, 0), ofPositions, 0, ofPositions.length);
  }

  private void toEstimate(int i) {
    int position = attention.first() + i;
    int ofEstimate = position / size.every();
    scores.read(attention.sequence(), attention.head(), ofEstimate, row);
    columns.compare(row, attention.seen(i), attention.teacherWeights(), attention.teacherRow(i));
    columns.addGradient(ofQuery(i).klEstimate(), gradient.mseEstimate(), ofRow);
    if (position + 1 == size.position(ofEstimate + 1)) { // the last that the row serves
      scores.write(attention.sequence(), attention.head(), ofEstimate, ofRow);
      Arrays.fill(ofRow, 0);
    }
  }

  private long first(int head, int position) {
    return ((long) head * size.length() + position) * size.headSize();
  }
}
