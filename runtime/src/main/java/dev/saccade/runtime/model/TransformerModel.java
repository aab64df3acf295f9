package dev.saccade.runtime.model;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Probe;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.report.KernelUse;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * A pretrained transformer whose attention can be exchanged while it serves.
 *
 * <p>Calls in flight finish on the mechanism that they began with; calls that begin after a swap
 * run on the new one. When a bundle is updated, the model follows by itself. Safe for use by many
 * threads.
 */
public abstract sealed class TransformerModel implements AutoCloseable
    permits CausalModel, EncoderModel {

  private final ServedModel served;
  private final int vocabularySize;

  TransformerModel(ServedModel served, int vocabularySize) {
    this.served = served;
    this.vocabularySize = vocabularySize;
  }

  final ServedModel served() {
    return served;
  }

  /** What every attention layer of this model computes. */
  public final AttentionSpec spec() {
    return served.spec();
  }

  /** What each layer's attention slot is meant to hold. */
  public final List<SlotChoice> choices() {
    return served.choices();
  }

  /** Who computed what mechanisms have kernels for, by mechanism. */
  public final Map<String, List<KernelUse>> kernelUses() {
    return withSlots(
        slots -> {
          Map<String, List<KernelUse>> uses = new LinkedHashMap<>();
          slots.forEach(slot -> uses.putIfAbsent(slot.mechanism(), slot.kernels().uses()));
          return uses;
        });
  }

  /** How many numbers the mechanisms now in the slots add to the pretrained ones. */
  public final long addedParameters() {
    return served.addedParameters();
  }

  /**
   * Swaps the mechanism in every slot of this model. Calls in flight, and texts that are being
   * continued, go on with the old one.
   *
   * @throws SaccadeException if it is not installed or refuses; then nothing has changed
   */
  public final void useAttention(String mechanism, Map<String, String> options) {
    useAttention(served.everywhere(mechanism, options));
  }

  /** As {@link #useAttention(String, Map)}, slot by slot: one choice a layer. */
  public final void useAttention(List<SlotChoice> choices) {
    served.useAttention(choices);
  }

  /**
   * Says what calls do when a bundle has left, those that are waiting included; {@link
   * WhenGone#waiting} unless set.
   *
   * @throws SaccadeException if it is to fall back to a mechanism that is not installed
   */
  public final void whenGone(WhenGone policy) {
    served.whenGone(policy);
  }

  /**
   * Lends the filled attention slots, one a layer, with the mechanisms held in place meanwhile.
   * Nothing of a slot may be kept. {@code use} must not call this model: that call might wait for a
   * bundle to come back which cannot leave before {@code use} returns.
   */
  public final <R> R withSlots(Function<List<AttentionSlot>, R> use) {
    return served.withSlots(use);
  }

  final <R> R run(
      TokenBatch batch,
      Set<Probe> probes,
      Function<SameDiff, List<String>> outputs,
      ServedModel.Reader<R> reader) {
    batch.requireFits(spec().maxPositions(), vocabularySize);
    try (GraphInputs inputs = GraphInputs.of(batch)) {
      return served.run(batch, inputs, probes, outputs, reader);
    }
  }

  /**
   * Has the weights saved in a directory and saves with them which mechanisms the slots have, in
   * {@link AttentionChoices}, and what those brought, in {@code attention.safetensors} in float32:
   * whoever opens the directory with the same mechanisms finds them.
   */
  final void save(Path directory, Runnable weights) {
    withSlots(
        slots -> {
          weights.run();
          AttentionFile.write(directory, slots);
          AttentionChoices.write(directory, choices());
          return slots;
        });
  }

  /**
   * Ends texts that are being continued, waits for calls in flight and frees graphs and added
   * parameters. Calls that wait for a bundle fail.
   *
   * @throws IllegalStateException if the caller is itself a call in flight
   */
  @Override
  public void close() {
    served.close();
  }
}
