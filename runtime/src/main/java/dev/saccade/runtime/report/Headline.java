package dev.saccade.runtime.report;

import static dev.saccade.runtime.report.MechanismResult.Status.FAILED;
import static dev.saccade.runtime.report.MechanismResult.Status.REFUSED;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * The finding of a report in words, derived from its figures and from nothing else.
 *
 * <p>The mechanism that stays closest to the teacher makes the headline, whether or not it is
 * faster. Speed is only spoken of for what was compared.
 *
 * @param finding one sentence
 * @param details the sentences below it; empty if there is no more to say
 */
public record Headline(String finding, List<String> details) {

  /** How many mechanisms are mentioned after the first. */
  private static final int MENTIONED = 3;

  public Headline {
    details = List.copyOf(details);
  }

  /** Puts a report into words. */
  public static Headline of(Report report) {
    List<MechanismResult> students =
        report.students().stream()
            .filter(student -> student.fidelity() != null)
            .sorted(Comparator.comparingDouble(Headline::cosine).reversed())
            .toList();
    List<String> details = new ArrayList<>();
    others(report, students).ifPresent(details::add);
    crossovers(report).ifPresent(details::add);
    withoutFigures(report).ifPresent(details::add);
    String finding =
        students.isEmpty()
            ? "No mechanism could be compared with %s on %s."
                .formatted(report.teacher(), report.model().name())
            : sentence(report, students.get(0));
    return new Headline(finding, details);
  }

  private static String sentence(Report report, MechanismResult student) {
    double cosine = cosine(student);
    String share =
        cosine >= 0.9995 ? "" : cosine < 0.005 ? "none of " : "%s of ".formatted(two(cosine));
    String kept =
        "Untrained, %s keeps %sthe direction of %s’s hidden states"
            .formatted(student.name(), share, report.teacher());
    return Pace.of(report, student)
        .map(
            pace ->
                "%s and is %s %s at %d tokens."
                    .formatted(kept, pace.comparedWith(), report.teacher(), pace.length()))
        .orElse(kept + ".");
  }

  /** The runners-up in few words; a long list is what the table is for. */
  private static Optional<String> others(Report report, List<MechanismResult> students) {
    List<String> clauses =
        students.stream().skip(1).limit(MENTIONED).map(student -> clause(report, student)).toList();
    if (clauses.isEmpty()) {
      return Optional.empty();
    }
    int rest = students.size() - 1 - clauses.size();
    return Optional.of(
        String.join("; ", clauses)
            + (rest > 0 ? "; %d more are in the table.".formatted(rest) : "."));
  }

  private static String clause(Report report, MechanismResult student) {
    String kept = "%s keeps %s".formatted(student.name(), two(cosine(student)));
    return Pace.of(report, student)
        .map(pace -> "%s and is %s".formatted(kept, pace.words()))
        .orElse(kept);
  }

  private static Optional<String> crossovers(Report report) {
    List<String> clauses = new ArrayList<>();
    for (Crossover crossover : report.crossover()) {
      if (crossover.length() != null) {
        clauses.add(
            (clauses.isEmpty() ? "%s is faster than %s from %d tokens on" : "%1$s from %3$d")
                .formatted(crossover.mechanism(), crossover.against(), crossover.length()));
      }
    }
    for (Crossover crossover : report.crossover()) {
      Optional<Integer> longest = longestShared(report, crossover.mechanism());
      if (crossover.length() == null && longest.isPresent()) {
        clauses.add(
            (clauses.isEmpty() ? "%s is not faster than %s up to %d tokens" : "%s not up to %3$d")
                .formatted(crossover.mechanism(), crossover.against(), longest.get()));
      }
    }
    return clauses.isEmpty()
        ? Optional.empty()
        : Optional.of("In a single attention layer, " + String.join(", ", clauses) + ".");
  }

  private static Optional<Integer> longestShared(Report report, String name) {
    List<Integer> teachers =
        report.teacherResult().stream()
            .flatMap(teacher -> teacher.layerLatency().stream())
            .map(Timing::length)
            .toList();
    return report.students().stream()
        .filter(student -> student.name().equals(name))
        .flatMap(student -> student.layerLatency().stream())
        .map(Timing::length)
        .filter(teachers::contains)
        .max(Comparator.naturalOrder());
  }

  private static Optional<String> withoutFigures(Report report) {
    List<String> refused = names(report, REFUSED);
    List<String> failed = names(report, FAILED);
    List<String> clauses = new ArrayList<>();
    if (!refused.isEmpty()) {
      clauses.add(list(refused) + (refused.size() == 1 ? " was refused" : " were refused"));
    }
    if (!failed.isEmpty()) {
      clauses.add(list(failed) + " failed");
    }
    return clauses.isEmpty()
        ? Optional.empty()
        : Optional.of(String.join(", ", clauses) + "; the reasons are below.");
  }

  private static List<String> names(Report report, MechanismResult.Status status) {
    return report.mechanisms().stream()
        .filter(mechanism -> mechanism.status() == status)
        .map(MechanismResult::name)
        .toList();
  }

  private static String list(List<String> names) {
    int last = names.size() - 1;
    return last == 0
        ? names.get(0)
        : String.join(", ", names.subList(0, last)) + " and " + names.get(last);
  }

  /** Two decimals, of which an approximation never makes 1.00. */
  private static String two(double cosine) {
    return String.format(Locale.ROOT, "%.2f", Math.min(cosine, 0.99)).replace("-", "−");
  }

  private static double cosine(MechanismResult student) {
    return Objects.requireNonNull(student.fidelity()).hiddenCosine();
  }
}
