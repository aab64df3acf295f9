package dev.saccade.runtime.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.nd4j.linalg.api.memory.deallocation.DeallocatorService;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A process that trains the character model for long and prints what it takes: at some steps, the
 * bytes of the heap in use, ND4J's arrays and the bytes of the process.
 *
 * <p>Its heap must be fixed and touched from the start, so that the process grows by native memory
 * alone.
 */
final class MemoryChild {

  static final int STEPS = 1500;
  static final int EVERY = 250;
  private static final int COLLECTIONS = 5;
  private static final long SETTLE_NANOS = 100_000_000;
  private static final long KIB = 1024;

  /** A line that it prints. */
  record Level(long step, long heap, int arrays, long process) {

    static Level parse(String line) {
      String[] words = line.split(" ", -1);
      return new Level(
          Long.parseLong(words[0]),
          Long.parseLong(words[1]),
          Integer.parseInt(words[2]),
          Long.parseLong(words[3]));
    }
  }

  private MemoryChild() {}

  public static void main(String[] args) {
    TrainSettings settings =
        TrainSettings.defaults(STEPS, 1e-3).withRhythm(new Rhythm(EVERY / 2, EVERY / 5, 10));
    TrainingListener measuring =
        new TrainingListener() {
          @Override
          public void stepped(StepReport report) {
            if (report.step() % EVERY == 0) {
              settle();
              System.out.printf("%d %d %d %d%n", report.step(), heap(), arrays(), process());
            }
          }
        };
    try (CharacterModel model = new CharacterModel(1)) {
      new Trainer<>(model, new CharacterText(32, 7), settings, measuring, new StopRequest())
          .begin(Path.of(args[0]));
    }
    System.exit(0);
  }

  /** What is found dead may hold an array, which a slow thread of ND4J then frees. */
  private static void settle() {
    int arrays = Integer.MAX_VALUE;
    for (int equal = 0; equal < COLLECTIONS; ) {
      System.gc();
      LockSupport.parkNanos(SETTLE_NANOS);
      int now = arrays();
      equal = now < arrays ? 0 : equal + 1;
      arrays = Math.min(arrays, now);
    }
  }

  private static long heap() {
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /** ND4J counts them, but tells nobody. */
  private static int arrays() {
    try {
      Field references = DeallocatorService.class.getDeclaredField("referenceMap");
      references.setAccessible(true);
      return ((Map<?, ?>) references.get(Nd4j.getDeallocatorService())).size();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("ND4J keeps its books elsewhere now", e);
    }
  }

  private static long process() {
    try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
      return status
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> KIB * Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
