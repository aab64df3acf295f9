package dev.saccade.runtime.host;

import static java.util.Objects.requireNonNull;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;

/**
 * Felix with its component runtime and File Install, both of which lie in this package as
 * resources. It prints nothing and changes nothing of the JVM around it.
 */
final class EmbeddedFramework {

  private static final String SCR = "org.apache.felix.scr.jar";
  private static final String FILE_INSTALL = "org.apache.felix.fileinstall.jar";

  private final Framework framework;
  private final Bundle components;
  private final Bundle fileInstall;

  private EmbeddedFramework(Framework framework) throws BundleException {
    this.framework = framework;
    framework.start();
    components = install(SCR);
    fileInstall = install(FILE_INSTALL);
    components.start();
  }

  /** Starts it, all but the watch over the directories. */
  static EmbeddedFramework start(HostSettings settings, Path storage) {
    Framework framework = new FrameworkFactory().newFramework(configuration(settings, storage));
    try {
      return new EmbeddedFramework(framework);
    } catch (BundleException e) {
      stop(framework, Duration.ofSeconds(10));
      throw new IllegalStateException("the embedded OSGi framework does not start", e);
    }
  }

  BundleContext context() {
    return framework.getBundleContext();
  }

  /** Whether a bundle belongs to the framework itself. */
  boolean owns(Bundle bundle) {
    return bundle.equals(framework) || bundle.equals(components) || bundle.equals(fileInstall);
  }

  /** Installs and starts what is in the directories, and watches them from now on. */
  void watchDirectories() {
    try {
      fileInstall.start();
    } catch (BundleException e) {
      throw new IllegalStateException("File Install does not start", e);
    }
  }

  /** Ends the watch; a change that is being made is finished. */
  void ignoreDirectories() {
    try {
      fileInstall.stop();
    } catch (BundleException e) {
      throw new IllegalStateException("File Install does not stop", e);
    }
  }

  /** Stops every bundle and waits for the end of it. */
  void stop(Duration patience) {
    stop(framework, patience);
  }

  private static void stop(Framework framework, Duration patience) {
    try {
      framework.stop();
      framework.waitForStop(patience.toMillis());
    } catch (BundleException e) {
      throw new IllegalStateException("the embedded OSGi framework does not stop", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Bundle install(String resource) throws BundleException {
    try (InputStream in =
        requireNonNull(EmbeddedFramework.class.getResourceAsStream(resource), resource)) {
      return framework.getBundleContext().installBundle("saccade:" + resource, in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, String> configuration(HostSettings settings, Path storage) {
    Map<String, String> properties = new HashMap<>();
    properties.put(Constants.FRAMEWORK_STORAGE, storage.resolve("bundles").toString());
    properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, SystemPackages.exports());
    // Plugins see the JDK and what they import, whoever calls them.
    properties.put(Constants.FRAMEWORK_BUNDLE_PARENT, Constants.FRAMEWORK_BUNDLE_PARENT_BOOT);
    properties.put("felix.bootdelegation.implicit", "false");
    // The JVM has one factory of URL handlers, and it is the embedding program's.
    properties.put("felix.service.urlhandlers", "false");
    // More would leave a pool of threads behind for a minute.
    properties.put("felix.resolver.parallelism", "1");
    properties.put("felix.log.level", "0");
    properties.put("ds.showerrors", "false");

    properties.put(
        "felix.fileinstall.dir",
        settings.directories().stream()
            .map(directory -> directory.toString().replace(File.separatorChar, '/'))
            .collect(Collectors.joining(",")));
    properties.put("felix.fileinstall.filter", PluginFile.NAMES);
    properties.put("felix.fileinstall.subdir.mode", "skip");
    properties.put("felix.fileinstall.tmpdir", storage.resolve("fileinstall").toString());
    properties.put("felix.fileinstall.poll", Long.toString(settings.poll().toMillis()));
    properties.put("felix.fileinstall.noInitialDelay", "true");
    properties.put("felix.fileinstall.bundles.startTransient", "true");
    // Looking is enough once a second; the alternative holds threads of the JVM.
    properties.put("felix.fileinstall.disableNio2", "true");
    properties.put("felix.fileinstall.log.level", "0");
    return properties;
  }
}
