package dev.saccade.runtime.compare;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Feature;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.EncoderModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.model.WhenGone;
import dev.saccade.runtime.report.AttentionMap;
import dev.saccade.runtime.report.Fidelity;
import dev.saccade.runtime.report.MechanismResult;
import dev.saccade.runtime.report.Timing;
import dev.saccade.runtime.weights.PretrainedModel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One mechanism while it is being compared: its model, what was found, or why nothing was. */
final class Candidate implements AutoCloseable {

  private final InstalledMechanism installed;
  private final Map<String, String> optionTexts;
  private final Map<String, Object> options;
  private final Progress progress;
  private final List<Timing> latency = new ArrayList<>();
  private final List<Timing> layerLatency = new ArrayList<>();
  private List<String> refusals = List.of();
  private @Nullable EncoderModel model;
  private @Nullable Fidelity fidelity;
  private List<AttentionMap> maps = List.of();
  private @Nullable String failure;

  private Candidate(
      InstalledMechanism installed,
      Map<String, String> optionTexts,
      Options options,
      Progress progress) {
    this.installed = installed;
    this.optionTexts = optionTexts;
    this.options = new LinkedHashMap<>(options.asTexts());
    this.progress = progress;
  }

  /**
   * Fills a model with the mechanism, or notes why it refuses or how it breaks.
   *
   * @throws SaccadeException if the user's options are wrong
   */
  static Candidate of(
      InstalledMechanism installed,
      PretrainedModel pretrained,
      MechanismRegistry registry,
      ComparisonSettings settings,
      Progress progress) {
    Map<String, String> texts = settings.optionsOf(installed.name());
    try (MechanismLease lease = acquire(installed)) {
      Options options = SlotFactory.options(lease.mechanism(), texts);
      Candidate candidate = new Candidate(installed, texts, options, progress);
      candidate.attempt(
          () -> {
            AttentionSpec spec = EncoderModel.spec(pretrained.config());
            candidate.refusals = lease.mechanism().check(spec, options).reasons();
            if (candidate.refusals.isEmpty()) {
              candidate.fill(pretrained, registry, settings.seed());
            }
          });
      return candidate;
    }
  }

  private void fill(PretrainedModel pretrained, MechanismRegistry registry, long seed) {
    SlotChoice everywhere = new SlotChoice(name(), optionTexts);
    EncoderModel filled =
        new EncoderModel(
            pretrained,
            registry,
            Collections.nCopies(pretrained.config().layers(), everywhere),
            seed);
    filled.whenGone(WhenGone.refusing());
    model = filled;
  }

  String name() {
    return installed.name();
  }

  /** Whether it was neither refused nor has failed. */
  boolean isRunning() {
    return model != null && failure == null;
  }

  EncoderModel model() {
    EncoderModel filled = model;
    if (filled == null) {
      throw new IllegalStateException(name() + " does not run");
    }
    return filled;
  }

  /**
   * Runs a part of the comparison; where the mechanism breaks, only its own result ends. Does
   * nothing once it has broken. A class that its bundle lacks or a broken assertion is no better
   * than an exception.
   */
  void attempt(Runnable part) {
    if (failure != null) {
      return;
    }
    try {
      part.run();
    } catch (RuntimeException | LinkageError | AssertionError | StackOverflowError e) {
      failure = e instanceof SaccadeException ? e.getMessage() : e.toString();
      progress.broke(name(), e);
    }
  }

  /**
   * Lends a single attention layer without a model around it, for a length that the model may not
   * have positions for. Nothing of it may be kept.
   */
  <R> R onItsOwn(int length, long seed, Function<AttentionSlot, R> use) {
    AttentionSpec spec = model().spec();
    AttentionSpec longEnough = spec.withMaxPositions(Math.max(length, spec.maxPositions()));
    try (MechanismLease lease = acquire(installed);
        ParameterStore parameters = new ParameterStore(seed);
        AttentionSlot slot =
            new SlotFactory(parameters)
                .fill("layer.0", lease.mechanism(), installed.kernels(), longEnough, optionTexts)) {
      return use.apply(slot);
    }
  }

  private static MechanismLease acquire(InstalledMechanism installed) {
    return installed
        .tryAcquire()
        .orElseThrow(() -> new SaccadeException(installed + " has just been removed"));
  }

  void fidelity(Fidelity measured) {
    this.fidelity = measured;
  }

  void maps(List<AttentionMap> painted) {
    this.maps = painted;
  }

  void latency(Timing timing) {
    latency.add(timing);
  }

  void layerLatency(Timing timing) {
    layerLatency.add(timing);
  }

  MechanismResult result() {
    String version = installed.version().toString();
    if (!refusals.isEmpty()) {
      return MechanismResult.refused(
          name(), version, installed.bundle(), installed.summary(), options, refusals);
    }
    if (failure != null) {
      return MechanismResult.failed(
          name(), version, installed.bundle(), installed.summary(), options, List.of(failure));
    }
    return new MechanismResult(
        name(),
        version,
        installed.bundle(),
        installed.summary(),
        MechanismResult.Status.COMPARED,
        List.of(),
        options,
        installed.capabilities().has(Feature.EXACT),
        installed.capabilities().time().order(),
        installed.capabilities().memory().order(),
        fidelity,
        latency,
        layerLatency,
        maps,
        installed.kernels().uses());
  }

  @Override
  public void close() {
    EncoderModel filled = model;
    if (filled != null) {
      filled.close();
    }
  }
}
