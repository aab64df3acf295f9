package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.Shape;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.plugins.sea.cuda.SharedGpu;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * One attention slot filled by SEA.
 *
 * <p>The attention that it shows is the whole of what it does with the values: a sparse part,
 * scaled by the row gate and by its share β in the mixture, and an average part that gives every
 * key a little. Attention times the values is the context; rows do not sum to one. The sparse part
 * alone, softmax times row gate, is a probe of its own, and the kept keys are where it may be above
 * zero.
 *
 * <p>Padded queries get what the average context gives them, and zero in a sequence of nothing but
 * padding.
 *
 * @param decodingGpu what it decodes on if it is asked to decode on a GPU
 */
record SeaLayer(AttentionSpec spec, SeaOptions options, SharedGpu decodingGpu)
    implements AttentionLayer {

  /** The estimate in the eyes of the keys: every key has the weight of its column. */
  static final Probe STRETCHED_ESTIMATE =
      new Probe(
          "stretched-estimate", "[B, H, T, S]", "estimated attention, stretched over the keys");

  /** What the kept keys have before the mixture with the average. */
  static final Probe SPARSE_ATTENTION =
      new Probe("sparse-attention", "[B, H, T, S]", "weight of every kept key, average left out");

  /** How much of a context is the average of all values. */
  static final Probe AVERAGE_SHARE =
      new Probe("average-share", "[B, H, T]", "part that the average has in the context");

  /** One by itself. */
  SeaLayer(AttentionSpec spec, SeaOptions options) {
    this(spec, options, new SharedGpu());
  }

  @Override
  public List<Parameter> parameters() {
    return SeaParameters.of(spec, options);
  }

  @Override
  public List<Probe> probes() {
    return List.of(
        Probe.ATTENTION,
        Probe.ESTIMATED_ATTENTION,
        STRETCHED_ESTIMATE,
        Probe.KEPT,
        SPARSE_ATTENTION,
        Probe.ROW_SUMS,
        AVERAGE_SHARE);
  }

  @Override
  public AttentionOutput attend(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    SeaCall call = new SeaCall(graph, options, query, key, value, mask);
    if (probes().stream().noneMatch(graph::wants) && fuses(graph)) {
      SDVariable[] inputs = call.inputs().toArray(SDVariable[]::new);
      SDVariable context = graph.kernel(SeaKernel.OPERATION, arguments(), inputs).get(0);
      return output(call, context, call::steps);
    }
    SeaSteps steps = call.steps();
    AttentionOutput output = output(call, steps.context(), () -> steps);
    for (Probe probe : probes()) {
      if (graph.wants(probe)) {
        output = output.withProbe(probe, shown(graph, steps, probe));
      }
    }
    return output;
  }

  private boolean fuses(LayerGraph graph) {
    return graph.fuses(SeaKernel.OPERATION, arguments(), SeaInputs.shapes(graph, options)).isYes();
  }

  private KernelArguments arguments() {
    return options.arguments(spec.masking().causal());
  }

  /**
   * With the objective, for which kernels are asked apart: they may compare where the recipe
   * attends, and the other way round.
   *
   * @param context {@code [B, H, T, D]}
   */
  private AttentionOutput output(SeaCall call, SDVariable context, Supplier<SeaSteps> steps) {
    return AttentionOutput.of(context)
        .withObjective(
            teacher ->
                comparesFused(call.graph())
                    ? new FusedDistillation(call, arguments(), context).terms(teacher)
                    : new Distillation(call.graph(), options, steps.get()).terms(teacher));
  }

  private boolean comparesFused(LayerGraph graph) {
    Shape[] shapes = DistillationInputs.shapes(graph, options);
    return graph.fuses(DistillationKernel.OPERATION, arguments(), shapes).isYes();
  }

  /** Only in causal attention: elsewhere an earlier query sees later keys. */
  @Override
  public Optional<IncrementalAttention> incremental() {
    return spec.masking().causal()
        ? Optional.of(new SeaDecoding(spec, options, decodingGpu))
        : Optional.empty();
  }

  private ProbeValue shown(LayerGraph graph, SeaSteps steps, Probe probe) {
    if (probe.equals(Probe.KEPT)) {
      return graph.math().sparse(steps.kept(), steps.kept()); // [B, H, T, S]
    }
    if (probe.equals(SPARSE_ATTENTION)) {
      return graph.math().sparse(steps.attention().weights(), steps.kept()); // [B, H, T, S]
    }
    return new ProbeValue.Dense(dense(graph, steps, probe));
  }

  private SDVariable dense(LayerGraph graph, SeaSteps steps, Probe probe) {
    if (probe.equals(Probe.ATTENTION)) {
      return steps.valuesToContext(graph); // [B, H, T, S]
    }
    if (probe.equals(Probe.ESTIMATED_ATTENTION)) {
      return estimate(graph, steps); // [B, H, T, M]
    }
    if (probe.equals(STRETCHED_ESTIMATE)) {
      return steps
          .toKeys()
          .stretch(graph, estimate(graph, steps), spec.heads(), graph.queries()); // [B, H, T, S]
    }
    SDVariable ofEach = // [B, H, T, 1]
        probe.equals(AVERAGE_SHARE)
            ? steps.mixture().rsub(1.0)
            : graph.math().sum(steps.valuesToContext(graph), 3);
    return ofEach.reshape(graph.batch(), spec.heads(), graph.queries()); // [B, H, T]
  }

  /** Of every query, those that took it over included, {@code [B, H, T, M]}. */
  private SDVariable estimate(LayerGraph graph, SeaSteps steps) {
    return steps.skip().repeat(graph, steps.estimate().weights(), options.width());
  }
}
