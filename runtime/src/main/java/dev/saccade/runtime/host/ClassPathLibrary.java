package dev.saccade.runtime.host;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.osgi.framework.Constants;

/**
 * The jar or directory of the class path that holds a given class.
 *
 * @param location where it is, for messages
 * @param exportPackage the Export-Package header of its manifest, if it is a bundle too
 * @param packages the packages in which it has classes
 */
record ClassPathLibrary(
    String location, Optional<String> exportPackage, SortedSet<String> packages) {

  static ClassPathLibrary holding(Class<?> anchor) {
    return find(anchor.getName()).orElseThrow();
  }

  /** Returns the library of a class that may not be there. */
  static Optional<ClassPathLibrary> find(String className) {
    URL resource = ClassPathLibrary.class.getResource("/" + className.replace('.', '/') + ".class");
    return Optional.ofNullable(resource).map(found -> read(found, className));
  }

  private static ClassPathLibrary read(URL resource, String className) {
    try {
      URLConnection connection = resource.openConnection();
      // The JDK's own connection to jars, and those of launchers that put jars into jars.
      return connection instanceof JarURLConnection jar
          ? jar(jar)
          : directory(rootOf(Path.of(URI.create(resource.toString())), className));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + resource, e);
    }
  }

  private static ClassPathLibrary jar(JarURLConnection connection) throws IOException {
    // A cached file would be shared with the class loader and must not be closed here.
    connection.setUseCaches(false);
    try (JarFile jar = connection.getJarFile()) {
      return new ClassPathLibrary(
          connection.getJarFileURL().toString(),
          exportPackage(jar.getManifest()),
          packages(jar.stream().map(ZipEntry::getName)));
    }
  }

  private static ClassPathLibrary directory(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return new ClassPathLibrary(
          root.toString(),
          exportPackage(manifest(root.resolve(JarFile.MANIFEST_NAME))),
          packages(files.map(file -> root.relativize(file).toString().replace('\\', '/'))));
    }
  }

  private static Path rootOf(Path classFile, String className) {
    int depth = className.split("\\.", -1).length;
    Path root = classFile;
    for (int i = 0; i < depth; i++) {
      root = requireNonNull(root.getParent());
    }
    return root;
  }

  private static Manifest manifest(Path file) throws IOException {
    if (!Files.exists(file)) {
      return new Manifest();
    }
    try (InputStream in = Files.newInputStream(file)) {
      return new Manifest(in);
    }
  }

  private static Optional<String> exportPackage(Manifest manifest) {
    return Optional.ofNullable(manifest)
        .map(present -> present.getMainAttributes().getValue(Constants.EXPORT_PACKAGE));
  }

  private static SortedSet<String> packages(Stream<String> names) {
    SortedSet<String> packages = new TreeSet<>();
    names
        .filter(name -> name.endsWith(".class") && name.contains("/"))
        .filter(name -> !name.startsWith("META-INF/"))
        .forEach(name -> packages.add(name.substring(0, name.lastIndexOf('/')).replace('/', '.')));
    return packages;
  }
}
