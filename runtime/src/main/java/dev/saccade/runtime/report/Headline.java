package dev.saccade.runtime.report;

import static dev.saccade.runtime.report.MechanismResult.Status.FAILED;
import static dev.saccade.runtime.report.MechanismResult.Status.REFUSED;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

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
    students.stream().skip(1).forEach(student -> details.add(sentence(report, student)));
    crossovers(report).ifPresent(details::add);
    without(report, REFUSED, "refused").ifPresent(details::add);
    without(report, FAILED, "failed").ifPresent(details::add);
    String finding =
        students.isEmpty()
            ? "No mechanism could be compared with %s on %s."
                .formatted(report.teacher(), report.model().name())
            : sentence(report, students.get(0));
    return new Headline(finding, details);
  }

  private static String sentence(Report report, MechanismResult student) {
    double cosine = cosine(student);
    String kept =
        cosine >= 0.9995
            ? "%s keeps the direction of %s’s hidden states"
                .formatted(student.name(), report.teacher())
            : cosine < 0.005
                ? "%s keeps none of the direction of %s’s hidden states"
                    .formatted(student.name(), report.teacher())
                : "%s keeps %s of the direction of %s’s hidden states"
                    .formatted(
                        student.name(),
                        String.format(Locale.ROOT, "%.2f", Math.min(cosine, 0.99)),
                        report.teacher());
    return Pace.of(report, student)
        .map(
            pace ->
                "%s and is %s %s at %d tokens."
                    .formatted(kept, pace.comparedWith(), report.teacher(), pace.length()))
        .orElse(kept + ".");
  }

  private static Optional<String> crossovers(Report report) {
    List<String> clauses = new ArrayList<>();
    for (Crossover crossover : report.crossover()) {
      if (crossover.length() != null) {
        clauses.add(
            "%s is faster than %s from %d tokens on"
                .formatted(crossover.mechanism(), crossover.against(), crossover.length()));
      }
    }
    List<String> never =
        report.crossover().stream()
            .filter(crossover -> crossover.length() == null)
            .map(Crossover::mechanism)
            .filter(name -> longestShared(report, name).isPresent())
            .toList();
    never.forEach(
        name ->
            clauses.add(
                "%s is not faster at any length up to %d"
                    .formatted(name, longestShared(report, name).orElseThrow())));
    return clauses.isEmpty()
        ? Optional.empty()
        : Optional.of("In a single attention layer, " + String.join("; ", clauses) + ".");
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

  private static Optional<String> without(
      Report report, MechanismResult.Status status, String verb) {
    List<String> names =
        report.mechanisms().stream()
            .filter(mechanism -> mechanism.status() == status)
            .map(MechanismResult::name)
            .toList();
    if (names.isEmpty()) {
      return Optional.empty();
    }
    String list =
        names.size() == 1
            ? names.get(0)
            : names.stream().limit(names.size() - 1L).collect(Collectors.joining(", "))
                + " and "
                + names.get(names.size() - 1);
    String was = status == FAILED ? "" : names.size() == 1 ? "was " : "were ";
    return Optional.of("%s %s%s; the reasons are below.".formatted(list, was, verb));
  }

  private static double cosine(MechanismResult student) {
    return Objects.requireNonNull(student.fidelity()).hiddenCosine();
  }
}
