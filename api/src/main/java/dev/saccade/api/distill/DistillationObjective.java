package dev.saccade.api.distill;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * How one call of a layer learns from the teacher's attention. A layer hands it out with its
 * output, so that it can use what it computed on the way; it is asked only while distilling.
 *
 * <p>Mechanisms without one are distilled with the terms that all share: hidden states and logits.
 */
@ConsumerType
@FunctionalInterface
public interface DistillationObjective {

  /** Adds the loss terms to the graph that owns the layer's output. */
  List<LossTerm> terms(TeacherAttention teacher);
}
