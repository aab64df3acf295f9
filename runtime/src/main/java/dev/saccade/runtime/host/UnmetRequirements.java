package dev.saccade.runtime.host;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;
import org.osgi.framework.namespace.ExecutionEnvironmentNamespace;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleRevision;

/** Says in a user's words what a bundle needs that nobody offers. */
final class UnmetRequirements {

  private static final String API = "dev.saccade.api";
  private static final String VECTOR = "jdk.incubator.vector";
  private static final Pattern JAVA_VERSION = Pattern.compile("\\(version=([0-9.]+)\\)");
  private static final int SHOWN = 3;

  private final List<BundleCapability> offered = new ArrayList<>();

  UnmetRequirements(BundleContext context) {
    for (Bundle bundle : context.getBundles()) {
      BundleRevision revision = bundle.adapt(BundleRevision.class);
      if (revision != null) {
        offered.addAll(revision.getDeclaredCapabilities(null));
      }
    }
  }

  /** Returns what {@code bundle} lacks, in one line, or nothing when each of its needs is met. */
  Optional<String> of(Bundle bundle) {
    BundleRevision revision = bundle.adapt(BundleRevision.class);
    if (revision == null) {
      return Optional.empty();
    }
    Set<String> unmet = new LinkedHashSet<>();
    boolean apiNamed = false;
    for (BundleRequirement need : revision.getDeclaredRequirements(null)) {
      if (isOptional(need) || offered.stream().anyMatch(need::matches)) {
        continue;
      }
      boolean api = packageOf(need).startsWith(API);
      // One line for the whole API: its packages are versioned together.
      if (!api || !apiNamed) {
        unmet.add(describe(need));
      }
      apiNamed |= api;
    }
    return unmet.isEmpty() ? Optional.empty() : Optional.of("needs " + shortened(unmet));
  }

  private static boolean isOptional(BundleRequirement need) {
    String resolution = need.getDirectives().get(Constants.RESOLUTION_DIRECTIVE);
    String effective = need.getDirectives().get(Constants.EFFECTIVE_DIRECTIVE);
    return Constants.RESOLUTION_OPTIONAL.equals(resolution)
        || PackageNamespace.RESOLUTION_DYNAMIC.equals(resolution)
        || (effective != null && !effective.equals(Constants.EFFECTIVE_RESOLVE));
  }

  private String describe(BundleRequirement need) {
    String filter = filterOf(need);
    if (need.getNamespace().equals(PackageNamespace.PACKAGE_NAMESPACE)) {
      return describePackage(packageOf(need), filter);
    }
    Matcher java = JAVA_VERSION.matcher(filter);
    if (need.getNamespace().equals(ExecutionEnvironmentNamespace.EXECUTION_ENVIRONMENT_NAMESPACE)
        && java.find()) {
      return "Java %s but this is Java %s".formatted(java.group(1), Runtime.version().feature());
    }
    return "%s %s, which no bundle offers".formatted(need.getNamespace(), filter);
  }

  private String describePackage(String name, String filter) {
    Set<Version> versions = new TreeSet<>();
    for (BundleCapability capability : offered) {
      if (name.equals(capability.getAttributes().get(PackageNamespace.PACKAGE_NAMESPACE))) {
        versions.add(
            (Version)
                capability
                    .getAttributes()
                    .getOrDefault(
                        PackageNamespace.CAPABILITY_VERSION_ATTRIBUTE, Version.emptyVersion));
      }
    }
    String wanted = (name + " " + rangeIn(filter)).strip();
    if (name.equals(VECTOR)) {
      return wanted + "; start Java with --add-modules " + VECTOR;
    }
    if (versions.isEmpty()) {
      return wanted + ", which no bundle exports; pack it into the plugin or install what does";
    }
    String present = String.join(", ", versions.stream().map(Version::toString).toList());
    return name.startsWith(API)
        ? "%s but this runtime has %s; use a build of the plugin for this version, or another Saccade"
            .formatted(wanted, present)
        : "%s but only %s is there".formatted(wanted, present);
  }

  private static String packageOf(BundleRequirement need) {
    Matcher name = Pattern.compile("\\(osgi\\.wiring\\.package=([^)]+)\\)").matcher(filterOf(need));
    return name.find() ? name.group(1) : "";
  }

  private static String filterOf(BundleRequirement need) {
    return need.getDirectives().getOrDefault(Constants.FILTER_DIRECTIVE, "");
  }

  /** Turns {@code (version>=1.0.0)(!(version>=2.0.0))} back into {@code [1.0.0,2.0.0)}. */
  private static String rangeIn(String filter) {
    Matcher above = Pattern.compile("(?<!\\(!)\\(version>=([^)]+)\\)").matcher(filter);
    Matcher strictlyAbove = Pattern.compile("\\(!\\(version<=([^)]+)\\)").matcher(filter);
    Matcher below = Pattern.compile("\\(!\\(version>=([^)]+)\\)").matcher(filter);
    Matcher atMost = Pattern.compile("(?<!\\(!)\\(version<=([^)]+)\\)").matcher(filter);
    String from = above.find() ? "[" + above.group(1) : "";
    from = from.isEmpty() && strictlyAbove.find() ? "(" + strictlyAbove.group(1) : from;
    String to = below.find() ? below.group(1) + ")" : "";
    to = to.isEmpty() && atMost.find() ? atMost.group(1) + "]" : to;
    if (from.isEmpty()) {
      return to;
    }
    return to.isEmpty() ? from.substring(1) + " or newer" : from + "," + to;
  }

  private static String shortened(Set<String> unmet) {
    String shown = String.join("; ", unmet.stream().limit(SHOWN).toList());
    return unmet.size() > SHOWN ? "%s; and %d more".formatted(shown, unmet.size() - SHOWN) : shown;
  }
}
