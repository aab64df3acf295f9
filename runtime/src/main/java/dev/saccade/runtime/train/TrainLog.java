package dev.saccade.runtime.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.files.AtomicFile;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The log of a run: a JSON object a line, of {@code "event"} {@code "step"} or {@code
 * "evaluation"}.
 *
 * <p>What a resumed run will do again is cut off first, with whatever a crash left of a last line.
 */
final class TrainLog implements AutoCloseable {

  private static final String EVENT = "event";
  private static final String STEP = "step";
  private static final String EVALUATION = "evaluation";
  private static final String LOSS = "loss";

  private static final JsonMapper JSON = new JsonMapper();

  /** A loss of the log. */
  record Point(long step, double loss) {}

  /** All losses of a log, in its order. */
  record Losses(List<Point> training, List<Point> validation) {}

  private final Path file;
  private final Writer writer;

  private TrainLog(Path file, Writer writer) {
    this.file = file;
    this.writer = writer;
  }

  /** Opens the log of a run at a state, and forgets what came after it. */
  static TrainLog open(Path file, TrainingState state) {
    try {
      List<String> kept = Files.exists(file) ? upTo(state, file) : List.of();
      AtomicFile.write(
          file,
          out -> {
            for (String line : kept) {
              out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            }
          });
      // Not a channel, which an interruption of the thread would close.
      FileOutputStream out = new FileOutputStream(file.toFile(), true);
      return new TrainLog(file, new OutputStreamWriter(out, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new SaccadeException("cannot write the log %s: %s".formatted(file, e), e);
    }
  }

  private static List<String> upTo(TrainingState state, Path file) throws IOException {
    List<String> kept = new ArrayList<>();
    try (BufferedReader reader = reader(file)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        JsonNode entry = parsed(line);
        if (entry == null) {
          break;
        }
        boolean evaluation = entry.path(EVENT).asText().equals(EVALUATION);
        if (entry.path(STEP).asLong() <= (evaluation ? state.evaluatedAt() : state.step())) {
          kept.add(line);
        }
      }
    }
    return kept;
  }

  /** A crash may have cut a character in two, so none is refused. */
  private static BufferedReader reader(Path file) throws IOException {
    return new BufferedReader(
        new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8));
  }

  void step(StepReport report) {
    ObjectNode line = JSON.createObjectNode().put(EVENT, STEP).put(STEP, report.step());
    line.put("epoch", report.epoch()).put(LOSS, report.loss());
    line.set("terms", JSON.valueToTree(report.terms()));
    line.put("learningRate", report.rate()).put("gradientNorm", report.gradientNorm());
    line.put("positions", report.positions());
    line.put("positionsPerSecond", Math.round(report.positionsPerSecond()));
    line.put("peakBytes", report.peakBytes());
    write(line);
  }

  void evaluation(EvaluationReport report) {
    write(
        JSON.createObjectNode()
            .put(EVENT, EVALUATION)
            .put(STEP, report.step())
            .put(LOSS, report.loss())
            .put("positions", report.positions())
            .put("best", report.best())
            .put("seconds", report.seconds()));
  }

  private void write(ObjectNode line) {
    try {
      writer.write(line + "\n");
      // Whoever watches the file sees it now, and a crash loses nothing.
      writer.flush();
    } catch (IOException e) {
      throw new SaccadeException("cannot write the log %s: %s".formatted(file, e), e);
    }
  }

  /** Reads the losses of a log that may be written to. */
  static Losses read(Path file) {
    Losses losses = new Losses(new ArrayList<>(), new ArrayList<>());
    try (BufferedReader reader = reader(file)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        JsonNode entry = parsed(line);
        if (entry != null) {
          Point point = new Point(entry.path(STEP).asLong(), entry.path(LOSS).asDouble());
          boolean evaluation = entry.path(EVENT).asText().equals(EVALUATION);
          (evaluation ? losses.validation() : losses.training()).add(point);
        }
      }
    } catch (IOException e) {
      throw new SaccadeException("cannot read the log %s: %s".formatted(file, e), e);
    }
    return losses;
  }

  /** Returns null for what is no JSON, such as half a line. */
  private static @Nullable JsonNode parsed(String line) {
    try {
      JsonNode entry = JSON.readTree(line);
      return entry.isObject() ? entry : null;
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw new SaccadeException("cannot write the log %s: %s".formatted(file, e), e);
    }
  }
}
