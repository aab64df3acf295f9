package dev.saccade.plugins.sea;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer in the runtime that decodes sequences which are known from the beginning, handed out a
 * few positions at a time.
 */
final class TestDecoding implements AutoCloseable {

  private final ParameterStore parameters = new ParameterStore(1);
  private final PluginKernels kernels;
  private final AttentionSlot slot;
  private final INDArray query;
  private final INDArray key;
  private final INDArray value;
  private final @Nullable INDArray real;

  /**
   * @param values of all parameters, by name
   * @param query {@code [B, H, T, D]}, as key and value
   * @param real {@code [B, T]}; null when nothing is padded
   */
  TestDecoding(
      AttentionSpec spec,
      Options options,
      Map<String, INDArray> values,
      INDArray query,
      INDArray key,
      INDArray value,
      @Nullable INDArray real) {
    Nd4jPlatform.start();
    SeaAttention sea = new SeaAttention();
    this.kernels = PluginKernels.register("sea#decoding", "a test", sea.kernels());
    this.slot = new SlotFactory(parameters).fill("layer.0", sea, kernels, spec, options.asTexts());
    slot.parameters()
        .forEach((name, array) -> array.assign(Objects.requireNonNull(values.get(name), name)));
    DataType type = spec.elementType() == ElementType.F64 ? DataType.DOUBLE : DataType.FLOAT;
    this.query = query.castTo(type);
    this.key = key.castTo(type);
    this.value = value.castTo(type);
    this.real = real == null ? null : real.castTo(type);
  }

  AttentionSlot slot() {
    return slot;
  }

  LayerDecoding open() {
    int batch = Math.toIntExact(query.size(0));
    return slot.decoding(batch, Math.toIntExact(query.size(2))).orElseThrow();
  }

  /** Has a decoding take positions {@code from} … {@code to} − 1; returns their context. */
  INDArray advance(LayerDecoding decoding, int from, int to) {
    return decoding.advance(
        positions(query, from, to),
        positions(key, from, to),
        positions(value, from, to),
        real == null ? null : real.get(all(), interval(from, to)));
  }

  private static INDArray positions(INDArray all, int from, int to) {
    return all.get(all(), all(), interval(from, to), all());
  }

  @Override
  public void close() {
    slot.close();
    kernels.retire(Duration.ofSeconds(10));
    parameters.close();
  }
}
