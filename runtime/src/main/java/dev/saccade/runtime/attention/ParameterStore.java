package dev.saccade.runtime.attention;

import dev.saccade.api.ElementType;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The parameters that a model's attention layers brought, by full name such as {@code
 * "layer.3.sea.encoder.weight"}. Owns their memory.
 *
 * <p>A parameter outlives the bundle that asked for it: the next version of the mechanism gets the
 * same values when name and shape agree, and fresh ones when they do not. Nothing is freed before
 * the store is closed, since calls in flight may still run on a version with other shapes while the
 * next one is built; a version that comes back finds its values again. Safe for use by many
 * threads.
 */
public final class ParameterStore implements AutoCloseable {

  private record Key(String fullName, Shape shape, ElementType type) {}

  private final long seed;
  private final Map<Key, INDArray> values = new LinkedHashMap<>();

  /**
   * @param seed what initial values are drawn from, together with each parameter's full name, so
   *     that they do not depend on the order in which layers are built
   */
  public ParameterStore(long seed) {
    this.seed = seed;
  }

  /**
   * Returns the values of a layer's parameters by their short names, creating those that are new.
   *
   * @param prefix such as {@code "layer.3.sea"}
   */
  public synchronized Map<String, INDArray> layer(
      String prefix, List<Parameter> parameters, ElementType type) {
    Map<String, INDArray> layer = new LinkedHashMap<>();
    for (Parameter parameter : parameters) {
      Key key = new Key(prefix + "." + parameter.name(), parameter.shape(), type);
      INDArray value =
          values.computeIfAbsent(key, absent -> draw(absent.fullName(), parameter, type));
      if (layer.put(parameter.name(), value) != null) {
        throw new IllegalArgumentException(
            "%s declares two parameters named %s".formatted(prefix, parameter.name()));
      }
    }
    return layer;
  }

  @Override
  public synchronized void close() {
    values.values().forEach(INDArray::close);
    values.clear();
  }

  private INDArray draw(String fullName, Parameter parameter, ElementType type) {
    CRC32C hash = new CRC32C();
    hash.update(fullName.getBytes(StandardCharsets.UTF_8));
    double[] drawn =
        parameter
            .initializer()
            .values(parameter.shape(), new SplittableRandom(seed * 31 + hash.getValue()));
    if (drawn.length != parameter.shape().elements()) {
      throw new IllegalStateException(
          "the initialiser of %s gave %d values for shape %s"
              .formatted(fullName, drawn.length, parameter.shape()));
    }
    return Nd4j.create(drawn, parameter.shape().toArray(), ElementTypes.nd4j(type));
  }
}
