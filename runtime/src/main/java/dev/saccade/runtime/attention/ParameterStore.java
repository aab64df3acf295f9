package dev.saccade.runtime.attention;

import dev.saccade.api.ElementType;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.runtime.engine.kernel.DenseNumbers;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /** Values from before, such as those that a model was saved with. */
  @FunctionalInterface
  public interface Memory {

    /** Returns the values of a parameter, if they are known; as many as the shape has. */
    Optional<float[]> values(String fullName, Shape shape);
  }

  /** Nothing is known: all is drawn. */
  public static final Memory NOTHING = (fullName, shape) -> Optional.empty();

  /** The fractional part of the golden ratio: keeps the seeds of draws far apart. */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final long seed;
  private final Memory memory;
  private final Map<Key, INDArray> values = new LinkedHashMap<>();

  /**
   * @param seed what initial values are drawn from, together with each parameter's full name, so
   *     that they do not depend on the order in which layers are built
   */
  public ParameterStore(long seed) {
    this(seed, NOTHING);
  }

  /** As above, for what {@code memory} does not know. */
  public ParameterStore(long seed, Memory memory) {
    this.seed = seed;
    this.memory = memory;
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

  /**
   * Draws a parameter once more, in place.
   *
   * @param prefix such as {@code "layer.3.performer"}
   * @param times how often it was drawn before; equal numbers give equal values
   */
  public synchronized void redraw(String prefix, Parameter parameter, long times) {
    String fullName = prefix + "." + parameter.name();
    values.forEach(
        (key, value) -> {
          if (key.fullName().equals(fullName) && key.shape().equals(parameter.shape())) {
            double[] drawn = drawn(fullName, parameter, times);
            DenseNumbers.of(value).write(0, drawn, 0, drawn.length);
          }
        });
  }

  @Override
  public synchronized void close() {
    values.values().forEach(INDArray::close);
    values.clear();
  }

  private INDArray draw(String fullName, Parameter parameter, ElementType type) {
    long[] shape = parameter.shape().toArray();
    return memory
        .values(fullName, parameter.shape())
        .map(known -> Nd4j.create(known, shape, 'c').castTo(ElementTypes.nd4j(type)))
        .orElseGet(
            () -> Nd4j.create(drawn(fullName, parameter, 0), shape, ElementTypes.nd4j(type)));
  }

  private double[] drawn(String fullName, Parameter parameter, long times) {
    CRC32C hash = new CRC32C();
    hash.update(fullName.getBytes(StandardCharsets.UTF_8));
    long source = seed * 31 + hash.getValue() + GOLDEN * times;
    double[] drawn =
        parameter.initializer().values(parameter.shape(), new SplittableRandom(source));
    if (drawn.length != parameter.shape().elements()) {
      throw new IllegalStateException(
          "the initialiser of %s gave %d values for shape %s"
              .formatted(fullName, drawn.length, parameter.shape()));
    }
    return drawn;
  }
}
