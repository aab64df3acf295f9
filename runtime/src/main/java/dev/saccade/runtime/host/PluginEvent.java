package dev.saccade.runtime.host;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Version;

/**
 * Something that happened to a plugin.
 *
 * @param time when the host noticed
 * @param kind what happened
 * @param source as in {@link PluginStatus}
 * @param symbolicName null when the file is no bundle
 * @param version null when the file is no bundle
 * @param detail the reason of a failure, or the mechanisms that came
 */
public record PluginEvent(
    Instant time,
    Kind kind,
    String source,
    @Nullable String symbolicName,
    @Nullable Version version,
    String detail) {

  /** What can happen to a plugin. */
  public enum Kind {
    INSTALLED,
    UPDATED,
    REMOVED,
    FAILED
  }
}
