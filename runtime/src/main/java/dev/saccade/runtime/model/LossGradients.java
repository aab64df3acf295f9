package dev.saccade.runtime.model;

import dev.saccade.runtime.engine.GraphCache;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.model.ModelBinding.Call;
import dev.saccade.runtime.model.ModelBinding.GraphKey;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A loss and its gradients, in native memory until closed, which makes it free for the next. */
public final class LossGradients implements AutoCloseable {

  private final Call call;
  private final GraphCache<GraphKey>.Loan loan;
  private final GraphOutputs outputs;
  private final double loss;
  private final Map<String, Double> parts;
  private final long peakBytes;
  private boolean closed;

  /** Takes over everything, for the outputs may be closed only while nobody else runs the graph. */
  LossGradients(
      Call call,
      GraphCache<GraphKey>.Loan loan,
      GraphOutputs outputs,
      String loss,
      List<String> parts) {
    this.call = call;
    this.loan = loan;
    this.outputs = outputs;
    this.loss = outputs.scalar(loss);
    this.parts = new LinkedHashMap<>();
    parts.forEach(part -> this.parts.put(part, outputs.scalar(part)));
    this.peakBytes = loan.runner().peakBytes();
  }

  /**
   * What the loss is made of, before weights, by name: {@code loss.NEXT_TOKEN} and the like, and of
   * a student {@code distillation.hidden}, {@code .logits}, {@code .mechanisms} and {@code
   * .layer.0} ….
   */
  public Map<String, Double> parts() {
    return Collections.unmodifiableMap(parts);
  }

  /** The loss, in nats. */
  public double loss() {
    return loss;
  }

  /**
   * The gradient of a trained parameter, of its shape; valid until this is closed, and may be
   * changed in place, but not closed.
   *
   * @throws IllegalArgumentException if there is no such parameter; the message lists those there
   *     are
   */
  public INDArray of(LearnedParameter parameter) {
    return outputs.get(parameter.name());
  }

  /** The most native memory that the pass held at once, in bytes, weights and inputs aside. */
  public long peakBytes() {
    return peakBytes;
  }

  /** Makes the memory free for the next pass; closing again does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      outputs.close();
      loan.close();
      call.close();
    }
  }
}
