package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/**
 * How a few queries of one head attend exactly, by the teacher's queries and keys and by the
 * student's, and how far apart the two are. To use by one thread.
 *
 * <p>With teacher's scores b and weights B, student's a and A, for every query over the keys that
 * it sees, scores counted from the greatest, so that what one key has all of is exactly alike:
 *
 * <pre>
 *   divergence = Σ B·(b − a) − log Σeᵇ + log Σeᵃ      square = Σ (A − B)²      along = Σ A·(A − B)
 * </pre>
 */
final class ComparedAttention {

  private final BlockMath blocks;
  private final Sight sight;
  private final int length;
  private final int heads;
  private final Side teacher;
  private final Side student;
  private final float[] difference; // [queries, tile]
  private final float[] scores; // [queries, tile]
  private final float[] ofTile = new float[AttentionStrip.QUERIES];
  private final double[] apart = new double[AttentionStrip.QUERIES];
  private final double[] expected = new double[AttentionStrip.QUERIES];
  private final double[] squares = new double[AttentionStrip.QUERIES];
  private final double[] along = new double[AttentionStrip.QUERIES];
  private final int[] seen = new int[AttentionStrip.QUERIES];
  private int sequence;
  private int head;
  private int first;
  private int rows;

  ComparedAttention(SeaRun run, KernelCall call) {
    this.blocks = run.blocks();
    this.sight = run.sight();
    this.length = run.size().length();
    this.heads = run.size().heads();
    this.teacher =
        new Side(
            run,
            call,
            DistillationInputs.teacherQuery(call.inputs()),
            DistillationInputs.teacherKey(call.inputs()),
            1);
    this.student =
        new Side(
            run,
            call,
            run.input(SeaInputs.QUERY),
            run.input(SeaInputs.KEY),
            run.size().queryScale() * run.size().scoreScale());
    this.difference = call.floats(AttentionStrip.QUERIES * RankedKeys.TILE);
    this.scores = call.floats(AttentionStrip.QUERIES * RankedKeys.TILE);
  }

  /** The queries, keys and attention of one of the two. */
  private static final class Side {

    private final Tensor query; // [B, H, T, E]
    private final RankedKeys keys;
    private final AttentionStrip strip;
    private final float[] queries; // [queries, E]
    private final float scale;

    Side(SeaRun run, KernelCall call, Tensor query, Tensor key, float scale) {
      this.query = query;
      this.keys = new RankedKeys(run, call, key);
      this.strip = new AttentionStrip(run, call);
      this.queries = call.floats(AttentionStrip.QUERIES * keys.width());
      this.scale = scale;
    }

    void score(long first, int rows, int[] seen) {
      int numbers = rows * keys.width();
      query.read(first * keys.width(), queries, 0, numbers);
      for (int i = 0; i < numbers; i++) {
        queries[i] *= scale;
      }
      strip.score(Block.of(queries, rows, keys.width()), keys, seen);
    }
  }

  /** Reads the keys of a head of B·H. */
  void load(int ofAll) {
    sequence = ofAll / heads;
    head = ofAll % heads;
    teacher.keys.load(sequence, head);
    student.keys.load(sequence, head);
  }

  /** Compares the queries {@code from} … {@code to} − 1, all of which see some key. */
  void compare(int from, int to) {
    first = from;
    rows = to - from;
    for (int row = 0; row < rows; row++) {
      seen[row] = sight.keys(sequence, from + row);
    }
    long query = ((long) sequence * heads + head) * length + from;
    teacher.score(query, rows, seen);
    student.score(query, rows, seen);
    Arrays.fill(apart, 0);
    Arrays.fill(expected, 0);
    Arrays.fill(squares, 0);
    Arrays.fill(along, 0);
    for (int tile = 0; tile < tiles(); tile++) {
      weigh(tile);
    }
    for (int tile = 0; tile < tiles(); tile++) {
      teacher.strip.normalise(tile);
      student.strip.normalise(tile);
      Block off = off(tile);
      addProducts(off, off, squares);
      addProducts(off, student.strip.tile(tile), along);
    }
  }

  private void weigh(int tile) {
    Block ofTeacher = teacher.strip.tile(tile);
    Block ofStudent = student.strip.tile(tile);
    teacher.strip.shift(tile);
    student.strip.shift(tile);
    Block apartOfTile = subtract(ofTeacher, ofStudent, difference);
    Block before = Block.of(scores, rows, ofTeacher.columns());
    blocks.copy(ofTeacher, before);
    teacher.strip.exponentiate(tile);
    student.strip.exponentiate(tile);
    addProducts(ofTeacher, apartOfTile, apart);
    addProducts(ofTeacher, before, expected);
  }

  private void addProducts(Block x, Block y, double[] sums) {
    Arrays.fill(ofTile, 0);
    blocks.rowProducts(x, y, ofTile);
    for (int row = 0; row < rows; row++) {
      sums[row] += ofTile[row];
    }
  }

  /** A − B, until the next call, {@code [queries, keys]}. */
  Block off(int tile) {
    return subtract(student.strip.tile(tile), teacher.strip.tile(tile), difference);
  }

  private static Block subtract(Block a, Block b, float[] into) {
    int columns = a.columns();
    for (int row = 0; row < a.rows(); row++) {
      int x = a.at(row, 0);
      int y = b.at(row, 0);
      for (int i = 0; i < columns; i++) {
        into[row * columns + i] = a.data()[x + i] - b.data()[y + i];
      }
    }
    return Block.of(into, a.rows(), columns);
  }

  int sequence() {
    return sequence;
  }

  int head() {
    return head;
  }

  /** The first query. */
  int first() {
    return first;
  }

  /** How many queries there are. */
  int rows() {
    return rows;
  }

  /** How many keys a query sees. */
  int seen(int row) {
    return seen[row];
  }

  /** Tiles of keys up to the last that a query sees. */
  int tiles() {
    return student.strip.tiles();
  }

  RankedKeys keys() {
    return student.keys;
  }

  /** The student's, scaled, {@code [queries, D]}. */
  Block queries() {
    return Block.of(student.queries, rows, student.keys.width());
  }

  /** A, {@code [queries, keys]}. */
  Block weights(int tile) {
    return student.strip.tile(tile);
  }

  /** B, of the keys by rank. */
  float[] teacherWeights() {
    return teacher.strip.numbers();
  }

  /** Where B of a query begins. */
  int teacherRow(int row) {
    return teacher.strip.row(row);
  }

  /** Σ B·(log B − log A). */
  double divergence(int row) {
    double teachers = teacher.strip.sum(row);
    return apart[row] / teachers - Math.log(teachers) + Math.log(student.strip.sum(row));
  }

  /** Σ B·log B. */
  double negativeEntropy(int row) {
    double teachers = teacher.strip.sum(row);
    return expected[row] / teachers - Math.log(teachers);
  }

  /** Σ (A − B)². */
  double square(int row) {
    return squares[row];
  }

  /** Σ A·(A − B). */
  double along(int row) {
    return along[row];
  }
}
