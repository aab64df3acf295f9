package dev.saccade.plugins.sea.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Compiles the kernels of {@code src/main/cuda} for the CPU, together with the driver of {@code
 * src/test/cpp} that runs them. What is compiled is kept under the hash of all that went into it.
 */
final class CpuCompiler {

  static final Path CUDA = Path.of("src/main/cuda");

  static final Path CPP = Path.of("src/test/cpp");
  private static final Path BUILT = Path.of("target/fake-cuda");
  private static final String COMPILER = "g++";

  /** No fast mathematics: NaN must stay what it is. */
  private static final List<String> OPTIONS =
      List.of(
          "-std=c++17",
          "-O1",
          "-g1",
          "-fPIC",
          "-Wall",
          "-Wextra",
          "-Werror",
          "-Wno-unknown-pragmas");

  private CpuCompiler() {}

  static boolean isPossible() {
    boolean platform =
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64");
    return platform
        && Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, COMPILER)));
  }

  /** Returns a {@code libcuda.so.1}, which is there as {@code newest/libcuda.so.1} as well. */
  static Path build() {
    List<Path> headers = new ArrayList<>(files(CPP, ".h"));
    headers.addAll(files(CUDA, ".cuh"));
    List<Path> sources = new ArrayList<>(files(CPP, ".cpp"));
    sources.addAll(files(CUDA, ".cu"));
    List<String> shared = List.of("-shared", "-Wl,-soname,libcuda.so.1");
    Path built = link("libcuda.so.1", sources, headers, List.of(), shared);
    point("newest", BUILT.relativize(built).getName(0));
    return built;
  }

  /** Makes a link in {@link #BUILT}, in place of what it was before. */
  private static void point(String name, Path target) {
    Path link = BUILT.resolve(name);
    try {
      if (!Files.isSymbolicLink(link) || !Files.readSymbolicLink(link).equals(target)) {
        Path fresh = BUILT.resolve(name + "." + ProcessHandle.current().pid());
        Files.createSymbolicLink(fresh, target);
        Files.move(fresh, link, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a program of the sources in a folder, which include the kernels that they run. */
  static Path program(Path folder) {
    return program(folder, List.of());
  }

  /**
   * @param sanitizers more options, for the compiler and when the program is put together
   */
  static Path program(Path folder, List<String> sanitizers) {
    List<Path> headers = new ArrayList<>(files(CPP, ".h"));
    headers.addAll(files(CUDA, ".cuh"));
    headers.addAll(files(CUDA, ".cu"));
    headers.addAll(files(folder, ".h"));
    List<Path> sources = new ArrayList<>(files(folder, ".cpp"));
    sources.add(CPP.resolve("blocks.cpp"));
    return link(folder.getFileName().toString(), sources, headers, sanitizers, sanitizers);
  }

  private static Path link(
      String name,
      List<Path> sources,
      List<Path> headers,
      List<String> compiling,
      List<String> linking) {
    List<String> options = new ArrayList<>(OPTIONS);
    options.addAll(compiling);
    List<String> objects =
        sources.parallelStream()
            .map(source -> compile(source, headers, options).toString())
            .toList();
    String all = Sha256.of(String.join("\n", objects).getBytes(StandardCharsets.UTF_8));
    List<String> command = new ArrayList<>(linking);
    command.addAll(objects);
    command.add("-lpthread");
    return make(BUILT.resolve(all.substring(0, 16)).resolve(name), command);
  }

  private static Path compile(Path source, List<Path> headers, List<String> options) {
    List<Path> parts = new ArrayList<>(headers);
    parts.add(source);
    String hash = Sha256.of(parts) + Sha256.of(options.toString().getBytes(StandardCharsets.UTF_8));
    Path object =
        BUILT.resolve(
            source.getFileName() + "." + Sha256.of(hash.getBytes(StandardCharsets.UTF_8)) + ".o");
    List<String> command = new ArrayList<>(options);
    command.addAll(List.of("-I" + CPP, "-c", "-x", "c++", source.toString()));
    return make(object, command);
  }

  private static Path make(Path file, List<String> command) {
    if (Files.exists(file)) {
      return file;
    }
    try {
      Files.createDirectories(file.getParent());
      Path unfinished = Files.createTempFile(file.getParent(), "unfinished", "");
      List<String> all = new ArrayList<>(List.of(COMPILER));
      all.addAll(command);
      all.addAll(List.of("-o", unfinished.toString()));
      Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(5, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw new IllegalStateException(String.join(" ", all) + "\n" + said);
      }
      return Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while compiling " + file, e);
    }
  }

  /** In the order of their names. */
  static List<Path> files(Path folder, String ending) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
