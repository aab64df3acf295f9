package dev.saccade.gpu;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** Measures what the GPU can do at most, with the kernels of {@code ceilings.cu}. */
final class Ceilings {

  static final String SECTION = "ceilings";
  static final String COPY = "copy";
  static final String TRIAD = "triad";
  static final String FMA = "fma";
  static final String MMA = "mma";

  private static final int PIECE = 16; // bytes
  private static final int THREADS = 256;
  private static final int WARP = 32;
  private static final int BLOCKS_EACH = 8; // of a multiprocessor
  private static final int CHAINS = 16;
  private static final int ACCUMULATORS = 8;
  private static final int MMA_75 = 16 * 8 * 8;
  private static final int MMA_80 = 16 * 8 * 16;

  private final OpenGpu gpu;
  private final Plan plan;
  private final Stopwatch watch;
  private final Tensors memory;
  private final CUmodule module = new CUmodule();

  private Ceilings(OpenGpu gpu, Plan plan, Stopwatch watch, Tensors memory) {
    this.gpu = gpu;
    this.plan = plan;
    this.watch = watch;
    this.memory = memory;
  }

  static void measure(
      OpenGpu gpu, Plan plan, Results results, Deadline deadline, Consumer<String> tell) {
    if (results.has(SECTION, MMA) || deadline.passed()) {
      return;
    }
    try (Stopwatch watch = new Stopwatch(gpu, plan);
        Tensors memory = new Tensors(gpu)) {
      new Ceilings(gpu, plan, watch, memory).all(results, tell);
    }
  }

  private void all(Results results, Consumer<String> tell) {
    byte[] ptx = ptx(gpu.variant());
    Cuda.check(
        JCudaDriver.cuModuleLoadData(module, Arrays.copyOf(ptx, ptx.length + 1)), // ends with 0
        "loading ceilings.cu");
    try {
      put(results, tell, COPY, "bytesPerSecond", copy());
      put(results, tell, TRIAD, "bytesPerSecond", triad());
      put(results, tell, FMA, "flopPerSecond", fma());
      put(results, tell, MMA, "flopPerSecond", mma());
    } finally {
      JCudaDriver.cuModuleUnload(module); // nobody could do better if it fails
    }
  }

  private static void put(
      Results results, Consumer<String> tell, String name, String unit, ObjectNode entry) {
    entry.put(unit, entry.remove("amount").asDouble() / entry.path("millis").asDouble() * 1e3);
    results.put(SECTION, name, entry);
    tell.accept("%-7s %.3g %s".formatted(name, entry.path(unit).asDouble(), unit));
  }

  static byte[] ptx(int variant) {
    String name = "ceilings.compute_%d.ptx".formatted(variant);
    try (InputStream in = Ceilings.class.getResourceAsStream(name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(name + " cannot be read", e);
    }
  }

  private ObjectNode timed(double amount, Runnable run) {
    ObjectNode entry = Results.entry();
    watch.time(run).addTo(entry);
    entry.put("amount", amount);
    return entry;
  }

  /** Half of the bytes are read, half are written. */
  private ObjectNode copy() {
    long half = plan.ceilingBytes() / 2;
    try (Tensors tensors = new Tensors(gpu)) {
      long from = tensors.bytes(half);
      long to = tensors.bytes(half);
      return timed(
          2.0 * half,
          () ->
              Cuda.check(
                  JCudaDriver.cuMemcpyDtoDAsync(Cuda.at(to), Cuda.at(from), half, gpu.stream()),
                  "copying"));
    }
  }

  private ObjectNode triad() {
    long pieces = plan.ceilingBytes() / 3 / PIECE;
    try (Tensors tensors = new Tensors(gpu)) {
      long a = tensors.bytes(pieces * PIECE);
      long b = tensors.bytes(pieces * PIECE);
      long c = tensors.bytes(pieces * PIECE);
      CUfunction triad = function("ceilingTriad");
      return timed(
          3.0 * pieces * PIECE,
          () ->
              launch(
                  triad,
                  Cuda.address(a),
                  Cuda.address(b),
                  Cuda.address(c),
                  Pointer.to(new float[] {0.5f}),
                  Pointer.to(new long[] {pieces})));
    }
  }

  private ObjectNode fma() {
    long out = memory.bytes((long) threads() * Float.BYTES);
    CUfunction fma = function("ceilingFma");
    return timed(
        2.0 * CHAINS * plan.ceilingRounds() * threads(),
        () ->
            launch(
                fma,
                Cuda.address(out),
                Pointer.to(new float[] {0.999f}),
                Pointer.to(new float[] {0.001f}),
                Pointer.to(new int[] {plan.ceilingRounds()})));
  }

  private ObjectNode mma() {
    long out = memory.bytes((long) threads() * Float.BYTES);
    CUfunction mma = function("ceilingMma");
    double each = gpu.variant() >= 80 ? MMA_80 : MMA_75;
    ObjectNode entry =
        timed(
            2 * each * ACCUMULATORS * plan.ceilingRounds() * ((double) threads() / WARP),
            () ->
                launch(
                    mma,
                    Cuda.address(out),
                    Pointer.to(new int[] {37}),
                    Pointer.to(new int[] {plan.ceilingRounds()})));
    entry.put("instruction", gpu.variant() >= 80 ? "mma.m16n8k16.bf16" : "mma.m16n8k8.f16");
    return entry;
  }

  private int threads() {
    return gpu.session().gpu().multiprocessors() * BLOCKS_EACH * THREADS;
  }

  private CUfunction function(String name) {
    CUfunction function = new CUfunction();
    Cuda.check(JCudaDriver.cuModuleGetFunction(function, module, name), "looking for " + name);
    return function;
  }

  private void launch(CUfunction function, Pointer... arguments) {
    Cuda.check(
        JCudaDriver.cuLaunchKernel(
            function,
            threads() / THREADS,
            1,
            1,
            THREADS,
            1,
            1,
            0,
            gpu.stream(),
            Pointer.to(arguments),
            null),
        "launching a kernel");
  }
}
