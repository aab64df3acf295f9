package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.GraphMath;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.option.Option;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A graph of one attention layer and nothing else, whose tensors are variables by their names. */
final class TestGraph implements LayerGraph {

  private final SameDiff sd = SameDiff.create();
  private final GraphMath math = new PlainMath(sd);
  private final AttentionSpec spec;
  private final long batch;
  private final long length;
  private final Set<Probe> probes;
  private final Map<String, INDArray> parameters = new LinkedHashMap<>();
  private final Map<String, INDArray> inputs = new LinkedHashMap<>();
  private final Map<String, SDVariable> variables = new LinkedHashMap<>();
  private final INDArray kept;

  TestGraph(AttentionSpec spec, long batch, long length, int kept, Set<Probe> probes) {
    this.spec = spec;
    this.batch = batch;
    this.length = length;
    this.kept = Nd4j.scalar(Tables.elements(this), kept);
    this.probes = probes;
  }

  TestGraph withParameter(String name, INDArray value) {
    parameters.put(name, own(value));
    return this;
  }

  /** Draws every parameter; with some noise on those that begin as all zeros or ones. */
  TestGraph withParameters(List<Parameter> declared, RandomGenerator random) {
    for (Parameter parameter : declared) {
      double[] values = parameter.initializer().values(parameter.shape(), random);
      for (int i = 0; i < values.length; i++) {
        values[i] += 0.1 * random.nextGaussian();
      }
      withParameter(
          parameter.name(), Nd4j.createFromArray(values).reshape(parameter.shape().toArray()));
    }
    return this;
  }

  /** An input, as a variable so that gradients can be asked for. */
  SDVariable input(String name, INDArray value) {
    return sd.var(name, inputs.computeIfAbsent(name, unseen -> own(value)));
  }

  /** The very arrays that the graph computes with, by name. */
  Map<String, INDArray> arrays() {
    Map<String, INDArray> all = new LinkedHashMap<>(parameters);
    all.putAll(inputs);
    return all;
  }

  /** A copy that is no view: SameDiff would copy a view, and not notice when it is changed. */
  private INDArray own(INDArray value) {
    return value.castTo(Tables.elements(this)).dup();
  }

  /** A mask by real positions, {@code [B, T]}; null for none. */
  AttentionMask mask(@Nullable INDArray real) {
    SDVariable keys = real == null ? null : sd.constant(real.castTo(Tables.elements(this)));
    return new PaddingMask(spec.masking(), keys);
  }

  Map<String, INDArray> evaluate(Map<String, SDVariable> wanted) {
    Map<String, INDArray> byVariable =
        sd.output(Map.of(), wanted.values().stream().map(SDVariable::name).toArray(String[]::new));
    Map<String, INDArray> values = new LinkedHashMap<>();
    wanted.forEach(
        (name, variable) ->
            values.put(name, Objects.requireNonNull(byVariable.get(variable.name()), name)));
    return values;
  }

  @Override
  public SameDiff sameDiff() {
    return sd;
  }

  @Override
  public AttentionSpec spec() {
    return spec;
  }

  @Override
  public long batch() {
    return batch;
  }

  @Override
  public long queries() {
    return length;
  }

  @Override
  public long keys() {
    return length;
  }

  @Override
  public GraphMath math() {
    return math;
  }

  @Override
  public SDVariable parameter(String name) {
    INDArray value =
        Objects.requireNonNull(parameters.get(name), () -> "no parameter is named " + name);
    return variables.computeIfAbsent(name, unseen -> sd.var(unseen, value));
  }

  @Override
  public SDVariable constant(double value) {
    return sd.constant(Nd4j.scalar(Tables.elements(this), value));
  }

  /** The only live option of SEA is k. */
  @Override
  public SDVariable option(Option<? extends Number> option) {
    return variables.computeIfAbsent(option.name(), name -> sd.var(name, kept));
  }

  /** Changes k in the graph as it stands. */
  void setKept(int k) {
    kept.assign(k);
  }

  @Override
  public List<SDVariable> kernel(
      String operation, KernelArguments arguments, SDVariable... inputs) {
    throw new IllegalArgumentException("a recipe has no kernels but asked for " + operation);
  }

  /** Never: what is tried in this graph is the recipe. */
  @Override
  public Support fuses(String operation, KernelArguments arguments, Shape... inputs) {
    return Support.no("the recipe is asked for");
  }

  @Override
  public boolean wants(Probe probe) {
    return probes.contains(probe);
  }

  @Override
  public boolean training() {
    return false;
  }

  private record PaddingMask(Masking masking, @Nullable SDVariable real) implements AttentionMask {

    @Override
    public SDVariable visible() {
      throw new IllegalStateException("SEA knows real positions, it needs no dense mask");
    }

    @Override
    public SDVariable bias() {
      return visible();
    }

    @Override
    public Optional<SDVariable> keys() {
      return Optional.ofNullable(real);
    }

    @Override
    public Optional<SDVariable> queries() {
      return keys();
    }
  }
}
