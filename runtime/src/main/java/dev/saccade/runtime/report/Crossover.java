package dev.saccade.runtime.report;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The length from which a mechanism is faster than another, in a single attention layer.
 *
 * @param mechanism who becomes faster
 * @param against the teacher
 * @param length the first measured length from which the mechanism stays faster up to the longest
 *     one; null if it never does
 */
public record Crossover(String mechanism, String against, @Nullable Integer length) {

  /** Finds the crossover of every compared mechanism against the teacher. */
  static List<Crossover> of(Report report) {
    List<Timing> teacher =
        report.teacherResult().map(MechanismResult::layerLatency).orElse(List.of());
    return report.students().stream()
        .map(
            student ->
                new Crossover(
                    student.name(), report.teacher(), between(student.layerLatency(), teacher)))
        .toList();
  }

  /**
   * Walks down from the longest length for as long as the mechanism wins. A length that only one of
   * the two was given says nothing; one at which the teacher ran out of memory is won, and one that
   * the mechanism could not finish is lost.
   */
  private static @Nullable Integer between(List<Timing> mechanism, List<Timing> teacher) {
    Map<Integer, Timing> others =
        teacher.stream().collect(Collectors.toMap(Timing::length, Function.identity()));
    TreeMap<Integer, Timing> own = new TreeMap<>();
    mechanism.forEach(timing -> own.put(timing.length(), timing));
    Integer crossover = null;
    for (Timing timing : own.descendingMap().values()) {
      Timing other = others.get(timing.length());
      if (other == null || bothUnmeasured(timing, other)) {
        continue;
      }
      if (!isFaster(timing, other)) {
        break;
      }
      crossover = timing.length();
    }
    return crossover;
  }

  private static boolean bothUnmeasured(Timing mechanism, Timing teacher) {
    return mechanism.medianMillis() == null && teacher.medianMillis() == null;
  }

  private static boolean isFaster(Timing mechanism, Timing teacher) {
    if (mechanism.medianMillis() == null) {
      return false;
    }
    if (teacher.medianMillis() == null) {
      return teacher.status() == Timing.Status.OUT_OF_MEMORY;
    }
    return mechanism.medianMillis() < teacher.medianMillis();
  }
}
