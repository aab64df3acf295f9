package dev.saccade.runtime.compare;

import dev.saccade.api.Feature;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.SlotFactory;
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
import org.jspecify.annotations.Nullable;

/** One mechanism while it is being compared: its model, what was found, or why nothing was. */
final class Candidate implements AutoCloseable {

  private final InstalledMechanism installed;
  private final Map<String, Object> options;
  private final List<String> refusals;
  private final @Nullable EncoderModel model;
  private final List<Timing> latency = new ArrayList<>();
  private final List<Timing> layerLatency = new ArrayList<>();
  private @Nullable Fidelity fidelity;
  private List<AttentionMap> maps = List.of();
  private @Nullable String failure;

  private Candidate(
      InstalledMechanism installed,
      Map<String, Object> options,
      List<String> refusals,
      @Nullable EncoderModel model) {
    this.installed = installed;
    this.options = options;
    this.refusals = refusals;
    this.model = model;
  }

  /**
   * Fills a model with the mechanism, or notes why it refuses.
   *
   * @throws SaccadeException if the user's options are wrong
   */
  static Candidate of(
      InstalledMechanism installed,
      PretrainedModel pretrained,
      MechanismRegistry registry,
      ComparisonSettings settings) {
    Map<String, String> texts = settings.optionsOf(installed.name());
    Map<String, Object> options = new LinkedHashMap<>();
    List<String> refusals;
    try (MechanismLease lease =
        installed
            .tryAcquire()
            .orElseThrow(() -> new SaccadeException(installed + " has just been removed"))) {
      Options parsed = SlotFactory.options(lease.mechanism(), texts);
      options.putAll(parsed.asTexts());
      refusals = lease.mechanism().check(EncoderModel.spec(pretrained.config()), parsed).reasons();
    }
    if (!refusals.isEmpty()) {
      return new Candidate(installed, options, refusals, null);
    }
    try {
      EncoderModel model =
          new EncoderModel(
              pretrained,
              registry,
              Collections.nCopies(
                  pretrained.config().layers(), new SlotChoice(installed.name(), texts)),
              settings.seed());
      model.whenGone(WhenGone.refusing());
      return new Candidate(installed, options, refusals, model);
    } catch (RuntimeException e) {
      Candidate broken = new Candidate(installed, options, refusals, null);
      broken.fail(e);
      return broken;
    }
  }

  String name() {
    return installed.name();
  }

  /** Whether it was neither refused nor has failed. */
  boolean isRunning() {
    return model != null && failure == null;
  }

  EncoderModel model() {
    if (model == null) {
      throw new IllegalStateException(name() + " does not run");
    }
    return model;
  }

  /** Runs a part of the comparison; where the mechanism breaks, only its own result ends. */
  void attempt(Runnable part) {
    try {
      part.run();
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void fail(RuntimeException e) {
    failure = e instanceof SaccadeException ? e.getMessage() : e.toString();
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
        maps);
  }

  @Override
  public void close() {
    if (model != null) {
      model.close();
    }
  }
}
