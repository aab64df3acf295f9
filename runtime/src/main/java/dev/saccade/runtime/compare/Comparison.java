package dev.saccade.runtime.compare;

import dev.saccade.api.Feature;
import dev.saccade.api.Probe;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.measure.Machine;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.Trace;
import dev.saccade.runtime.report.Report;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.weights.PretrainedModel;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Puts mechanisms side by side: each fills every slot of one pretrained model in turn, and is
 * measured against exact attention on the same text, on the same machine, in the same run.
 *
 * <p>A mechanism that the model's spec rules out is listed with its reasons; one that breaks is
 * listed with what went wrong; neither stops the others.
 */
public final class Comparison {

  private final PretrainedModel pretrained;
  private final MechanismRegistry registry;
  private final ComparisonSettings settings;
  private final Progress progress;
  private final List<InstalledMechanism> chosen;
  private final ComparisonText text;
  private int stepsDone;
  private int steps;

  /**
   * @param corpus where passages and the sentence of the attention maps come from
   * @throws SaccadeException if the settings do not fit the model or what is installed
   */
  public Comparison(
      PretrainedModel pretrained,
      MechanismRegistry registry,
      Corpus corpus,
      ComparisonSettings settings,
      Progress progress) {
    this.pretrained = pretrained;
    this.registry = registry;
    this.settings = settings;
    this.progress = progress;
    this.chosen = choose();
    requireKnownOptions();
    this.text = ComparisonText.of(corpus, pretrained, settings);
  }

  /** Measures everything; takes minutes. */
  public Report run() {
    List<Candidate> candidates = new ArrayList<>();
    try {
      for (InstalledMechanism installed : chosen) {
        candidates.add(Candidate.of(installed, pretrained, registry, settings, progress));
      }
      measure(candidates);
      return new Report(
          Machine.saccadeVersion(),
          Instant.now().truncatedTo(ChronoUnit.SECONDS),
          settings.command(),
          settings.seed(),
          Machine.environment(),
          ModelDescription.of(pretrained),
          text.described(),
          settings.teacher(),
          text.sample(),
          candidates.stream().map(Candidate::result).toList());
    } finally {
      candidates.forEach(Candidate::close);
    }
  }

  private void measure(List<Candidate> all) {
    List<Candidate> candidates = all.stream().filter(Candidate::isRunning).toList();
    steps =
        1
            + candidates.size()
                * (2 + settings.modelLengths().size() + settings.layerLengths().size());
    Candidate teacher = all.get(0);
    step("what " + teacher.name() + " attends to");
    Trace exact =
        ofTeacher(teacher, () -> teacher.model().trace(text.passages(), Set.of(Probe.ATTENTION)));
    MapPainter maps =
        ofTeacher(teacher, () -> MapPainter.choosingHeadsOf(teacher.model(), text.sentence()));
    for (Candidate candidate : candidates) {
      step("fidelity of " + candidate.name());
      candidate.attempt(
          () -> candidate.fidelity(FidelityMeter.measure(candidate.model(), exact, text)));
    }
    for (Candidate candidate : candidates) {
      step("attention maps of " + candidate.name());
      candidate.attempt(() -> candidate.maps(maps.of(candidate.model())));
    }

    // The long ones last: a person who watches sees most of it happen soon.
    for (int length : settings.modelLengths()) {
      LatencyMeter.model(running(candidates), text.tokens(length), settings, this::step);
    }
    for (int length : settings.layerLengths()) {
      LatencyMeter.layer(running(candidates), length, settings, this::step);
    }
    progress.at("done", steps, steps);
  }

  /** What all others are measured against: without it there is nothing to do. */
  private static <T> T ofTeacher(Candidate teacher, Supplier<T> part) {
    List<T> given = new ArrayList<>();
    if (teacher.isRunning()) {
      teacher.attempt(() -> given.add(part.get()));
    }
    if (given.isEmpty()) {
      throw new SaccadeException(
          "the teacher %s cannot run this model: %s"
              .formatted(teacher.name(), String.join("; ", teacher.result().reasons())));
    }
    return given.get(0);
  }

  private static List<Candidate> running(List<Candidate> candidates) {
    return candidates.stream().filter(Candidate::isRunning).toList();
  }

  private void step(String what) {
    progress.at(what, stepsDone++, steps);
  }

  /** The teacher first, then the others by name. */
  private List<InstalledMechanism> choose() {
    InstalledMechanism teacher = registry.require(settings.teacher());
    if (!teacher.capabilities().has(Feature.EXACT)) {
      throw new SaccadeException(
          "the teacher must be exact attention, which %s is not; choose one of %s"
              .formatted(
                  teacher.name(),
                  registry.newest().stream()
                      .filter(each -> each.capabilities().has(Feature.EXACT))
                      .map(InstalledMechanism::name)
                      .toList()));
    }
    Map<String, InstalledMechanism> byName = new LinkedHashMap<>();
    byName.put(teacher.name(), teacher);
    if (settings.mechanisms().isEmpty()) {
      registry.newest().forEach(each -> byName.putIfAbsent(each.name(), each));
    } else {
      settings.mechanisms().forEach(name -> byName.putIfAbsent(name, registry.require(name)));
    }
    return List.copyOf(byName.values());
  }

  /** Options for a mechanism that is not compared would silently do nothing. */
  private void requireKnownOptions() {
    for (String mechanism : settings.options().keySet()) {
      InstalledMechanism installed = registry.require(mechanism);
      if (!chosen.contains(installed)) {
        throw new SaccadeException(
            "options are given for %s, which is not compared; compared are: %s"
                .formatted(
                    mechanism,
                    chosen.stream()
                        .map(InstalledMechanism::name)
                        .collect(Collectors.joining(", "))));
      }
      try (MechanismLease lease =
          installed
              .tryAcquire()
              .orElseThrow(() -> new SaccadeException(installed + " has just been removed"))) {
        Options unused = SlotFactory.options(lease.mechanism(), settings.optionsOf(mechanism));
      }
    }
  }
}
