package dev.saccade.runtime.model;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Probe;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.engine.GraphCache;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.ModelBinding.Architecture;
import dev.saccade.runtime.model.ModelBinding.Call;
import dev.saccade.runtime.model.ModelBinding.GraphKey;
import dev.saccade.runtime.model.ModelBinding.GraphKey.Purpose;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What models of every family have in common: attention slots that can be filled anew while the
 * model serves, and graphs kept ready by size. Safe for use by many threads.
 */
final class ServedModel implements AutoCloseable {

  private final MechanismRegistry registry;
  private final AttentionSpec spec;
  private final int layers;
  private final long seed;
  private final ParameterStore parameters;
  private final LiveBinding binding;

  /** What goes on from call to call, such as texts that are being continued. */
  private final Set<Session> sessions = new LinkedHashSet<>();

  private boolean closed;

  /**
   * @param choices one a layer
   * @param parameters of the mechanisms; closed with this
   * @param seed that these were drawn from
   * @throws SaccadeException if a mechanism is not installed or refuses the model
   */
  ServedModel(
      MechanismRegistry registry,
      Architecture architecture,
      AttentionSpec spec,
      int layers,
      List<SlotChoice> choices,
      ParameterStore parameters,
      long seed) {
    this.registry = registry;
    this.spec = spec;
    this.layers = layers;
    this.seed = seed;
    this.parameters = parameters;
    this.binding = bind(architecture, onePerLayer(choices));
  }

  private LiveBinding bind(Architecture architecture, List<SlotChoice> choices) {
    boolean bound = false;
    try {
      LiveBinding live =
          new LiveBinding(
              registry,
              choices,
              fillings -> ModelBinding.build(fillings, architecture, spec, parameters));
      bound = true;
      return live;
    } finally {
      if (!bound) {
        parameters.close();
      }
    }
  }

  AttentionSpec spec() {
    return spec;
  }

  MechanismRegistry registry() {
    return registry;
  }

  ParameterStore parameters() {
    return parameters;
  }

  long seed() {
    return seed;
  }

  List<SlotChoice> choices() {
    return binding.choices();
  }

  /** How many numbers the mechanisms now in the slots bring. */
  long addedParameters() {
    return withSlots(
        slots ->
            slots.stream()
                .flatMap(slot -> slot.parameters().values().stream())
                .mapToLong(INDArray::length)
                .sum());
  }

  void useAttention(List<SlotChoice> choices) {
    binding.choose(onePerLayer(choices));
  }

  void whenGone(WhenGone policy) {
    binding.whenGone(policy);
  }

  <R> R withSlots(Function<List<AttentionSlot>, R> use) {
    return binding.call(call -> use.apply(call.slots()));
  }

  <R> R call(Function<Call, R> use) {
    return binding.call(use);
  }

  /** Reads what a run computed, before its memory is used again. */
  interface Reader<R> {
    R read(GraphOutputs outputs, long peakBytes);
  }

  /**
   * Runs the graph of a batch's size.
   *
   * @param outputs what to compute, of all that the graph has
   */
  <R> R run(
      TokenBatch batch,
      GraphInputs inputs,
      Set<Probe> probes,
      Function<SameDiff, List<String>> outputs,
      Reader<R> reader) {
    GraphKey key =
        new GraphKey(
            LayerSize.self(batch.sequences(), batch.positions()), probes, Purpose.Plain.WHOLE);
    return binding.call(
        call -> {
          try (GraphCache<GraphKey>.Loan loan = call.graphs().borrow(key);
              GraphOutputs computed =
                  loan.runner().run(inputs.byName(), outputs.apply(loan.runner().graph()))) {
            return reader.read(computed, loan.runner().peakBytes());
          }
        });
  }

  /**
   * Runs a batch and gives copies of what it computed to another graph's inputs.
   *
   * @param inputs that hold the batch already
   * @param rename from the output's name to the input's
   */
  void copy(
      TokenBatch batch, GraphInputs inputs, List<String> outputs, UnaryOperator<String> rename) {
    run(
            batch,
            inputs,
            Set.of(),
            graph -> outputs,
            (computed, peakBytes) -> {
              Map<String, INDArray> copies = new LinkedHashMap<>();
              outputs.forEach(name -> copies.put(rename.apply(name), computed.copy(name)));
              return copies;
            })
        .forEach(inputs::with);
  }

  /** Has {@code session} ended before this model is closed. */
  synchronized void enter(Session session) {
    if (closed) {
      throw new IllegalStateException("this model is closed");
    }
    sessions.add(session);
  }

  synchronized void leave(Session session) {
    sessions.remove(session);
  }

  /** One mechanism for every layer. */
  List<SlotChoice> everywhere(String mechanism, Map<String, String> options) {
    return Collections.nCopies(layers, new SlotChoice(mechanism, options));
  }

  private List<SlotChoice> onePerLayer(List<SlotChoice> choices) {
    if (choices.size() != layers) {
      throw new SaccadeException(
          "there must be one choice for each of the %d layers but there are %d"
              .formatted(layers, choices.size()));
    }
    return choices;
  }

  /**
   * Ends sessions, waits for calls in flight and frees graphs and added parameters; the weights
   * stay. Calls that wait for a bundle fail.
   *
   * @throws IllegalStateException if the caller is itself a call in flight
   */
  @Override
  public void close() {
    List<Session> open;
    synchronized (this) {
      closed = true;
      open = List.copyOf(sessions);
    }
    open.forEach(Session::end);
    binding.close();
    parameters.close();
  }
}
