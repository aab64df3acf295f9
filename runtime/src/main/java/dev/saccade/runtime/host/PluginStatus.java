package dev.saccade.runtime.host;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Version;

/**
 * How one plugin is doing.
 *
 * @param source its file, or the location of a bundle that another bundle installed
 * @param symbolicName its name as a bundle; null when the file is none
 * @param version null when the file is no bundle
 * @param state whether it serves
 * @param mechanisms the names of the mechanisms that it brought, sorted
 * @param reason in one line, what is wrong or missing; empty when all is well
 * @param since when this version of it arrived
 */
public record PluginStatus(
    String source,
    @Nullable String symbolicName,
    @Nullable Version version,
    State state,
    List<String> mechanisms,
    String reason,
    Instant since) {

  /** Whether a plugin serves. */
  public enum State {
    /** It runs. A {@link PluginStatus#reason} then names the part that does not. */
    LIVE,
    /** It has only just been found, or is being replaced or removed. */
    CHANGING,
    /** It does not run; the {@link PluginStatus#reason} says why. */
    FAILED
  }

  public PluginStatus {
    mechanisms = List.copyOf(mechanisms);
  }

  /** The same, when it may yet turn out otherwise. */
  PluginStatus changing() {
    return new PluginStatus(
        source, symbolicName, version, State.CHANGING, mechanisms, reason, since);
  }

  /** The same of a copy that lies elsewhere. */
  PluginStatus at(String otherSource) {
    return new PluginStatus(otherSource, symbolicName, version, state, mechanisms, reason, since);
  }
}
