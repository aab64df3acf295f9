package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.host.PluginStatus;
import java.nio.file.Path;
import java.util.List;

/** Plugins in words. */
final class PluginReport {

  private PluginReport() {}

  /** One line for every plugin that does not run, and for every part of one that does not. */
  static List<String> failures(Saccade saccade) {
    return saccade.plugins().plugins().stream()
        .filter(plugin -> !plugin.reason().isEmpty())
        .map(
            plugin ->
                "saccade: plugin %s %s: %s"
                    .formatted(
                        file(plugin),
                        plugin.state() == PluginStatus.State.LIVE ? "is incomplete" : "failed",
                        plugin.reason()))
        .toList();
  }

  /** The file's name, which is what users put there and can remove. */
  static String file(PluginStatus plugin) {
    Path name = Path.of(plugin.source()).getFileName();
    return name == null ? plugin.source() : name.toString();
  }
}
