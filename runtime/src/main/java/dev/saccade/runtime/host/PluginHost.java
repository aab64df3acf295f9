package dev.saccade.runtime.host;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.files.TemporaryDirectory;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.BundleContext;
import org.osgi.util.tracker.ServiceTracker;

/**
 * Runs the plugins that lie in directories, and keeps a {@link MechanismRegistry} in step with
 * them: a jar that is dropped there appears, one that is replaced is updated, one that is deleted
 * leaves, each when the calls in flight have ended.
 *
 * <p>A plugin that does not work is listed with the reason and hurts no other. ND4J must have been
 * used once before a host is opened, so that it finds its backend with the class loader of the
 * program. Safe for use by many threads.
 */
public final class PluginHost implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger(PluginHost.class.getName());

  /** What is down at this many further looks did not just come or is being replaced. */
  private static final int FURTHER_LOOKS = 2;

  private static final Duration GRACE = Duration.ofSeconds(30);

  private final HostSettings settings;
  private final TemporaryDirectory storage;
  private final EmbeddedFramework framework;
  private final ServiceTracker<AttentionMechanism, MechanismAdmission.Candidate> tracker;
  private final PluginCensus census;
  private final PluginLog log;
  private final ScheduledExecutorService watch;
  private boolean closed;
  private boolean blind;

  private PluginHost(
      MechanismRegistry registry, HostSettings settings, TemporaryDirectory storage) {
    this.settings = settings;
    this.storage = storage;
    this.framework = EmbeddedFramework.start(settings, storage.path());
    BundleContext context = framework.context();
    MechanismAdmission admission = new MechanismAdmission(context, registry, settings.patience());
    this.tracker = new ServiceTracker<>(context, AttentionMechanism.class, admission);
    this.census = new PluginCensus(context, framework::owns, settings.directories(), admission);
    this.log = new PluginLog(Clock.systemUTC(), settings.listener());
    this.watch =
        Executors.newSingleThreadScheduledExecutor(
            look -> {
              Thread thread = new Thread(look, "saccade-plugins");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Starts the plugins of the directories and watches them until closed.
   *
   * @return a host whose plugins are all live, or listed with the reason why not
   */
  public static PluginHost open(MechanismRegistry registry, HostSettings settings) {
    TemporaryDirectory storage = new TemporaryDirectory("saccade-plugins-");
    try {
      PluginHost host = new PluginHost(registry, settings, storage);
      host.begin();
      return host;
    } catch (RuntimeException e) {
      storage.close();
      throw e;
    }
  }

  /** How each plugin is doing: one for every jar in the directories and every other bundle. */
  public List<PluginStatus> plugins() {
    return census.count().stream().map(log::judged).toList();
  }

  /** The last thousand events, oldest first. */
  public List<PluginEvent> events() {
    return log.events();
  }

  /**
   * Stops all plugins, each when its calls in flight have ended, and takes every trace of the
   * framework out of the JVM. A second call does nothing.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    // An interrupted thread would cut every wait short, and delete what is still in use.
    boolean interrupted = Thread.interrupted();
    try {
      endWatch();
      framework.ignoreDirectories();
      tracker.close();
      framework.stop(settings.patience().plus(GRACE));
    } finally {
      storage.close();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void begin() {
    try {
      tracker.open();
      framework.watchDirectories();
      look(0);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    long poll = settings.poll().toMillis();
    // Nobody waits for it: it reports by itself, and ends with the executor.
    ScheduledFuture<?> unused =
        watch.scheduleWithFixedDelay(this::lookAgain, poll, poll, TimeUnit.MILLISECONDS);
  }

  private void endWatch() {
    watch.shutdown();
    try {
      if (!watch.awaitTermination(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.log(System.Logger.Level.WARNING, "a plugin that is starting delays the end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(int furtherLooks) {
    census.probe(furtherLooks);
    log.compare(census.count(), furtherLooks);
  }

  private void lookAgain() {
    try {
      look(FURTHER_LOOKS);
      blind = false;
    } catch (RuntimeException e) {
      // The next look may succeed: a directory on another machine may come back.
      if (!blind) {
        LOG.log(System.Logger.Level.WARNING, "the plugins cannot be looked at", e);
      }
      blind = true;
    }
  }
}
