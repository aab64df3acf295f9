package dev.saccade.plugins.sea.cuda;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The driver of {@code src/test/cpp}, which runs kernels on the CPU and can be told to fail. It
 * listens to the environment, which Java can only change by calling C.
 */
public final class FakeDriver {

  private static final List<String> KINDS =
      List.of(
          "device memory",
          "host memory",
          "modules",
          "streams",
          "events",
          "contexts",
          "current contexts");

  private static final Set<String> SET = new HashSet<>();

  private static @Nullable NativeLibrary library;

  private FakeDriver() {}

  /** From here on JCuda finds it, for it has the name of the real one. */
  static synchronized void load() {
    if (library == null) {
      Path built = CpuCompiler.build().toAbsolutePath();
      System.load(built.toString());
      library = NativeLibrary.getInstance(built.toString());
    }
  }

  /** Tells it what to be; see {@code fake_cuda.cpp}. Holds until {@link #reset}. */
  public static void set(String variable, long value) {
    set(variable, Long.toString(value));
  }

  /**
   * Lets functions fail: {@code "cuMemAlloc=2"} each call, {@code "cuMemAlloc@2=2"} the second from
   * now.
   */
  public static void fail(String wish) {
    set("FAKE_CUDA_FAIL", wish);
  }

  private static void set(String variable, String value) {
    SET.add(variable);
    c("setenv").invokeInt(new Object[] {variable, value, 1});
  }

  public static void reset() {
    SET.forEach(variable -> c("unsetenv").invokeInt(new Object[] {variable}));
    SET.clear();
  }

  /** How many things of each kind the program has of the driver, if any. */
  public static Map<String, Long> held() {
    if (library == null) {
      throw new IllegalStateException("the fake driver is not loaded");
    }
    Function count = library.getFunction("fakeCudaHeld");
    Map<String, Long> held = new TreeMap<>();
    for (String kind : KINDS) {
      long number = count.invokeLong(new Object[] {kind});
      if (number != 0) {
        held.put(kind, number);
      }
    }
    return held;
  }

  /**
   * How often a kernel was launched so far.
   *
   * @throws IllegalArgumentException if there is no such kernel
   */
  public static long launched(String kernel) {
    if (library == null) {
      throw new IllegalStateException("the fake driver is not loaded");
    }
    long launched = library.getFunction("fakeCudaLaunched").invokeLong(new Object[] {kernel});
    if (launched < 0) {
      throw new IllegalArgumentException("there is no kernel " + kernel);
    }
    return launched;
  }

  private static Function c(String function) {
    return NativeLibrary.getInstance("c").getFunction(function);
  }
}
