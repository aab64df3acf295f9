package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a run keeps its checkpoints, its log and its curve. One process at a time.
 *
 * <p>A checkpoint is a directory. A new one is written beside the old one, brought to the disk, and
 * then takes its place by two renames. Whenever the process dies, one of them is whole: the old one
 * where it was or, between the renames, under a name that {@link #open} knows.
 */
final class RunDirectory implements AutoCloseable {

  static final String LAST = "last";
  static final String BEST = "best";
  static final String LOG = "log.jsonl";
  static final String CURVE = "loss.svg";

  private static final String LOCK = ".lock";

  private final Path directory;
  private final FileChannel lockFile;

  private RunDirectory(Path directory, FileChannel lockFile) {
    this.directory = directory;
    this.lockFile = lockFile;
  }

  /** Writes a checkpoint's files. */
  @FunctionalInterface
  interface Content {
    void writeTo(Path checkpoint) throws IOException;
  }

  /**
   * Opens a directory, which is made if it is not there, and mends what a crash left.
   *
   * @throws SaccadeException when it cannot be written, or another process trains there
   */
  static RunDirectory open(Path directory) {
    try {
      Files.createDirectories(directory);
      FileChannel channel =
          FileChannel.open(
              directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (lock(channel) == null) {
        channel.close();
        throw new SaccadeException(
            "another process is training in %s; wait for its end or choose another directory"
                .formatted(directory));
      }
      RunDirectory run = new RunDirectory(directory, channel);
      run.mend(LAST);
      run.mend(BEST);
      return run;
    } catch (IOException e) {
      throw new SaccadeException(
          "cannot write to the directory %s (%s); choose another directory".formatted(directory, e),
          e);
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // The lock is this very process's.
      return null;
    }
  }

  private void mend(String name) throws IOException {
    if (!Files.exists(directory.resolve(name)) && Files.exists(old(name))) {
      rename(old(name), directory.resolve(name));
    }
    delete(old(name));
    delete(fresh(name));
  }

  private Path fresh(String name) {
    return directory.resolve("." + name + ".new");
  }

  private Path old(String name) {
    return directory.resolve("." + name + ".old");
  }

  Path path() {
    return directory;
  }

  Path checkpoint(String name) {
    return directory.resolve(name);
  }

  Path log() {
    return directory.resolve(LOG);
  }

  Path curve() {
    return directory.resolve(CURVE);
  }

  boolean holdsRun() {
    return Files.exists(checkpoint(LAST));
  }

  /**
   * @throws SaccadeException when there is a run already
   */
  void requireFree() {
    if (holdsRun()) {
      throw new SaccadeException(
          "%s already holds a run, of %d steps; resume it or choose another directory"
              .formatted(directory, TrainerFile.read(checkpoint(LAST)).state().step()));
    }
  }

  /**
   * @throws SaccadeException when there is no run
   */
  void requireRun() {
    if (!holdsRun()) {
      throw new SaccadeException(
          "%s holds no run to resume: it has no checkpoint named %s".formatted(directory, LAST));
    }
  }

  /**
   * Puts a new checkpoint in the place of the old one.
   *
   * @throws SaccadeException when it cannot be written; the old one is as it was
   */
  Path replace(String name, Content content) {
    Path target = checkpoint(name);
    Path fresh = fresh(name);
    try {
      try {
        delete(fresh);
        Files.createDirectory(fresh);
        content.writeTo(fresh);
        bringToDisk(fresh);
        swap(fresh, target, old(name));
      } finally {
        delete(fresh);
      }
    } catch (IOException e) {
      throw new SaccadeException(
          "cannot write the checkpoint %s: %s; the one before is as it was".formatted(target, e),
          e);
    }
    return target;
  }

  /** Java cannot exchange two directories in one step. */
  private static void swap(Path fresh, Path target, Path old) throws IOException {
    if (!Files.exists(target)) {
      rename(fresh, target);
      return;
    }
    rename(target, old);
    try {
      rename(fresh, target);
    } catch (IOException e) {
      rename(old, target);
      throw e;
    }
    delete(old);
  }

  private static void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Lest a power failure leaves names of files whose content is still to come. */
  private static void bringToDisk(Path checkpoint) throws IOException {
    try (Stream<Path> files = Files.walk(checkpoint)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> all = Files.walk(directory)) {
      deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.delete(path);
    }
  }

  /** Lets others train here. */
  @Override
  public void close() {
    try {
      lockFile.close();
    } catch (IOException e) {
      throw new SaccadeException("cannot let go of %s: %s".formatted(directory, e), e);
    }
  }
}
