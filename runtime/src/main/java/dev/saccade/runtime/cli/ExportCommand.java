package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.safetensors.TensorType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code saccade export}. */
@Command(
    name = "export",
    description = {
      "Save a causal language model once more, as a Hugging Face directory, in half the size.",
      "",
      "What attention mechanisms bring is saved in attention.safetensors, in f32 whatever the type."
    },
    mixinStandardHelpOptions = true,
    abbreviateSynopsis = true,
    sortOptions = false)
final class ExportCommand implements Callable<Integer> {

  /** What weights may be rounded to. */
  enum Type {
    F32(TensorType.F32),
    F16(TensorType.F16),
    BF16(TensorType.BF16);

    private final TensorType stored;

    Type(TensorType stored) {
      this.stored = stored;
    }
  }

  @Spec private CommandSpec spec;

  @Mixin private PluginOptions plugins;

  @Mixin private LanguageModelOptions models;

  @Option(
      names = "--type",
      paramLabel = "NAME",
      defaultValue = "F16",
      description = "f32, f16 or bf16, to which weights are rounded, half to even. Default: f16.")
  private Type type;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "A directory that is not there yet, or is empty.")
  private Path out;

  @Override
  public Integer call() {
    requireFree(out);
    try (Saccade saccade = plugins.open()) {
      PluginReport.failures(saccade).forEach(spec.commandLine().getErr()::println);
      models.open(saccade).save(out, type.stored);
    }
    spec.commandLine().getOut().printf("Model: %s%n", out);
    return 0;
  }

  private static void requireFree(Path directory) {
    String[] files = directory.toFile().list();
    boolean isFree = files == null ? Files.notExists(directory) : files.length == 0;
    if (!isFree) {
      throw new SaccadeException(
          "%s is there already; choose a directory that is not, or an empty one"
              .formatted(directory));
    }
  }
}
