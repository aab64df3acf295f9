package dev.saccade.runtime.report;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The Chromium of this machine, opening local pages without a window. Each call is a browser of its
 * own with a fresh profile.
 *
 * <p>A page is asked about itself by a probe: JavaScript that is added to a copy of the page, runs
 * when it is loaded and writes what it finds into the document, which the browser prints at its
 * end.
 */
public final class HeadlessChromium {

  /** Whether the page believes that its reader prefers light or dark. */
  public enum Light {
    LIGHT(1),
    DARK(0);

    private final int preferredColorScheme;

    Light(int preferredColorScheme) {
      this.preferredColorScheme = preferredColorScheme;
    }
  }

  /** The document when the browser was done, and what went to the console. */
  public record Visit(String document, List<String> console) {}

  private static final long PATIENCE_SECONDS = 90;

  private final Path executable;
  private final Path workspace;

  private HeadlessChromium(Path executable, Path workspace) {
    this.executable = executable;
    this.workspace = workspace;
  }

  /**
   * Finds the browser on the PATH.
   *
   * @param workspace an empty directory for profiles and copies of pages
   */
  public static Optional<HeadlessChromium> find(Path workspace) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(
            directory -> Stream.of("chromium", "chromium-browser").map(Path.of(directory)::resolve))
        .filter(Files::isExecutable)
        .findFirst()
        .map(executable -> new HeadlessChromium(executable, workspace));
  }

  /** Opens a copy of the page with {@code probe} as the last script. */
  public Visit visit(Path page, Light light, String probe)
      throws IOException, InterruptedException {
    Path copy = Files.createTempFile(workspace, "page", ".html");
    String html = Files.readString(page);
    int end = html.lastIndexOf("</body>");
    Files.writeString(
        copy, html.substring(0, end) + "<script>" + probe + "</script>" + html.substring(end));
    Path document = run(light, 1280, 2400, copy, "--dump-dom");
    List<String> console =
        Files.readAllLines(errors(document)).stream()
            .filter(line -> line.contains("CONSOLE"))
            .toList();
    return new Visit(Files.readString(document), console);
  }

  /** Takes a picture of the top of the page. */
  public void photograph(Path page, Light light, int width, int height, Path png)
      throws IOException, InterruptedException {
    run(light, width, height, page, "--screenshot=" + png.toAbsolutePath());
  }

  private Path run(Light light, int width, int height, Path page, String action)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(workspace, "output", ".txt");
    Path profile = Files.createTempDirectory(workspace, "profile");
    List<String> command = new ArrayList<>();
    command.add(executable.toString());
    command.addAll(
        List.of(
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--enable-logging=stderr",
            "--v=0",
            "--virtual-time-budget=4000",
            "--user-data-dir=" + profile,
            "--window-size=" + width + "," + height,
            "--blink-settings=preferredColorScheme=" + light.preferredColorScheme,
            action,
            page.toUri().toString()));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors(output).toFile())
            .start();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new IOException("Chromium was not done after " + PATIENCE_SECONDS + " s");
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          "Chromium ended with %d: %s"
              .formatted(
                  process.exitValue(),
                  Files.readString(errors(output), StandardCharsets.ISO_8859_1)));
    }
    return output;
  }

  private static Path errors(Path output) {
    return output.resolveSibling(output.getFileName() + ".errors");
  }
}
