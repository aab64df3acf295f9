package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Keeps the greatest columns of all queries together, of each head or of a sequence, exactly and
 * without a memory of the estimate. For weights that are not negative the order of float32 is that
 * of their bits, so the k-th greatest is found by counting leading halves of them, and then
 * trailing halves of those whose leading half is the k-th's. What equals the k-th is marked, and
 * kept from the first on.
 */
final class KeptOfGroup {

  private static final int HALF = 16;

  private static final long MOST_BYTES = 32L << 20;

  private final SeaSize size;
  private final Sight sight;
  private final KeptBits kept;
  private final ColumnBits equal;
  private final int sequence; // the first of those at hand
  private final Group[] groups;

  /** The weights that compete with one another. */
  private static final class Group {

    private final AtomicLongArray counts = new AtomicLongArray(1 << HALF);
    private int leading; // of the weight that is kept last
    private int least; // the bits of that weight
    private long places; // that are left for what equals it

    /** Chooses the half of the last weight that is kept, and forgets the counts. */
    private int choose() {
      int half = counts.length();
      long above = 0;
      do {
        above += counts.get(--half);
      } while (above < places && half > 0);
      places -= above - counts.get(half);
      for (int i = 0; i < counts.length(); i++) {
        counts.setPlain(i, 0);
      }
      return half;
    }
  }

  private KeptOfGroup(
      SeaRun run, KeptBits kept, ColumnBits equal, int firstSequence, int sequences) {
    this.size = run.size();
    this.sight = run.sight();
    this.kept = kept;
    this.equal = equal;
    this.sequence = firstSequence;
    this.groups = new Group[sequences * groups(size)];
    for (int i = 0; i < groups.length; i++) {
      groups[i] = new Group();
      groups[i].places =
          KeptCount.of(
              size.options(), size.heads(), sight.length(firstSequence + i / groups(size), 0));
    }
  }

  /** Groups of a sequence. */
  private static int groups(SeaSize size) {
    return size.options().grouping() == Grouping.HEAD ? size.heads() : 1;
  }

  /** Keeps columns of all sequences, of as many at once as there is memory for their counts. */
  static void keep(
      SeaRun run, KernelCall call, EstimatedWindows windows, KeptBits kept, ColumnSums sums) {
    SeaSize size = run.size();
    ColumnBits equal = new ColumnBits(call, size);
    long bytes = ((long) groups(size) * Long.BYTES) << HALF;
    int atOnce = (int) Math.max(1, Math.min(size.batch(), MOST_BYTES / bytes));
    for (int first = 0; first < size.batch(); first += atOnce) {
      int count = Math.min(atOnce, size.batch() - first);
      KeptOfGroup groups = new KeptOfGroup(run, kept, equal, first, count);
      windows.read(first, count, () -> groups::countLeading);
      groups.chooseLeading();
      windows.read(first, count, () -> groups::countTrailing);
      groups.chooseTrailing();
      windows.read(
          first,
          count,
          () -> {
            int[][] words = new int[2][size.words()];
            return (sequence, window, row, weights, at) -> {
              sums.add(sequence, window, row, weights, at);
              groups.mark(sequence, row, weights, at, words);
            };
          });
      call.parallel(groups.groups.length, groups::keepEqual);
    }
  }

  private Group group(int ofSequence, int head) {
    int before = (ofSequence - sequence) * groups(size);
    return groups[groups(size) == 1 ? before : before + head];
  }

  private void countLeading(int ofSequence, int window, int row, float[] weights, int at) {
    int queries = ColumnSums.queries(size, sight, ofSequence, row);
    int leftOut = size.position(row + 1) - size.position(row) - queries;
    for (int i = 0; i < size.heads() * size.width(); i++) {
      AtomicLongArray counts = group(ofSequence, i / size.width()).counts;
      int bits = Float.floatToRawIntBits(weights[at + i]);
      counts.addAndGet(bits >>> HALF, queries);
      if (leftOut > 0) {
        counts.addAndGet(0, leftOut);
      }
    }
  }

  private void chooseLeading() {
    for (Group group : groups) {
      group.leading = group.choose();
    }
  }

  private void countTrailing(int ofSequence, int window, int row, float[] weights, int at) {
    int queries = ColumnSums.queries(size, sight, ofSequence, row);
    int leftOut = size.position(row + 1) - size.position(row) - queries;
    for (int i = 0; i < size.heads() * size.width(); i++) {
      Group group = group(ofSequence, i / size.width());
      int bits = Float.floatToRawIntBits(weights[at + i]);
      if (bits >>> HALF == group.leading) {
        group.counts.addAndGet(bits & 0xFFFF, queries);
      }
      if (leftOut > 0 && group.leading == 0) {
        group.counts.addAndGet(0, leftOut);
      }
    }
  }

  private void chooseTrailing() {
    for (Group group : groups) {
      group.least = (group.leading << HALF) | group.choose();
    }
  }

  /** Keeps what is greater than the last that is kept, and marks what equals it. */
  private void mark(int ofSequence, int row, float[] weights, int at, int[][] words) {
    for (int head = 0; head < size.heads(); head++) {
      Group group = group(ofSequence, head);
      for (int position = size.position(row); position < size.position(row + 1); position++) {
        boolean leftOut = sight.leavesOut(ofSequence, position);
        for (int[] each : words) {
          Arrays.fill(each, 0);
        }
        for (int column = 0; column < size.width(); column++) {
          float weight = leftOut ? 0 : weights[at + head * size.width() + column];
          int compared = Integer.compareUnsigned(Float.floatToRawIntBits(weight), group.least);
          if (compared >= 0) {
            words[compared > 0 ? 0 : 1][column / Integer.SIZE] |= 1 << column;
          }
        }
        kept.writeColumns(ofSequence, head, position, words[0]);
        equal.write(ofSequence, head, position, words[1]);
      }
    }
  }

  private void keepEqual(int number) {
    Group group = groups[number];
    int ofSequence = sequence + number / groups(size);
    int first = groups(size) == 1 ? 0 : number % groups(size);
    int end = groups(size) == 1 ? size.heads() : first + 1;
    int[] words = new int[size.words()];
    int[] more = new int[size.words()];
    for (int head = first; head < end; head++) {
      for (int position = 0; position < size.length() && group.places > 0; position++) {
        equal.read(ofSequence, head, position, more);
        kept.readColumns(ofSequence, head, position, words);
        for (int word = 0; word < words.length; word++) {
          for (int rest = more[word]; rest != 0 && group.places > 0; rest &= rest - 1) {
            words[word] |= Integer.lowestOneBit(rest);
            group.places--;
          }
        }
        kept.writeColumns(ofSequence, head, position, words);
      }
    }
  }
}
