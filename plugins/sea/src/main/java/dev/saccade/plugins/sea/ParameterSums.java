package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.KernelGradientCall;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Gradients of some parameters, summed over the rows of one task. */
interface ParameterSums {

  /** The gradients of so many tasks are kept to be added in order. */
  long MOST_BYTES = 32L << 20;

  /**
   * Adds these sums up.
   *
   * @param totals by the parameters' names
   */
  void addTo(Map<String, double[]> totals);

  /**
   * What a thread does.
   *
   * @param <W> what it works with
   * @param <S> what it adds to
   */
  @FunctionalInterface
  interface Body<W, S> {
    /**
     * Does one task.
     *
     * @param sums of the task's rows, replaced
     */
    void run(W worker, int task, S sums);
  }

  /**
   * Runs tasks on many threads and writes the sums over all of them. Added in the tasks' order, in
   * waves of a number that follows from sizes alone, so that bits do not depend on threads.
   *
   * @param totals zeros of the size of every parameter's gradient
   */
  static <W, S extends ParameterSums> void run(
      SeaRun run,
      KernelGradientCall call,
      int tasks,
      Map<String, double[]> totals,
      Supplier<S> sums,
      Supplier<W> worker,
      Body<W, S> body) {
    long bytes =
        totals.values().stream().mapToLong(total -> (long) total.length * Float.BYTES).sum();
    int atOnce = (int) Math.max(1, Math.min(tasks, MOST_BYTES / bytes));
    List<S> ofTasks = Stream.generate(sums).limit(atOnce).toList();
    for (int first = 0; first < tasks; first += atOnce) {
      int wave = first;
      int count = Math.min(atOnce, tasks - first);
      call.parallel(count, worker, (own, task) -> body.run(own, wave + task, ofTasks.get(task)));
      ofTasks.subList(0, count).forEach(ofTask -> ofTask.addTo(totals));
    }
    totals.forEach(
        (name, total) ->
            call.inputGradients()
                .get(run.inputs().parameter(name))
                .write(0, total, 0, total.length));
  }

  static void add(float[] sum, Map<String, double[]> totals, String name) {
    double[] total = Objects.requireNonNull(totals.get(name), name);
    for (int i = 0; i < total.length; i++) {
      total[i] += sum[i];
    }
  }

  static void add(double[] sum, Map<String, double[]> totals, String name) {
    double[] total = Objects.requireNonNull(totals.get(name), name);
    for (int i = 0; i < total.length; i++) {
      total[i] += sum[i];
    }
  }
}
