package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Which kernels compute flash, and how they are launched: those on tensor cores ({@code
 * flash_tensor.cu}) for numbers of 16 bits on GPUs that have such cores, else those on ordinary
 * ones ({@code flash.cu}).
 *
 * @param module the {@code .cu} file
 * @param prefix what its kernels' names begin with
 * @param capacity the head size that they are compiled for; smaller ones are filled up with zeros
 * @param forwardRows queries of a block on the way forward, which has 128 threads
 * @param forwardShared its shared memory, in bytes
 * @param backwardRows queries or keys of a block on the way back
 * @param backwardThreads of it
 * @param backwardShared its shared memory, in bytes
 * @param keyParts how many blocks share the features of one tile of keys on the way back
 */
record FlashPlan(
    String module,
    String prefix,
    int capacity,
    int forwardRows,
    int forwardShared,
    int backwardRows,
    int backwardThreads,
    int backwardShared,
    int keyParts) {

  /** The largest head size on any GPU. */
  static final int WIDEST = 256;

  private static final List<Integer> ORDINARY = List.of(64, 128);
  private static final List<Integer> TENSOR = List.of(32, 64, 128, WIDEST);

  /**
   * Says which kernels a GPU runs, whether or not they fit into its shared memory.
   *
   * @throws IllegalArgumentException if none are compiled for such a head size
   */
  static FlashPlan of(int headSize, ElementType type, Gpu gpu) {
    int capacity =
        capacities(type, gpu).stream()
            .filter(each -> each >= headSize)
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "D must be at most %d but is %d".formatted(widest(type, gpu), headSize)));
    IntFunction<FlashPlan> plan =
        gpu.multipliesOnTensorCores(type) ? FlashPlan::tensor : FlashPlan::ordinary;
    return plan.apply(capacity);
  }

  static int widest(ElementType type, Gpu gpu) {
    return capacities(type, gpu).stream().mapToInt(Integer::intValue).max().orElseThrow();
  }

  private static List<Integer> capacities(ElementType type, Gpu gpu) {
    return gpu.multipliesOnTensorCores(type) ? TENSOR : ORDINARY;
  }

  /** The most shared memory that it wants for a block, in bytes. */
  int shared() {
    return Math.max(forwardShared, backwardShared);
  }

  private static FlashPlan ordinary(int capacity) {
    int row = Float.BYTES * (capacity + 4); // the gap keeps eight rows in different banks
    int weights = Float.BYTES * (32 + 4);
    return new FlashPlan(
        "flash",
        "flash",
        capacity,
        64,
        (64 + 32) * row + 64 * weights,
        32,
        64,
        3 * 32 * row + 2 * 32 * weights,
        1);
  }

  private static FlashPlan tensor(int capacity) {
    int row = 2 * (capacity + 8); // the gap keeps eight rows in different banks
    int met = capacity <= 64 ? 64 : 32;
    int queries = capacity <= 128 ? 128 : 64;
    return new FlashPlan(
        "flash_tensor",
        "flashTensor",
        capacity,
        queries,
        (queries + 2 * met) * row,
        64,
        128,
        (2 * 64 + 4 * met) * row,
        Math.max(1, capacity / 128));
  }
}
