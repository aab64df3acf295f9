package dev.saccade.runtime.evaluate;

import dev.saccade.runtime.measure.Machine;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.report.KernelUse;
import dev.saccade.runtime.report.Report;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
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
    public static Attention of(CausalModel model) {
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

  /** The sizes of a model and where it was read from. */
  public static Report.Model describe(PretrainedDecoder pretrained) {
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
}
