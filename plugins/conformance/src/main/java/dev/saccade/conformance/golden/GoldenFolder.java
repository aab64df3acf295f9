package dev.saccade.conformance.golden;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The golden cases of one subject, a folder of manifests and tensors. Listing it fails, rather than
 * finds little, when the folder is missing or empty, when half of a case is missing, or when a case
 * is of a kind that no test here knows.
 */
public final class GoldenFolder {

  /** The system property that names a folder with one folder for each subject. */
  public static final String PROPERTY = "golden.dir";

  private static final String MANIFEST = ".json";
  private static final String TENSORS = ".safetensors";

  /**
   * Endings of files that lie beside a case and are not cases themselves: the same in float64, and
   * the weights and configuration of a whole model.
   */
  private static final List<String> COMPANIONS =
      List.of(".f64" + TENSORS, ".weights" + TENSORS, ".config" + MANIFEST);

  private final Path path;
  private final Predicate<String> kinds;
  private final Map<String, String> elsewhere;

  private GoldenFolder(Path path, Predicate<String> kinds, Map<String, String> elsewhere) {
    this.path = path;
    this.kinds = kinds;
    this.elsewhere = elsewhere;
  }

  /**
   * The folder of a subject: {@code DIR/SUBJECT} with {@code -Dgolden.dir=DIR}, and otherwise
   * {@code /golden/SUBJECT} among the resources.
   *
   * @param test whose class path has the resources
   */
  public static GoldenFolder of(String subject, Class<?> test) {
    String root = System.getProperty(PROPERTY);
    return root == null
        ? amongResources(subject, test)
        : at(Path.of(root, subject).toAbsolutePath().normalize());
  }

  /** The folder {@code /golden/SUBJECT} among the resources, whatever the property says. */
  public static GoldenFolder amongResources(String subject, Class<?> test) {
    return at(resource(subject, test));
  }

  /** A folder, wherever it is, with cases of any kind. */
  public static GoldenFolder at(Path path) {
    return new GoldenFolder(path, kind -> true, Map.of());
  }

  private static Path resource(String subject, Class<?> test) {
    URL folder = test.getResource("/golden/" + subject);
    if (folder == null) {
      throw new AssertionError(
          "there is no folder golden/%s among the resources; add one, or give -D%s=DIR"
              .formatted(subject, PROPERTY));
    }
    try {
      return Path.of(folder.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same folder, in which a case of any other kind is an error. */
  public GoldenFolder ofKinds(String... known) {
    return new GoldenFolder(path, List.of(known)::contains, elsewhere);
  }

  /**
   * The same folder, in which the cases whose names begin so are another module's to compare.
   *
   * @param module where that is done
   */
  public GoldenFolder leaving(String prefix, String module) {
    Map<String, String> more = new TreeMap<>(elsewhere);
    more.put(prefix, module);
    return new GoldenFolder(path, kinds, more);
  }

  /** Where the cases are, as reports show it. */
  @Override
  public String toString() {
    return System.getProperty(PROPERTY) == null
        ? "the resources, golden/" + path.getFileName()
        : path.toString();
  }

  /** Every case that is to be compared here, by name. */
  public List<GoldenCase> cases() {
    Set<String> manifests = names(MANIFEST);
    Set<String> tensors = names(TENSORS);
    List<String> problems = new ArrayList<>();
    without(tensors, manifests)
        .forEach(name -> problems.add("%s%s has no manifest".formatted(name, TENSORS)));
    Set<String> alone = without(manifests, tensors);
    alone.forEach(name -> problems.add("%s%s has no tensors".formatted(name, MANIFEST)));
    List<GoldenCase> cases = new ArrayList<>();
    for (String name : without(manifests, alone)) {
      GoldenCase golden = read(name);
      if (kinds.test(golden.kind())) {
        cases.add(golden);
      } else {
        problems.add("%s is of kind '%s', which no test here knows".formatted(name, golden.kind()));
      }
    }
    if (cases.isEmpty()) {
      problems.add("there are no golden cases, NAME%s with NAME%s".formatted(MANIFEST, TENSORS));
    }
    if (!problems.isEmpty()) {
      throw new AssertionError("%s: %s".formatted(path, String.join("; ", problems)));
    }
    return cases;
  }

  private static Set<String> without(Set<String> names, Set<String> others) {
    Set<String> rest = new TreeSet<>(names);
    rest.removeAll(others);
    return rest;
  }

  /** One case by name. */
  public GoldenCase read(String name) {
    return GoldenCase.read(path.resolve(name + MANIFEST), path.resolve(name + TENSORS));
  }

  /** The names of all files with this ending that are not left to other modules. */
  private Set<String> names(String ending) {
    if (!Files.isDirectory(path)) {
      throw new AssertionError(
          "%s is no folder; -D%s=DIR must name one with a folder for each subject, such as DIR/%s"
              .formatted(path, PROPERTY, path.getFileName()));
    }
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.list(path)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(ending))
          .filter(file -> COMPANIONS.stream().noneMatch(file::endsWith))
          .map(file -> file.substring(0, file.length() - ending.length()))
          .filter(name -> elsewhere.keySet().stream().noneMatch(name::startsWith))
          .forEach(names::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return names;
  }
}
