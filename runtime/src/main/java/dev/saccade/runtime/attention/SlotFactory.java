package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Support;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.OptionException;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.SaccadeException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Fills attention slots: validates options, asks the mechanism, creates parameters. */
public final class SlotFactory {

  private final ParameterStore parameters;

  /**
   * @param parameters where the layers' parameters live; it outlives the slots
   */
  public SlotFactory(ParameterStore parameters) {
    this.parameters = parameters;
  }

  /**
   * Reads a user's options.
   *
   * @throws SaccadeException naming every problem
   */
  public static Options options(AttentionMechanism mechanism, Map<String, String> texts) {
    try {
      return Options.parse(mechanism.options(), texts);
    } catch (OptionException e) {
      throw new SaccadeException(mechanism.name() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Fills one slot.
   *
   * @param position before the mechanism's name in the names of parameters, such as {@code
   *     "layer.3"}
   * @throws SaccadeException if the options are not the mechanism's, or it refuses the spec
   */
  public AttentionSlot fill(
      String position,
      AttentionMechanism mechanism,
      PluginKernels kernels,
      AttentionSpec spec,
      Map<String, String> optionTexts) {
    Options options = options(mechanism, optionTexts);
    Support support = mechanism.check(spec, options);
    if (!support.isYes()) {
      throw new SaccadeException(
          "%s cannot fill an attention slot of this model: %s"
              .formatted(mechanism.name(), String.join("; ", support.reasons())));
    }
    AttentionLayer layer = mechanism.layer(spec, options);
    String prefix = position + "." + mechanism.name();
    return new AttentionSlot(
        prefix,
        mechanism.name(),
        mechanism.capabilities(),
        spec,
        options,
        layer,
        kernels,
        parameters.layer(prefix, layer.parameters(), spec.elementType()),
        liveOptions(mechanism, options, spec));
  }

  private static Map<String, INDArray> liveOptions(
      AttentionMechanism mechanism, Options options, AttentionSpec spec) {
    Map<String, INDArray> live = new LinkedHashMap<>();
    for (Option<?> option : mechanism.options()) {
      if (option.live()) {
        double value = AttentionSlot.number(option, options.get(option));
        live.put(option.name(), Nd4j.scalar(ElementTypes.nd4j(spec.elementType()), value));
      }
    }
    return live;
  }
}
