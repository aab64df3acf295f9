package dev.saccade.runtime.host;

import dev.saccade.runtime.files.AtomicFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Compiles Java source into a bundle, so that a test can have a plugin with any flaw it likes.
 *
 * <p>The sources see the test's class path; the bundle contains only what was compiled, and imports
 * only what it says.
 */
public final class TestBundle {

  private static final Pattern PACKAGE = Pattern.compile("package\\s+([\\w.]+)\\s*;");
  private static final Pattern TYPE =
      Pattern.compile("public\\s+(?:final\\s+)?(?:class|interface)\\s+(\\w+)");

  private final Map<String, String> headers = new LinkedHashMap<>();
  private final Map<String, String> sources = new LinkedHashMap<>();
  private final Map<String, byte[]> resources = new LinkedHashMap<>();
  private final List<String> components = new ArrayList<>();
  private final List<String> left = new ArrayList<>();

  private TestBundle() {}

  /** A bundle without anything in it. */
  public static TestBundle named(String symbolicName, String version) {
    return new TestBundle()
        .header("Bundle-ManifestVersion", "2")
        .header("Bundle-SymbolicName", symbolicName)
        .header("Bundle-Version", version);
  }

  /** A jar that is no bundle. */
  public static TestBundle plainJar() {
    return new TestBundle();
  }

  /** A bundle that brings one working mechanism, as a component. */
  public static TestBundle withMechanism(String symbolicName, String version, String mechanism) {
    return named(symbolicName, version)
        .imports("dev.saccade.api,dev.saccade.api.option,org.nd4j.autodiff.samediff")
        .component(MechanismSource.named(mechanism));
  }

  public TestBundle header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  public TestBundle imports(String packages) {
    return header("Import-Package", packages);
  }

  /** Adds a class; its name is read from the source. */
  public TestBundle source(String source) {
    sources.put(className(source), source);
    return this;
  }

  /** Compiles against a class that the bundle then lacks. */
  public TestBundle without(String source) {
    left.add(className(source).replace('.', '/') + ".class");
    return source(source);
  }

  /** Adds a class and has the framework call it at start and stop. */
  public TestBundle activator(String source) {
    return source(source).header("Bundle-Activator", className(source));
  }

  /** Adds a mechanism's class and describes it as a component. */
  public TestBundle component(String source) {
    return component(source, "");
  }

  /** Adds a mechanism's class, described as a component with more in its description. */
  public TestBundle component(String source, String elements) {
    String name = className(source);
    describe(
        "OSGI-INF/" + name + ".xml",
        """
        <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.4.0" name="%s">
          <implementation class="%s"/>
          <service><provide interface="dev.saccade.api.AttentionMechanism"/></service>
          %s
        </scr:component>
        """
            .formatted(name, name, elements));
    return source(source);
  }

  /** Adds a component's description as it stands. */
  public TestBundle describe(String path, String xml) {
    resources.put(path, xml.getBytes(StandardCharsets.UTF_8));
    components.add(path);
    return header("Service-Component", String.join(",", components));
  }

  /** Writes the jar. */
  public Path writeTo(Path file) {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    headers.forEach(manifest.getMainAttributes()::putValue);
    try {
      AtomicFile.write(file, out -> write(out, manifest));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  private void write(OutputStream out, Manifest manifest) throws IOException {
    try (JarOutputStream jar = new JarOutputStream(out, manifest)) {
      Map<String, byte[]> entries = new LinkedHashMap<>(resources);
      entries.putAll(compiled());
      entries.keySet().removeAll(left);
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        jar.putNextEntry(new JarEntry(entry.getKey()));
        jar.write(entry.getValue());
        jar.closeEntry();
      }
    }
  }

  private static String className(String source) {
    Matcher packageName = PACKAGE.matcher(source);
    Matcher type = TYPE.matcher(source);
    if (!packageName.find() || !type.find()) {
      throw new IllegalArgumentException("a source needs a package and a public type: " + source);
    }
    return packageName.group(1) + "." + type.group(1);
  }

  private Map<String, byte[]> compiled() throws IOException {
    if (sources.isEmpty()) {
      return Map.of();
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null);
        ClassesInMemory classes = new ClassesInMemory(files)) {
      List<JavaFileObject> units = new ArrayList<>();
      sources.forEach((name, source) -> units.add(new Source(name, source)));
      List<String> options = List.of("-proc:none", "-classpath", classPath());
      if (!compiler.getTask(messages, classes, null, options, null, units).call()) {
        throw new IllegalArgumentException(messages.toString());
      }
      return classes.entries();
    }
  }

  private static String classPath() {
    // Surefire may pass the class path in the manifest of a jar, and leaves the whole of it here.
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String className, String text) {
      super(URI.create("source:///" + className.replace('.', '/') + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  private static final class ClassesInMemory
      extends ForwardingJavaFileManager<StandardJavaFileManager> {
    private final Map<String, ByteArrayOutputStream> classes = new LinkedHashMap<>();

    ClassesInMemory(StandardJavaFileManager files) {
      super(files);
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        JavaFileManager.Location location,
        String className,
        JavaFileObject.Kind kind,
        FileObject sibling) {
      String entry = className.replace('.', '/') + kind.extension;
      ByteArrayOutputStream content = new ByteArrayOutputStream();
      classes.put(entry, content);
      return new SimpleJavaFileObject(URI.create("class:///" + entry), kind) {
        @Override
        public OutputStream openOutputStream() {
          return content;
        }
      };
    }

    Map<String, byte[]> entries() {
      Map<String, byte[]> entries = new LinkedHashMap<>();
      classes.forEach((entry, content) -> entries.put(entry, content.toByteArray()));
      return entries;
    }
  }
}
