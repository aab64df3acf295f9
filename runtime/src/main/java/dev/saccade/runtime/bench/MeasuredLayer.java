package dev.saccade.runtime.bench;

import dev.saccade.api.AttentionSpec;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import java.util.Map;

/**
 * One attention layer with random inputs, ready to be run again and again in one direction; for
 * harnesses that keep time themselves. Not safe for use by several threads.
 */
public final class MeasuredLayer implements AutoCloseable {

  private final MechanismLease lease;
  private final ParameterStore parameters;
  private final AttentionSlot slot;
  private final Workload workload;

  private MeasuredLayer(
      MechanismLease lease, ParameterStore parameters, AttentionSlot slot, Workload workload) {
    this.lease = lease;
    this.parameters = parameters;
    this.slot = slot;
    this.workload = workload;
  }

  /**
   * Builds the layer for one sequence.
   *
   * @param options of the mechanism, as texts
   * @param length how many positions the sequence has
   * @throws SaccadeException if the mechanism refuses the spec, the length or the direction
   */
  public static MeasuredLayer open(
      InstalledMechanism installed,
      Map<String, String> options,
      AttentionSpec spec,
      Direction direction,
      int length,
      long seed) {
    MechanismLease lease =
        installed
            .tryAcquire()
            .orElseThrow(() -> new SaccadeException(installed + " has just been removed"));
    ParameterStore parameters = new ParameterStore(seed);
    AttentionSlot slot = null;
    MeasuredLayer layer = null;
    try {
      slot =
          new SlotFactory(parameters)
              .fill(
                  "layer.0",
                  lease.mechanism(),
                  installed.kernels(),
                  spec.withMaxPositions(length + DecodeWorkload.MORE),
                  options);
      layer =
          new MeasuredLayer(lease, parameters, slot, Workload.of(direction, slot, length, seed));
      return layer;
    } finally {
      if (layer == null) {
        if (slot != null) {
          slot.close();
        }
        parameters.close();
        lease.close();
      }
    }
  }

  /**
   * Runs once.
   *
   * @return the most bytes that were held at once, inputs and parameters aside
   */
  public long run() {
    return workload.run();
  }

  @Override
  public void close() {
    workload.close();
    slot.close();
    parameters.close();
    lease.close();
  }
}
