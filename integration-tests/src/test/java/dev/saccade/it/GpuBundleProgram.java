package dev.saccade.it;

import static java.util.Objects.requireNonNull;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.host.HostSettings;
import dev.saccade.runtime.mechanism.MechanismLease;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.report.KernelUse;
import dev.saccade.runtime.safetensors.TensorType;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.io.ByteArrayInputStream;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkUtil;

/**
 * A program of a user whose machine has a GPU, for {@link GpuBundleIT}, which says what its libcuda
 * is. It runs SEA on the GPU, updates, removes and reinstalls the bundle while its kernels are
 * loaded, and prints what there is then: a name, a colon and a value a line.
 */
final class GpuBundleProgram {

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final List<String> KINDS =
      List.of("device memory", "host memory", "modules", "streams", "events", "contexts");
  private static final TokenBatch TEXT =
      TokenBatch.ofIds(List.of(IntStream.range(0, 41).map(i -> 7 + i * i % 97).toArray()), 1);

  private final Path plugins;
  private final Saccade saccade;
  private final List<WeakReference<AttentionMechanism>> mechanisms = new ArrayList<>();
  private Map<String, Long> first = Map.of(); // what one version holds

  private GpuBundleProgram(Path plugins, Saccade saccade) {
    this.plugins = plugins;
    this.saccade = saccade;
  }

  /** Takes the folder of a distribution, and one for a model. */
  public static void main(String[] args) throws Exception {
    Path home = Path.of(args[0]);
    Path plugins = home.resolve("plugins");
    Path model = Path.of(args[1]);
    HostSettings settings = HostSettings.watching(plugins).withPoll(Duration.ofMillis(50));
    try (Saccade saccade = Saccade.open(home.resolve("models"), settings)) {
      saveModel(model);
      new GpuBundleProgram(plugins, saccade).swap(model.toString());
    }
    say("in the end", held());
    System.exit(0); // threads of ND4J would keep the JVM alive for a while
  }

  private static void saveModel(Path folder) {
    OptConfig config = OptConfig.of(127, 24, 2, 3, 40, 61);
    try (PretrainedDecoder decoder = PretrainedDecoder.untrained("tiny", folder, config, 5)) {
      decoder.save(folder, TensorType.F32);
    }
  }

  private void swap(String name) throws Exception {
    float[] expected;
    try (CausalModel model = open(name, "plain")) {
      expected = model.surprisals(TEXT);
    }
    say("loaded before", held());
    try (CausalModel model = open(name, "cuda")) {
      run("at first", model, expected);

      byte[] jar = Files.readAllBytes(jar());
      bundle().update(new ByteArrayInputStream(jar));
      run("updated", model, expected);

      Path file = jar();
      Files.delete(file);
      await("removal", () -> saccade.mechanisms().find("sea").isEmpty());
      await("the GPU to be freed", () -> held().isEmpty());
      say("removed", held());

      Path copy = Files.write(plugins.resolveSibling("copy.jar"), jar);
      Files.move(copy, file);
      await("return", () -> saccade.mechanisms().find("sea").isPresent());
      run("reinstalled", model, expected);
      mechanisms.remove(mechanisms.size() - 1); // it lives
      await("what left to be collected", this::collected);
    }
    say("collected", "all");
    lose(name, expected);
  }

  /** Loses the GPU while a model that leaves the choice to the runtime computes. */
  private void lose(String name, float[] expected) throws InterruptedException {
    try (CausalModel model = open(name, "auto")) {
      NativeLibrary.getInstance("c")
          .getFunction("setenv")
          .invokeInt(new Object[] {"FAKE_CUDA_FAIL", "cuLaunchKernel@3=719", 1});
      try {
        model.surprisals(TEXT);
      } catch (SaccadeException e) {
        say("lost", String.valueOf(e.getMessage()));
      }
      say("lost, off by", distance(model.surprisals(TEXT), expected));
      say("lost, computed by", computedBy(model).choice());
    }
  }

  private CausalModel open(String name, String kernel) {
    return saccade.causalModel(name, "sea", Map.of("kernel", kernel, "width", "16", "k", "3"));
  }

  /** On whichever version of the bundle is there, which is remembered. */
  private void run(String when, CausalModel model, float[] expected) throws InterruptedException {
    say(when + ", off by", distance(model.surprisals(TEXT), expected));
    say(when + ", computed by", computedBy(model).kernel());
    if (mechanisms.isEmpty()) {
      first = held();
    }
    await("the version before to free the GPU", () -> held().equals(first));
    say(when, held());
    try (MechanismLease lease = saccade.mechanisms().require("sea").tryAcquire().orElseThrow()) {
      mechanisms.add(new WeakReference<>(lease.mechanism()));
    }
  }

  private static double distance(float[] actual, float[] expected) {
    double greatest = 0;
    for (int i = 0; i < expected.length; i++) {
      greatest = Math.max(greatest, Math.abs(actual[i] - (double) expected[i]));
    }
    return greatest;
  }

  private static KernelUse computedBy(CausalModel model) {
    return requireNonNull(model.kernelUses().get("sea")).stream()
        .filter(use -> use.operation().equals("sea"))
        .findFirst()
        .orElseThrow();
  }

  private Bundle bundle() {
    try (MechanismLease lease = saccade.mechanisms().require("sea").tryAcquire().orElseThrow()) {
      return FrameworkUtil.getBundle(lease.mechanism().getClass());
    }
  }

  private Path jar() throws Exception {
    try (var files = Files.list(plugins)) {
      return files
          .filter(file -> file.getFileName().toString().contains("sea"))
          .findFirst()
          .orElseThrow();
    }
  }

  private boolean collected() {
    System.gc();
    return mechanisms.stream().allMatch(mechanism -> mechanism.get() == null);
  }

  private static void await(String what, BooleanSupplier there) throws InterruptedException {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!there.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("waited in vain for " + what + "; held: " + held());
      }
      Thread.sleep(20);
    }
  }

  /** How many things of each kind the process has of the driver, if any. */
  private static Map<String, Long> held() {
    Function count = NativeLibrary.getInstance("libcuda.so.1").getFunction("fakeCudaHeld");
    Map<String, Long> held = new TreeMap<>();
    for (String kind : KINDS) {
      long number = count.invokeLong(new Object[] {kind});
      if (number != 0) {
        held.put(kind, number);
      }
    }
    return held;
  }

  private static void say(String name, Object value) {
    System.out.println(name + ": " + value);
  }
}
