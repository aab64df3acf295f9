package dev.saccade.runtime.engine;

import com.sun.jna.NativeLibrary;
import com.sun.management.OperatingSystemMXBean;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.kernel.JavaOpExecutioner;
import dev.saccade.runtime.engine.kernel.KernelGradientOp;
import dev.saccade.runtime.engine.kernel.KernelOp;
import dev.saccade.runtime.engine.kernel.KernelRegistry;
import dev.saccade.runtime.engine.op.BuiltInKernels;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.imports.converters.ImportClassMapping;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * ND4J as this process runs it: started once, with settings that must be made before anything
 * touches it.
 *
 * <p>Call {@link #start()} first thing in {@code main}. It is safe to call again, from any thread;
 * only the first call does anything.
 */
public final class Nd4jPlatform {

  private static final String EXECUTIONER = "opexec";
  private static final String WAIT_POLICY = "OMP_WAIT_POLICY";
  private static final String MAX_BYTES = "org.bytedeco.javacpp.maxbytes";
  private static final String MAX_PHYSICAL_BYTES = "org.bytedeco.javacpp.maxphysicalbytes";

  /** Leaves the operating system and the page cache something to live on. */
  private static final double SHARE_OF_MEMORY = 0.85;

  private static @Nullable Nd4jPlatform running;

  private final String waitPolicy;
  private final int threads;

  private Nd4jPlatform(String waitPolicy, int threads) {
    this.waitPolicy = waitPolicy;
    this.threads = threads;
  }

  /** Starts ND4J with one thread for each processor, or as it was started before. */
  public static Nd4jPlatform start() {
    return start(0);
  }

  /**
   * Starts ND4J, or returns it as it was started before.
   *
   * @param threads that ND4J and Java kernels compute with; 0 for one for each processor
   * @throws SaccadeException when the program already uses ND4J in a way that excludes Java ops
   */
  public static synchronized Nd4jPlatform start(int threads) {
    Nd4jPlatform platform = running;
    if (platform == null) {
      platform = startNow(threads > 0 ? threads : Runtime.getRuntime().availableProcessors());
      running = platform;
    }
    return platform;
  }

  private static Nd4jPlatform startNow(int threads) {
    setUnlessSet("org.nd4j.log.initialization", "false");
    // JavaCPP's default is the size of the heap, which has nothing to do with native memory.
    setUnlessSet(MAX_BYTES, "0");
    setUnlessSet(MAX_PHYSICAL_BYTES, Long.toString((long) (physicalMemory() * SHARE_OF_MEMORY)));
    System.setProperty(EXECUTIONER, JavaOpExecutioner.class.getName());
    String waitPolicy = letIdleThreadsSleep();

    OpExecutioner executioner = touch();
    if (!(executioner instanceof JavaOpExecutioner)) {
      throw new SaccadeException(
          "ND4J was started before Saccade, with executioner %s, which cannot run Saccade's ops; call Nd4jPlatform.start() before anything touches ND4J, or start the JVM with -D%s=%s"
              .formatted(
                  executioner.getClass().getName(),
                  EXECUTIONER,
                  JavaOpExecutioner.class.getName()));
    }
    // ND4J finds an op's class by its name when it clones or loads a graph.
    ImportClassMapping.getOpNameMapping().put(KernelOp.NAME, new KernelOp());
    ImportClassMapping.getOpNameMapping().put(KernelGradientOp.NAME, new KernelGradientOp());
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
    Nd4j.factory().blas().setMaxThreads(threads);
    BuiltInKernels.register(KernelRegistry.global(), threads);
    return new Nd4jPlatform(waitPolicy, threads);
  }

  /** ND4J keeps the context class loader of whoever touches it first, so it must be ours. */
  private static OpExecutioner touch() {
    Thread thread = Thread.currentThread();
    ClassLoader context = thread.getContextClassLoader();
    thread.setContextClassLoader(Nd4jPlatform.class.getClassLoader());
    try {
      return Nd4j.getExecutioner();
    } finally {
      thread.setContextClassLoader(context);
    }
  }

  /**
   * Makes libgomp's idle threads sleep instead of spin, which halves the time of a step and saves a
   * busy machine.
   *
   * <p>libgomp reads the environment when it is loaded; Java cannot change its own, C can.
   */
  private static String letIdleThreadsSleep() {
    String given = System.getenv(WAIT_POLICY);
    if (given != null) {
      return given.toLowerCase(Locale.ROOT) + " (from the environment)";
    }
    try {
      int failed =
          NativeLibrary.getInstance("c")
              .getFunction("setenv")
              .invokeInt(new Object[] {WAIT_POLICY, "PASSIVE", 1});
      return failed == 0 ? "passive (set at start)" : "default (setenv failed)";
    } catch (UnsatisfiedLinkError e) {
      return "default (no setenv here; set %s=PASSIVE for speed)".formatted(WAIT_POLICY);
    }
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** Returns the bytes of memory that this machine, or this container, has. */
  private static long physicalMemory() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }

  /** Returns how many threads ND4J and Java kernels compute with. */
  public int threads() {
    return threads;
  }

  /** Returns what a bug report needs to know about ND4J here, by name, in a fixed order. */
  public Map<String, String> facts() {
    Map<String, String> facts = new TreeMap<>();
    facts.put("nd4j.version", version());
    facts.put("nd4j.backend", Nd4j.getBackend().getClass().getSimpleName());
    facts.put("nd4j.threads", Integer.toString(threads));
    facts.put("openmp.wait-policy", waitPolicy);
    facts.put("memory.physical.bytes", Long.toString(physicalMemory()));
    facts.put("memory.native.limit.bytes", System.getProperty(MAX_PHYSICAL_BYTES, ""));
    facts.put("memory.resident.bytes", Long.toString(Pointer.physicalBytes()));
    return facts;
  }

  /** Returns ND4J's version, or "unknown" where its jars were repacked without it. */
  public static String version() {
    Properties properties = new Properties();
    try (InputStream in =
        Nd4j.class.getResourceAsStream("/META-INF/maven/org.nd4j/nd4j-api/pom.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the jar of ND4J", e);
    }
    return properties.getProperty("version", "unknown");
  }
}
