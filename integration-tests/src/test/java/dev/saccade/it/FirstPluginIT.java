package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.it.Cli.Result;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the README tells authors of plugins, done step by step: the API and the kit put into a Maven
 * repository, the project built, the bundle installed and compared.
 *
 * <p>Runs on a copy of the sources and with a local repository of its own, which reads the user's
 * but does not write to it.
 */
class FirstPluginIT {

  private static final Set<String> NOT_SOURCES = Set.of("target", ".git", "saccade-report");

  @TempDir Path directory;

  @Test
  void the_readme_leads_to_a_plugin_that_is_compared() throws Exception {
    Document readme = new Document(Files.readString(Distribution.root().resolve("README.md")));
    Path sources = copySources(directory.resolve("saccade"));
    Path project = writeProject(readme, directory.resolve("nearby-attention"));

    mvnw(sources, "install", "-pl", "api,plugins/conformance", "-am", "-DskipTests").succeeds();
    mvnw(sources, "package", "-f", project.resolve("pom.xml").toString()).succeeds();
    Path bundle = project.resolve("target/nearby-attention-1.0.0.jar");
    assertThat(bundle).exists();
    assertThat(project.resolve("target/surefire-reports/com.example.NearbyAttentionTest.txt"))
        .content()
        .as("what the conformance kit found")
        .containsPattern("Tests run: \\d{2,}, Failures: 0, Errors: 0");

    Path plugins = Files.createDirectory(directory.resolve("plugins"));
    Cli cli = Cli.in(directory);
    Result installed =
        cli.run("plugins", "install", bundle.toString(), "--plugins", plugins.toString())
            .succeeds();
    assertThat(installed.out()).contains("nearby");
    Result compared =
        cli.compare(
                "--mechanisms=nearby",
                "--option=nearby.slope=0.2",
                "--plugins=" + plugins,
                "--out=" + directory.resolve("report"))
            .succeeds();
    assertThat(compared.out()).containsPattern("nearby +\\| +no");
  }

  private Result mvnw(Path sources, String... arguments) throws IOException, InterruptedException {
    String userRepository = Path.of(System.getProperty("user.home"), ".m2/repository").toString();
    List<String> command =
        new ArrayList<>(
            List.of(
                sources.resolve("mvnw").toString(),
                "-B",
                "-q",
                "-Dmaven.repo.local=" + directory.resolve("repository"),
                "-Dmaven.repo.local.tail=" + userRepository,
                "-Daether.enhancedLocalRepository.trackingFilename=none"));
    command.addAll(List.of(arguments));
    return new Cli(Distribution.home(), sources).execute(command);
  }

  private static Path writeProject(Document readme, Path project) throws IOException {
    String pom =
        readme.blocks("xml").stream()
            .filter(block -> block.contains("nearby-attention"))
            .findFirst()
            .orElseThrow();
    String mechanism = javaBlock(readme, "class NearbyAttention implements");
    String test = javaBlock(readme, "class NearbyAttentionTest");
    write(project.resolve("pom.xml"), pom);
    write(project.resolve("src/main/java/com/example/NearbyAttention.java"), mechanism);
    write(project.resolve("src/test/java/com/example/NearbyAttentionTest.java"), test);
    return project;
  }

  private static String javaBlock(Document readme, String words) {
    return readme.blocks("java").stream()
        .filter(block -> block.contains(words))
        .findFirst()
        .orElseThrow();
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static Path copySources(Path to) throws IOException {
    Path root = Distribution.root();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path from, BasicFileAttributes attributes)
              throws IOException {
            if (NOT_SOURCES.contains(from.getFileName().toString())) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(to.resolve(root.relativize(from)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path from, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(from, to.resolve(root.relativize(from)));
            return FileVisitResult.CONTINUE;
          }
        });
    return to;
  }
}
