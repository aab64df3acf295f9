package dev.saccade.gpu;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.plugins.sea.cuda.GpuEvent;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.stream.Stream;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;

/**
 * Takes times on a GPU: with events around every run, after a warm-up, in several rounds. Before a
 * run the GPU's cache is filled with something else, so that no run finds its tensors there.
 */
final class Stopwatch implements AutoCloseable {

  static final int MOST_RUNS = 50; // of a round
  private static final double LONG_MILLIS = 500; // of a run
  private static final int ROUNDS_OF_LONG = 3;
  private static final long LEAST_CACHE = 1 << 20;

  private final OpenGpu gpu;
  private final Plan plan;
  private final Tensors memory;
  private final long cacheBytes;
  private final long cache;

  Stopwatch(OpenGpu gpu, Plan plan) {
    this.gpu = gpu;
    this.plan = plan;
    this.memory = new Tensors(gpu);
    this.cacheBytes = 2 * Math.max(LEAST_CACHE, cacheOf(gpu));
    this.cache = memory.bytes(cacheBytes);
  }

  private static long cacheOf(OpenGpu gpu) {
    CUdevice device = new CUdevice();
    int[] bytes = new int[1];
    Cuda.check(
        JCudaDriver.cuDeviceGet(device, gpu.session().gpu().ordinal()), "asking for the GPU");
    Cuda.check(
        JCudaDriver.cuDeviceGetAttribute(
            bytes, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, device),
        "asking how large the cache is");
    return bytes[0];
  }

  /**
   * What was timed.
   *
   * @param millis the median of all runs
   * @param spread how far the medians of the rounds lie apart, in parts of that
   * @param runs that were timed
   */
  record Time(double millis, double spread, int runs) {

    /**
     * @param rounds milliseconds of every run
     */
    static Time of(List<List<Double>> rounds) {
      List<Double> all = rounds.stream().flatMap(List::stream).toList();
      DoubleSummaryStatistics medians =
          rounds.stream().mapToDouble(Stopwatch::median).summaryStatistics();
      double median = median(all);
      return new Time(median, (medians.getMax() - medians.getMin()) / median, all.size());
    }

    void addTo(ObjectNode entry) {
      entry.put("millis", millis);
      entry.put("spread", spread);
      entry.put("runs", runs);
    }
  }

  /** Times what {@code run} asks the stream for. */
  Time time(Runnable run) {
    run.run();
    gpu.asked().await();
    double once = round(run, 1).get(0); // what this takes decides how often it is run
    int runs = runs(once, plan);
    int rounds = once > LONG_MILLIS ? Math.min(ROUNDS_OF_LONG, plan.rounds()) : plan.rounds();
    return Time.of(Stream.generate(() -> round(run, runs)).limit(rounds).toList());
  }

  /** How often something is run in a round that takes so long. */
  static int runs(double millis, Plan plan) {
    return (int) Math.max(1, Math.min(MOST_RUNS, plan.roundMillis() / Math.max(millis, 1e-3)));
  }

  private List<Double> round(Runnable run, int runs) {
    List<GpuEvent> events = new ArrayList<>();
    try {
      for (int i = 0; i < 2 * runs; i++) {
        events.add(GpuEvent.create());
      }
      for (int i = 0; i < runs; i++) {
        forget();
        events.get(2 * i).record(gpu.asked());
        run.run();
        events.get(2 * i + 1).record(gpu.asked());
      }
      gpu.asked().await();
      List<Double> millis = new ArrayList<>();
      for (int i = 0; i < runs; i++) {
        millis.add(events.get(2 * i + 1).millisSince(events.get(2 * i)));
      }
      return millis;
    } finally {
      events.forEach(GpuEvent::close);
    }
  }

  /** Fills the cache with something else. */
  void forget() {
    Cuda.check(
        JCudaDriver.cuMemsetD8Async(Cuda.at(cache), (byte) 0, cacheBytes, gpu.stream()),
        "clearing the cache");
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  @Override
  public void close() {
    memory.close();
  }
}
