package dev.saccade.runtime.host;

import static java.util.Objects.requireNonNull;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.host.PluginStatus.State;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;

/** Counts the plugins: the jars of the directories and the bundles of the framework, matched. */
final class PluginCensus {

  /**
   * How long a file may be no bundle before anybody asks why. To ask is to try and install it, and
   * File Install, which never tries twice, must not come upon that.
   */
  private static final Duration UNDISTURBED = Duration.ofSeconds(2);

  private static final String MECHANISM = AttentionMechanism.class.getName();

  private final BundleContext context;
  private final Predicate<Bundle> infrastructure;
  private final List<Path> directories;
  private final MechanismAdmission admission;
  private final BundleStarts starts;
  private final ComponentProblems components;

  /** The nanosecond since which a file might have been a bundle and is none. */
  private Map<Path, Long> orphanSince = new HashMap<>();

  PluginCensus(
      BundleContext context,
      Predicate<Bundle> infrastructure,
      List<Path> directories,
      MechanismAdmission admission) {
    this.context = context;
    this.infrastructure = infrastructure;
    this.directories = directories;
    this.admission = admission;
    this.starts = new BundleStarts(context);
    this.components = new ComponentProblems(context);
  }

  /** Tries what was down at this look and the {@code others} before it, to learn why. */
  void probe(int others) {
    Map<String, Bundle> bundles = bundles();
    Map<Path, Long> orphans = new HashMap<>();
    Map<Path, Long> since = new HashMap<>();
    long now = System.nanoTime();
    // File Install waits for calls in flight on what leaves, and then looks at no other file.
    boolean busy = admission.isDraining();
    for (Path file : files()) {
      if (!bundles.containsKey(file.toString()) && PluginFile.tryRead(file).isPresent()) {
        long first = busy ? now : orphanSince.getOrDefault(file, now);
        since.put(file, first);
        if (others == 0 || now - first > UNDISTURBED.toNanos()) {
          orphans.put(file, changed(file));
        }
      }
    }
    orphanSince = since;
    starts.look(bundles.values(), orphans, others);
  }

  /** Returns how each plugin is doing at this moment, files first, by name. */
  List<PluginStatus> count() {
    UnmetRequirements unmet = new UnmetRequirements(context);
    Map<String, Bundle> bundles = bundles();
    List<PluginStatus> all = new ArrayList<>();
    for (Path file : files()) {
      Bundle bundle = bundles.remove(file.toString());
      all.add(bundle == null ? ofFile(file) : ofBundle(file.toString(), bundle, unmet));
    }
    bundles.forEach((location, bundle) -> all.add(ofBundle(location, bundle, unmet)));
    return all;
  }

  private PluginStatus ofFile(Path file) {
    long changed = changed(file);
    Instant since = Instant.ofEpochMilli(changed);
    try {
      PluginFile plugin = PluginFile.read(file);
      String failure = starts.failure(file, changed);
      return new PluginStatus(
          file.toString(),
          plugin.symbolicName(),
          plugin.version(),
          failure.isEmpty() ? State.CHANGING : State.FAILED,
          List.of(),
          failure,
          since);
    } catch (SaccadeException e) {
      return new PluginStatus(
          file.toString(),
          null,
          null,
          State.FAILED,
          List.of(),
          requireNonNull(e.getMessage()),
          since);
    }
  }

  private PluginStatus ofBundle(String source, Bundle bundle, UnmetRequirements unmet) {
    List<String> mechanisms = admission.mechanismsOf(bundle);
    Instant since = Instant.ofEpochMilli(bundle.getLastModified());
    State state = State.CHANGING;
    String reason = "";
    switch (bundle.getState()) {
      case Bundle.ACTIVE -> {
        List<String> problems = problems(bundle);
        state = mechanisms.isEmpty() && !problems.isEmpty() ? State.FAILED : State.LIVE;
        reason =
            mechanisms.isEmpty() && problems.isEmpty()
                ? "brings no mechanism"
                : String.join("; ", problems);
      }
      case Bundle.INSTALLED, Bundle.RESOLVED -> {
        if (BundleStarts.isFragment(bundle) && bundle.getState() == Bundle.RESOLVED) {
          state = State.LIVE;
          reason = "is a fragment: part of another bundle";
        } else {
          reason = starts.failure(bundle, unmet);
          state = reason.isEmpty() ? State.CHANGING : State.FAILED;
        }
      }
      default -> {
        // STARTING, STOPPING and UNINSTALLED pass.
      }
    }
    return new PluginStatus(
        source, bundle.getSymbolicName(), bundle.getVersion(), state, mechanisms, reason, since);
  }

  private List<String> problems(Bundle bundle) {
    List<String> problems = new ArrayList<>(components.of(bundle));
    problems.addAll(admission.refusalsOf(bundle));
    ServiceReference<?>[] services = bundle.getRegisteredServices();
    if (problems.isEmpty() && services != null) {
      for (ServiceReference<?> service : services) {
        if (offersMechanism(service) && !admission.knows(service)) {
          problems.add(
              service.isAssignableTo(context.getBundle(), MECHANISM)
                  ? "its mechanism could not be obtained"
                  : "its mechanism implements another copy of dev.saccade.api; import the package"
                      + " instead of packing it into the jar");
        }
      }
    }
    return problems;
  }

  private static boolean offersMechanism(ServiceReference<?> service) {
    return List.of((String[]) service.getProperty(Constants.OBJECTCLASS)).contains(MECHANISM);
  }

  private List<Path> files() {
    List<Path> files = new ArrayList<>();
    for (Path directory : directories) {
      try {
        files.addAll(PluginFile.in(directory));
      } catch (IOException e) {
        throw new SaccadeException(
            "the plugin directory %s cannot be read: %s".formatted(directory, OneLine.of(e)), e);
      }
    }
    return files;
  }

  /** The bundles of plugins by file, or by location where that is none; in order of arrival. */
  private Map<String, Bundle> bundles() {
    Map<String, Bundle> bundles = new LinkedHashMap<>();
    for (Bundle bundle : context.getBundles()) {
      if (!infrastructure.test(bundle)) {
        bundles.put(source(bundle.getLocation()), bundle);
      }
    }
    return bundles;
  }

  private static String source(String location) {
    return location.startsWith("file:") ? new File(URI.create(location)).getPath() : location;
  }

  private static long changed(Path file) {
    return file.toFile().lastModified();
  }
}
