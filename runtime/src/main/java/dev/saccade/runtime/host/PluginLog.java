package dev.saccade.runtime.host;

import dev.saccade.runtime.host.PluginStatus.State;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns successive censuses into events, keeps the last thousand and tells a listener.
 *
 * <p>A plugin passes through states while it starts or is replaced. What is seen only in passing is
 * no event: a status counts when several censuses in a row agree on it.
 */
final class PluginLog {

  private static final System.Logger LOG = System.getLogger(PluginLog.class.getName());
  private static final int KEPT = 1000;

  private final Clock clock;
  private final Consumer<PluginEvent> listener;
  private final Map<String, PluginStatus> settled = new ConcurrentHashMap<>();
  private final Map<String, Sighting> sightings = new HashMap<>();
  private final Deque<PluginEvent> events = new ArrayDeque<>();

  /** A status and the number of censuses in a row that agree on it. */
  private record Sighting(PluginStatus status, int times) {}

  PluginLog(Clock clock, Consumer<PluginEvent> listener) {
    this.clock = clock;
    this.listener = listener;
  }

  /** The last events, oldest first. */
  List<PluginEvent> events() {
    synchronized (events) {
      return List.copyOf(events);
    }
  }

  /** Returns {@code status}, but as still changing when it is a failure that may pass. */
  PluginStatus judged(PluginStatus status) {
    return status.state() == State.FAILED && !status.equals(settled.get(status.source()))
        ? status.changing()
        : status;
  }

  /**
   * Notes what changed. Not for use by several threads.
   *
   * @param others how many censuses before this one must agree with it
   */
  void compare(List<PluginStatus> now, int others) {
    Set<String> sources = now.stream().map(PluginStatus::source).collect(Collectors.toSet());
    sightings.keySet().retainAll(sources);
    for (PluginStatus gone : List.copyOf(settled.values())) {
      if (!sources.contains(gone.source())) {
        settled.remove(gone.source());
        tell(PluginEvent.Kind.REMOVED, gone, String.join(", ", gone.mechanisms()));
      }
    }
    for (PluginStatus status : now) {
      Sighting sighting =
          sightings.merge(
              status.source(),
              new Sighting(status, 1),
              (before, first) ->
                  before.status().equals(status)
                      ? new Sighting(status, before.times() + 1)
                      : first);
      if (status.state() != State.CHANGING && sighting.times() > others) {
        compare(settled.put(status.source(), status), status);
      }
    }
  }

  private void compare(@Nullable PluginStatus before, PluginStatus now) {
    boolean fails = now.state() == State.FAILED;
    String mechanisms = String.join(", ", now.mechanisms());
    if (before == null || !before.since().equals(now.since()) || before.state() != now.state()) {
      if (fails) {
        tell(PluginEvent.Kind.FAILED, now, now.reason());
      } else if (before == null || before.state() == State.FAILED) {
        tell(PluginEvent.Kind.INSTALLED, now, mechanisms);
      } else {
        tell(PluginEvent.Kind.UPDATED, now, mechanisms);
      }
    } else if (fails && !before.reason().equals(now.reason())) {
      tell(PluginEvent.Kind.FAILED, now, now.reason());
    }
  }

  private void tell(PluginEvent.Kind kind, PluginStatus status, String detail) {
    PluginEvent event =
        new PluginEvent(
            clock.instant(),
            kind,
            status.source(),
            status.symbolicName(),
            status.version(),
            detail);
    synchronized (events) {
      if (events.size() == KEPT) {
        events.removeFirst();
      }
      events.addLast(event);
    }
    try {
      listener.accept(event);
    } catch (RuntimeException e) {
      // The listener's mistake must not stop the watch over the plugins.
      LOG.log(System.Logger.Level.WARNING, "the listener of plugin events threw", e);
    }
  }
}
