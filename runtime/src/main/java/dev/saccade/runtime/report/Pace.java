package dev.saccade.runtime.report;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How fast one compared mechanism runs the whole model beside its teacher, at one length that both
 * were measured at.
 *
 * <p>There is none for what was not compared: the speed of a wrong answer is no figure.
 *
 * @param length T, the longest that all compared mechanisms share, or else the longest that this
 *     one shares with the teacher
 * @param own the mechanism's measurement
 * @param teachers the teacher's
 */
record Pace(int length, Timing own, Timing teachers) {

  /** Within this share of each other, two medians are called equal. */
  private static final double TIE = 0.05;

  static Optional<Pace> of(Report report, MechanismResult mechanism) {
    if (mechanism.status() != MechanismResult.Status.COMPARED) {
      return Optional.empty();
    }
    List<Timing> teachers =
        report
            .teacherResult()
            .filter(t -> t.status() == MechanismResult.Status.COMPARED)
            .map(t -> measured(t.latency()))
            .orElse(List.of());
    Set<Integer> shared = lengths(mechanism.latency());
    shared.retainAll(lengths(teachers));
    Set<Integer> sharedByAll = Set.copyOf(shared);
    for (MechanismResult student : report.students()) {
      Set<Integer> theirs = lengths(student.latency());
      sharedByAll = sharedByAll.stream().filter(theirs::contains).collect(Collectors.toSet());
    }
    return (sharedByAll.isEmpty() ? shared : sharedByAll)
        .stream()
            .max(Comparator.naturalOrder())
            .map(length -> new Pace(length, at(length, mechanism.latency()), at(length, teachers)));
  }

  /** The teacher's time over the mechanism's own: above one, the mechanism is faster. */
  double speedup() {
    return millis(teachers) / millis(own);
  }

  /** {@code "3.1× slower than"}, {@code "1.4× faster than"} or {@code "as fast as"}. */
  String comparedWith() {
    double speedup = speedup();
    if (Math.abs(speedup - 1) <= TIE) {
      return "as fast as";
    }
    return speedup > 1
        ? Figures.times(speedup) + " faster than"
        : Figures.times(1 / speedup) + " slower than";
  }

  /** The same in a table cell, where the teacher is understood. */
  String words() {
    return comparedWith().replaceAll("^as fast as$", "as fast").replaceAll(" than$", "");
  }

  private static List<Timing> measured(List<Timing> timings) {
    return timings.stream().filter(t -> t.status() == Timing.Status.MEASURED).toList();
  }

  private static Set<Integer> lengths(List<Timing> timings) {
    return measured(timings).stream().map(Timing::length).collect(Collectors.toSet());
  }

  private static Timing at(int length, List<Timing> timings) {
    return measured(timings).stream().filter(t -> t.length() == length).findFirst().orElseThrow();
  }

  private static double millis(Timing timing) {
    if (timing.medianMillis() == null) {
      throw new IllegalStateException("only measured lengths are paired");
    }
    return timing.medianMillis();
  }
}
