package dev.saccade.runtime.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.bench.BenchReport.Row;
import dev.saccade.runtime.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Writes a benchmark as {@code bench.json} and drawings of time and memory for each direction. */
public final class BenchWriter {

  public static final String JSON = "bench.json";

  private static final double MEBIBYTE = 1 << 20;

  private final Path directory;

  public BenchWriter(Path directory) {
    this.directory = directory;
  }

  /**
   * Makes the directory, before minutes are spent on what could not be kept.
   *
   * @throws SaccadeException if it cannot be written to
   */
  public void checkWritable() {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new SaccadeException(
          "cannot write to the directory %s (%s); choose another directory"
              .formatted(directory, e.getMessage()),
          e);
    }
    if (!Files.isWritable(directory)) {
      throw new SaccadeException(
          "the directory %s may not be written to; choose another directory".formatted(directory));
    }
  }

  /**
   * Writes everything.
   *
   * @return the files
   * @throws SaccadeException if they cannot be written
   */
  public List<Path> write(BenchReport report) {
    try {
      List<Path> files = new ArrayList<>();
      Path json = directory.resolve(JSON);
      byte[] bytes = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(report);
      AtomicFile.write(json, out -> out.write(bytes));
      files.add(json);
      for (Direction direction : Direction.values()) {
        List<Row> rows =
            report.rows().stream().filter(row -> row.direction() == direction).toList();
        String name = direction.label().replace('+', '-');
        draw("%s, one layer".formatted(direction.label()), "milliseconds", rows, Row::medianMillis)
            .ifPresent(svg -> files.add(save("time-%s.svg".formatted(name), svg)));
        draw(
                "%s, one layer: peak memory".formatted(direction.label()),
                "MiB",
                rows,
                row -> row.peakBytes() == null ? null : row.peakBytes() / MEBIBYTE)
            .ifPresent(svg -> files.add(save("memory-%s.svg".formatted(name), svg)));
      }
      return files;
    } catch (IOException e) {
      throw new SaccadeException(
          "cannot write the benchmark to %s: %s; the results are printed above"
              .formatted(directory, e.getMessage()),
          e);
    }
  }

  private static Optional<String> draw(
      String title, String unit, List<Row> rows, Function<Row, @Nullable Double> value) {
    BenchPlot plot = new BenchPlot(title, unit, rows, value);
    return plot.isEmpty() ? Optional.empty() : Optional.of(plot.svg());
  }

  private Path save(String name, String svg) {
    Path file = directory.resolve(name);
    try {
      AtomicFile.write(file, out -> out.write(svg.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new SaccadeException("cannot write %s: %s".formatted(file, e.getMessage()), e);
    }
    return file;
  }
}
