package dev.saccade.runtime.tasks;

import dev.saccade.runtime.evaluate.Interval;
import dev.saccade.runtime.report.KernelUse;
import java.util.List;
import java.util.Map;

/**
 * How a mechanism did at a task.
 *
 * @param options of the mechanism that were given
 * @param parameters of the whole model
 * @param mechanismParameters those of them that the mechanism brought
 * @param steps that were taken; fewer than allowed if the task was solved before
 * @param solved whether learning ended because of that
 * @param validationLoss the lowest, in nats an answer
 * @param questions answers that were measured
 * @param accuracy the share of them that is right, 0 to 1
 * @param interval of the accuracy at {@link #CONFIDENCE}, over examples
 * @param wholeExamples the share of examples all of whose answers are right
 * @param seconds of learning and measuring
 * @param kernels who computed each operation; empty for a mechanism without kernels
 */
public record TaskResult(
    String mechanism,
    Map<String, String> options,
    long parameters,
    long mechanismParameters,
    long steps,
    boolean solved,
    double validationLoss,
    long questions,
    double accuracy,
    Interval interval,
    double wholeExamples,
    double seconds,
    List<KernelUse> kernels) {

  /** How sure the interval is. */
  public static final double CONFIDENCE = 0.95;

  public TaskResult {
    options = Map.copyOf(options);
    kernels = List.copyOf(kernels);
  }
}
