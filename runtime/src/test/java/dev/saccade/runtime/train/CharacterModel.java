package dev.saccade.runtime.train;

import dev.saccade.runtime.engine.GraphOps;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Two layers that guess the next character from the last eight; 20,000 parameters. */
public final class CharacterModel implements Trainable<CharacterBatch>, AutoCloseable {

  private static final int EMBEDDING = 16;
  private static final int HIDDEN = 64;
  private static final int W = CharacterText.WINDOW;
  private static final int V = CharacterText.CHARACTERS;
  private static final String IDS = "ids";
  private static final String LABELS = "labels";
  private static final String LOSS = "loss";

  private final Random random;
  private final List<TrainedParameter> parameters = new ArrayList<>();
  private final GraphRunner runner;
  private @Nullable GraphOutputs lent;

  public CharacterModel(long seed) {
    Nd4jPlatform.start();
    random = new Random(seed);
    SameDiff graph = SameDiff.create();
    SDVariable ids = graph.placeHolder(IDS, DataType.INT32, -1, W);
    SDVariable labels = graph.placeHolder(LABELS, DataType.INT32, -1);
    SDVariable table = weight(graph, "embedding.weight", V, EMBEDDING);
    SDVariable context = GraphOps.embedding(table, ids).reshape(-1, W * EMBEDDING);
    SDVariable hidden =
        GraphOps.linear(
            context,
            weight(graph, "hidden.weight", W * EMBEDDING, HIDDEN),
            constant(graph, "hidden.bias", 0, HIDDEN));
    SDVariable normal =
        GraphOps.layerNorm(
            hidden,
            constant(graph, "norm.weight", 1, HIDDEN),
            constant(graph, "norm.bias", 0, HIDDEN),
            1e-5);
    SDVariable logits =
        GraphOps.linear(
            graph.nn().relu(normal, 0),
            weight(graph, "head.weight", HIDDEN, V),
            constant(graph, "head.bias", 0, V));
    GraphOps.sparseCrossEntropy(logits, labels).mean(LOSS);
    runner = new GraphRunner(graph);
  }

  private SDVariable weight(SameDiff graph, String name, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() / Math.sqrt(rows));
    }
    // The head is what SEA's paper would call new: it learns faster.
    String group = name.startsWith("head") ? TrainedParameter.NEW : TrainedParameter.PRETRAINED;
    INDArray array = Nd4j.create(values, new long[] {rows, columns}, DataType.FLOAT);
    return add(graph, name, array, group, true);
  }

  private SDVariable constant(SameDiff graph, String name, double value, int length) {
    INDArray array = Nd4j.valueArrayOf(new long[] {length}, value, DataType.FLOAT);
    return add(graph, name, array, TrainedParameter.PRETRAINED, false);
  }

  private SDVariable add(
      SameDiff graph, String name, INDArray array, String group, boolean decays) {
    parameters.add(new TrainedParameter(name, array, group, decays));
    return graph.var(name, array);
  }

  @Override
  public List<TrainedParameter> parameters() {
    return List.copyOf(parameters);
  }

  @Override
  public BatchGradients step(CharacterBatch batch, long seed) {
    takeBack();
    List<String> names = parameters.stream().map(TrainedParameter::name).toList();
    try (INDArray ids = Nd4j.createFromArray(batch.contexts);
        INDArray labels = Nd4j.createFromArray(batch.next)) {
      GraphOutputs outputs = runner.gradients(Map.of(IDS, ids, LABELS, labels), LOSS, names);
      lent = outputs;
      return new BatchGradients(
          Map.of("cross-entropy", outputs.scalar(LOSS)),
          names.stream().map(outputs::get).toList(),
          batch.next.length,
          runner.peakBytes());
    }
  }

  @Override
  public LossSum evaluate(CharacterBatch batch) {
    takeBack();
    try (INDArray ids = Nd4j.createFromArray(batch.contexts);
        INDArray labels = Nd4j.createFromArray(batch.next);
        GraphOutputs outputs = runner.run(Map.of(IDS, ids, LABELS, labels), LOSS)) {
      int count = batch.next.length;
      return new LossSum(outputs.scalar(LOSS) * count, count);
    }
  }

  private void takeBack() {
    if (lent != null) {
      lent.close();
      lent = null;
    }
  }

  /** All parameters, one after the other. */
  float[] values() {
    return Nd4j.concat(
            0,
            parameters.stream()
                .map(parameter -> parameter.array().dup('c').reshape(-1))
                .toArray(INDArray[]::new))
        .data()
        .asFloat();
  }

  @Override
  public void close() {
    takeBack();
    runner.close();
    parameters.forEach(parameter -> parameter.array().close());
  }
}
