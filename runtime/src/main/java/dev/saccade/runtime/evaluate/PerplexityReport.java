package dev.saccade.runtime.evaluate;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.files.AtomicFile;
import dev.saccade.runtime.measure.Machine;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.report.KernelUse;
import dev.saccade.runtime.report.Report;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A measured perplexity and all that is needed to get it again; the components are the fields of
 * the JSON file.
 *
 * @param created when, in ISO 8601
 * @param command the command line that made this report and makes it again
 * @param attention what filled the model's attention slots
 * @param text what was read
 */
public record PerplexityReport(
    String saccadeVersion,
    String created,
    String command,
    String task,
    Report.Environment environment,
    Report.Model model,
    Attention attention,
    Text text,
    PerplexitySettings settings,
    PerplexityResult result) {

  /**
   * What filled the model's attention slots.
   *
   * @param options those that were given, by name
   * @param kernels who computed each operation; empty for a mechanism without kernels
   */
  public record Attention(String mechanism, Map<String, String> options, List<KernelUse> kernels) {

    public Attention {
      options = Map.copyOf(options);
      kernels = List.copyOf(kernels);
    }

    /** What is in the first slot of a model. */
    static Attention of(CausalModel model) {
      return new Attention(
          model.choices().get(0).mechanism(),
          model.choices().get(0).options(),
          model.kernelUses().getOrDefault(model.choices().get(0).mechanism(), List.of()));
    }
  }

  /**
   * What was read.
   *
   * @param split the part of the corpus, or "all"
   * @param vocabulary how many tokens the tokenizer has
   */
  public record Text(String name, String split, int vocabulary) {}

  /** Describes a measurement that has just been made on this machine. */
  public static PerplexityReport of(
      String command,
      CausalModel model,
      Text text,
      PerplexitySettings settings,
      PerplexityResult result) {
    return new PerplexityReport(
        Machine.saccadeVersion(),
        Instant.now().toString(),
        command,
        "perplexity",
        Machine.environment(),
        describe(model.pretrained()),
        Attention.of(model),
        text,
        settings,
        result);
  }

  private static Report.Model describe(PretrainedDecoder pretrained) {
    OptConfig config = pretrained.config();
    return new Report.Model(
        pretrained.name(),
        pretrained.source().toString(),
        "f32",
        config.layers(),
        config.hiddenSize(),
        config.heads(),
        config.headSize(),
        config.maximumPositions(),
        config.vocabularySize(),
        pretrained.weights().names().stream()
            .mapToLong(name -> pretrained.weights().get(name).length())
            .sum());
  }

  /**
   * Refuses a file that could not be written, before minutes are spent on what it should hold.
   *
   * @throws SaccadeException if it is a directory, or lies where nothing can be written
   */
  public static void checkWritable(Path file) {
    if (Files.isDirectory(file)) {
      throw new SaccadeException(
          "%s is a directory; name a file in it, such as %s"
              .formatted(file, file.resolve("perplexity.json")));
    }
    Path directory = file.toAbsolutePath().normalize().getParent();
    try {
      if (directory != null) {
        Files.createDirectories(directory);
      }
    } catch (IOException e) {
      throw new SaccadeException(
          "the directory of %s cannot be made (%s); choose another file"
              .formatted(file, e.getMessage()),
          e);
    }
    if (directory == null || !Files.isWritable(directory)) {
      throw new SaccadeException("%s may not be written to; choose another file".formatted(file));
    }
  }

  /**
   * Writes it as JSON, for programs.
   *
   * @throws SaccadeException if it cannot be written; an older file is then untouched
   */
  public void write(Path file) {
    try {
      byte[] json = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
      AtomicFile.write(file, out -> out.write(json));
    } catch (IOException e) {
      throw new SaccadeException(
          "cannot write %s: %s; the results are printed above".formatted(file, e.getMessage()), e);
    }
  }
}
