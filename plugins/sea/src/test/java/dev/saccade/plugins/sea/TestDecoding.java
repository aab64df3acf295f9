package dev.saccade.plugins.sea;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.api.decode.DecodingStep;
import dev.saccade.api.kernel.Tensor;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The runtime's side of decoding: sequences that are known from the beginning and handed out a few
 * positions at a time.
 *
 * @param query {@code [B, H, T, D]}, as key and value
 * @param real {@code [B, T]}; null when nothing is padded
 */
record TestDecoding(
    AttentionSpec spec,
    Map<String, INDArray> parameters,
    INDArray query,
    INDArray key,
    INDArray value,
    @Nullable INDArray real)
    implements DecodingSetup {

  DecodingState open(SeaOptions options) {
    return new SeaLayer(spec, options).incremental().orElseThrow().open(this);
  }

  /** Has a state take positions {@code from} … {@code to} − 1; returns their context. */
  INDArray advance(DecodingState state, int from, int to) {
    TestTensor context =
        TestTensor.zeros(
            spec.elementType(), query.size(0), query.size(1), to - from, query.size(3));
    state.advance(
        new Step(
            positions(query, from, to),
            positions(key, from, to),
            positions(value, from, to),
            real == null
                ? Optional.empty()
                : Optional.of(tensor(real.get(all(), interval(from, to)))),
            context));
    return context.toArray();
  }

  @Override
  public int batch() {
    return Math.toIntExact(query.size(0));
  }

  @Override
  public int capacity() {
    return Math.toIntExact(query.size(2));
  }

  @Override
  public Tensor parameter(String name) {
    return tensor(Objects.requireNonNull(parameters.get(name), name));
  }

  private Tensor positions(INDArray all, int from, int to) {
    return tensor(all.get(all(), all(), interval(from, to), all()));
  }

  private Tensor tensor(INDArray array) {
    return TestTensor.of(spec.elementType(), array);
  }

  private record Step(
      Tensor query, Tensor key, Tensor value, Optional<Tensor> visible, TestTensor context)
      implements DecodingStep {

    @Override
    public void parallel(int tasks, IntConsumer body) {
      IntStream.range(0, tasks).parallel().forEach(body);
    }
  }
}
