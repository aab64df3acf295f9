package dev.saccade.runtime.host;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.Version;
import org.osgi.util.tracker.ServiceTrackerCustomizer;

/**
 * Carries the mechanisms that bundles register as services into the {@link MechanismRegistry}, and
 * out of it.
 *
 * <p>A service that leaves is first drained: the thread that stops the bundle waits here until no
 * call is in flight. One that cannot be admitted does no harm; the reason is kept.
 */
final class MechanismAdmission
    implements ServiceTrackerCustomizer<AttentionMechanism, MechanismAdmission.Candidate> {

  private static final System.Logger LOG = System.getLogger(MechanismAdmission.class.getName());

  /** A service and what became of it. */
  static final class Candidate {
    private final ServiceReference<AttentionMechanism> reference;
    private final Bundle bundle;
    private @Nullable AttentionMechanism waiting;
    private @Nullable InstalledMechanism installed;
    private String refusal = "";

    private Candidate(
        ServiceReference<AttentionMechanism> reference, AttentionMechanism mechanism) {
      this.reference = reference;
      this.bundle = reference.getBundle();
      this.waiting = mechanism;
    }
  }

  private final BundleContext context;
  private final MechanismRegistry registry;
  private final Duration patience;
  private final List<Candidate> candidates = new ArrayList<>();
  private int draining;

  MechanismAdmission(BundleContext context, MechanismRegistry registry, Duration patience) {
    this.context = context;
    this.registry = registry;
    this.patience = patience;
  }

  @Override
  public @Nullable Candidate addingService(ServiceReference<AttentionMechanism> reference) {
    AttentionMechanism mechanism = context.getService(reference);
    if (mechanism == null) {
      // Its component failed; the component runtime knows why, see ComponentProblems.
      return null;
    }
    Candidate candidate = new Candidate(reference, mechanism);
    synchronized (this) {
      candidates.add(candidate);
      admit(candidate, mechanism);
    }
    return candidate;
  }

  @Override
  public void modifiedService(ServiceReference<AttentionMechanism> reference, Candidate candidate) {
    // Service properties carry nothing that the registry keeps.
  }

  @Override
  public void removedService(ServiceReference<AttentionMechanism> reference, Candidate candidate) {
    InstalledMechanism leaving;
    synchronized (this) {
      candidates.remove(candidate);
      candidate.waiting = null;
      leaving = candidate.installed;
      candidate.installed = null;
      draining++;
    }
    // Not while holding the lock: calls in flight may take long, and others may come meanwhile.
    if (leaving != null && !registry.remove(leaving, patience)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} left although calls were in flight for more than {1}",
          leaving,
          patience);
    }
    context.ungetService(reference);
    synchronized (this) {
      draining--;
      admitWaiting();
    }
  }

  /** Whether a mechanism is leaving that may have calls in flight. */
  synchronized boolean isDraining() {
    return draining > 0;
  }

  /** The names of the mechanisms that a bundle has in the registry. */
  synchronized List<String> mechanismsOf(Bundle bundle) {
    return candidates.stream()
        .filter(each -> each.bundle.equals(bundle))
        .map(each -> each.installed)
        .filter(Objects::nonNull)
        .map(InstalledMechanism::name)
        .sorted()
        .toList();
  }

  /** One line for each mechanism of a bundle that was not admitted. */
  synchronized List<String> refusalsOf(Bundle bundle) {
    return candidates.stream()
        .filter(each -> each.bundle.equals(bundle))
        .map(each -> each.refusal)
        .filter(refusal -> !refusal.isEmpty())
        .toList();
  }

  /** Whether the service behind {@code reference} reached this class at all. */
  synchronized boolean knows(ServiceReference<?> reference) {
    return candidates.stream().anyMatch(each -> each.reference.equals(reference));
  }

  /** What is said of a mechanism that is there already. */
  static String duplicate(String name, Version version, String bundle) {
    return "%s %s is already brought by %s; remove one, or give one another version"
        .formatted(name, version, bundle);
  }

  private void admitWaiting() {
    for (Candidate each : candidates) {
      if (each.waiting != null) {
        admit(each, each.waiting);
      }
    }
  }

  private void admit(Candidate candidate, AttentionMechanism mechanism) {
    Version version = candidate.bundle.getVersion();
    try {
      String name = mechanism.name();
      if (name == null || name.isBlank()) {
        candidate.waiting = null;
        candidate.refusal = "%s has no name".formatted(mechanism.getClass().getName());
        return;
      }
      for (InstalledMechanism other : registry.all()) {
        if (other.name().equals(name) && other.version().equals(version)) {
          // Kept waiting: when the other leaves, this one takes its place.
          candidate.refusal = duplicate(name, version, other.bundle());
          return;
        }
      }
      candidate.installed = registry.add(mechanism, version, candidate.bundle.getSymbolicName());
      candidate.refusal = "";
    } catch (RuntimeException | LinkageError e) {
      candidate.refusal =
          "%s cannot say what it is: %s".formatted(mechanism.getClass().getName(), OneLine.of(e));
    }
    candidate.waiting = null;
  }
}
