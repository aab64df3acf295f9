package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Probe;
import dev.saccade.api.Support;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.OptionException;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.GraphGuard;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One attention slot of a model, filled: the layer, what it was built with and the parameters that
 * it uses.
 *
 * @param prefix before the names of its parameters, such as {@code "layer.3.sea"}
 * @param mechanism the mechanism's name
 * @param capabilities what the mechanism declares
 * @param kernels the mechanism's fused operations
 * @param parameters by the names that the layer declares; owned by a {@link ParameterStore}
 * @param liveOptions a scalar for every option that can be changed on a built model
 */
public record AttentionSlot(
    String prefix,
    String mechanism,
    Capabilities capabilities,
    AttentionSpec spec,
    Options options,
    AttentionLayer layer,
    PluginKernels kernels,
    Map<String, INDArray> parameters,
    Map<String, INDArray> liveOptions)
    implements AutoCloseable {

  /**
   * Adds the layer to the graph of the inputs.
   *
   * @param query {@code [B, H, T, D]}
   * @param key {@code [B, K, S, D]}
   * @param value {@code [B, K, S, D]}
   * @param real {@code [B, S]}, one for a real position, zero for padding; present exactly if the
   *     spec's masking is padded
   * @throws SaccadeException if the layer does not take this length or ignores the mask
   */
  public AttentionOutput addTo(
      SameDiff graph,
      LayerSize size,
      SDVariable query,
      SDVariable key,
      SDVariable value,
      @Nullable SDVariable real,
      Set<Probe> probes) {
    Support lengths = takes(size);
    if (!lengths.isYes()) {
      throw new SaccadeException(mechanism + ": " + String.join("; ", lengths.reasons()));
    }
    GraphMask mask = new GraphMask(graph, spec, size, real);
    SlotGraph view = new SlotGraph(graph, this, size, probes);
    Set<String> known = new HashSet<>(graph.getOps().keySet());
    AttentionOutput output = layer.attend(view, query, key, value, mask);
    GraphGuard.require(graph, known, "mechanism " + mechanism);
    if (!mask.wasHonoured()) {
      throw new SaccadeException(
          "%s says that it honours masking %s but never read the mask; the plugin must use it or not"
                  .formatted(mechanism, spec.masking())
              + " declare it");
    }
    return output;
  }

  /**
   * Begins to decode with this layer, or says that it cannot, by returning nothing. The mechanism
   * must be leased, and the parameters must stay, until the decoding and all its forks are closed.
   *
   * @param batch B, sequences side by side
   * @param capacity the most positions that will be decoded
   * @throws SaccadeException if the model admits fewer positions
   */
  public Optional<LayerDecoding> decoding(int batch, int capacity) {
    return layer
        .incremental()
        .map(incremental -> LayerDecoding.open(this, incremental, batch, capacity));
  }

  /** Says whether the layer takes these lengths and, if not, every reason. */
  public Support takes(LayerSize size) {
    Support queries = takes(size.queries());
    if (size.keys() == size.queries()) {
      return queries;
    }
    Support both = queries.and(takes(size.keys()));
    return capabilities.has(Feature.UNEQUAL_LENGTHS)
        ? both
        : both.and(
            Support.no(
                "there must be as many queries as keys: queries=%d, keys=%d"
                    .formatted(size.queries(), size.keys())));
  }

  private Support takes(long length) {
    Support rule = layer.lengths().check(length);
    return length <= spec.maxPositions()
        ? rule
        : rule.and(
            Support.no(
                "length %d is above the maximum of %d".formatted(length, spec.maxPositions())));
  }

  /** The scalar that graphs read a live option from; assigning to it changes the option. */
  INDArray liveOption(String option) {
    INDArray value = liveOptions.get(option);
    if (value == null) {
      throw new IllegalArgumentException(
          "%s has no live option %s; it has %s".formatted(mechanism, option, liveOptions.keySet()));
    }
    return value;
  }

  /**
   * Changes a live option for every graph that reads it, from the next operation on.
   *
   * @throws SaccadeException if there is no such option, it is not live, or the value is refused
   */
  public void change(Option<?> option, String text) {
    INDArray live = liveOptions.get(option.name());
    if (live == null) {
      throw new SaccadeException(
          "%s: option %s cannot be changed on a built model; those that can: %s"
              .formatted(mechanism, option.name(), liveOptions.keySet()));
    }
    try {
      live.assign(number(option, option.parse(text)));
    } catch (OptionException e) {
      throw new SaccadeException(mechanism + ": " + e.getMessage(), e);
    }
  }

  /** A value of a live option as graphs read it. */
  static double number(Option<?> option, Object value) {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw new IllegalArgumentException(
        "a live option is a number in the graph, which %s is not; mend the plugin: %s"
            .formatted(value, option));
  }

  /** Frees the live options; parameters are the store's. */
  @Override
  public void close() {
    liveOptions.values().forEach(INDArray::close);
  }
}
