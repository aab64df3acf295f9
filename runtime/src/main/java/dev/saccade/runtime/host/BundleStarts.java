package dev.saccade.runtime.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.ZipException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.wiring.BundleRevision;

/**
 * Finds out why a bundle does not run or a jar is no bundle of the framework.
 *
 * <p>File Install tries, and keeps what went wrong to itself. Whatever has stayed down for a while
 * is tried once more here, for the sake of the exception. Not for use by several threads, but for
 * {@link #failure}.
 */
final class BundleStarts {

  private final BundleContext context;
  private final Map<String, Integer> looksDown = new HashMap<>();
  private final Map<String, Failure> failures = new ConcurrentHashMap<>();

  /**
   * What went wrong.
   *
   * @param lack whether it was for the lack of something that may yet come
   */
  private record Failure(String reason, boolean lack) {}

  BundleStarts(BundleContext context) {
    this.context = context;
  }

  /**
   * Tries those that were down at this look and the {@code others} before it.
   *
   * @param bundles the bundles of plugins
   * @param orphans the files that should be bundles and are not, each with its time of change
   */
  void look(Collection<Bundle> bundles, Map<Path, Long> orphans, int others) {
    Map<String, Integer> before = Map.copyOf(looksDown);
    looksDown.clear();
    UnmetRequirements unmet = new UnmetRequirements(context);
    for (Bundle bundle : bundles) {
      String key = key(bundle);
      if (isDown(bundle) && downLongEnough(key, before, others) && worthTrying(bundle, unmet)) {
        start(bundle, unmet);
      }
    }
    orphans.forEach(
        (file, changed) -> {
          String key = key(file, changed);
          if (downLongEnough(key, before, others) && !failures.containsKey(key)) {
            failures.put(key, new Failure(installFailure(file), false));
          }
        });
    failures.keySet().retainAll(looksDown.keySet());
  }

  /** Why a bundle does not start; empty when that is not known, or may have changed. */
  String failure(Bundle bundle, UnmetRequirements unmet) {
    Failure failure = failures.get(key(bundle));
    if (failure == null) {
      return "";
    }
    return failure.lack() ? unmet.of(bundle).orElse("") : failure.reason();
  }

  /** Why a file cannot be installed; empty when that is not known. */
  String failure(Path file, long changed) {
    Failure failure = failures.get(key(file, changed));
    return failure == null ? "" : failure.reason();
  }

  static boolean isDown(Bundle bundle) {
    return (bundle.getState() == Bundle.INSTALLED || bundle.getState() == Bundle.RESOLVED)
        && !isFragment(bundle);
  }

  static boolean isFragment(Bundle bundle) {
    BundleRevision revision = bundle.adapt(BundleRevision.class);
    return revision != null && (revision.getTypes() & BundleRevision.TYPE_FRAGMENT) != 0;
  }

  private boolean downLongEnough(String key, Map<String, Integer> before, int others) {
    int looks = before.getOrDefault(key, 0) + 1;
    looksDown.put(key, looks);
    return looks > others;
  }

  private boolean worthTrying(Bundle bundle, UnmetRequirements unmet) {
    Failure failure = failures.get(key(bundle));
    return failure == null || (failure.lack() && unmet.of(bundle).isEmpty());
  }

  private void start(Bundle bundle, UnmetRequirements unmet) {
    String key = key(bundle);
    try {
      bundle.start(Bundle.START_TRANSIENT | Bundle.START_ACTIVATION_POLICY);
    } catch (BundleException e) {
      String lacks = unmet.of(bundle).orElse("");
      String thrown =
          e.getType() == BundleException.ACTIVATOR_ERROR
              ? "its activator threw " + OneLine.of(e)
              : OneLine.of(e);
      failures.put(key, new Failure(lacks.isEmpty() ? thrown : lacks, !lacks.isEmpty()));
    } catch (IllegalStateException e) {
      // It was uninstalled, or the framework began to stop, between the look and now.
      looksDown.remove(key);
    }
  }

  private String installFailure(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      context.installBundle("trial:" + file, in).uninstall();
      return "another file held the same plugin and took it along when it was removed; move this"
          + " file out of the directory and back";
    } catch (BundleException e) {
      return e.getType() == BundleException.DUPLICATE_BUNDLE_ERROR
          ? "holds the same plugin in the same version as another file; remove one"
          : "cannot be installed, %s: %s".formatted(fault(e), OneLine.of(e));
    } catch (IOException e) {
      return "cannot be read: " + OneLine.of(e);
    }
  }

  /** A manifest that is not valid has no cause; a file that cannot be copied has. */
  private static String fault(BundleException e) {
    boolean disk = e.getCause() instanceof IOException && !(e.getCause() instanceof ZipException);
    return disk ? "it cannot be copied" : "its manifest is not valid";
  }

  private static String key(Bundle bundle) {
    return "bundle " + bundle.getBundleId() + " " + bundle.getLastModified();
  }

  private static String key(Path file, long changed) {
    return "file " + file + " " + changed;
  }
}
