package dev.saccade.it;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.it.ScalingPlugin.Style;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.host.HostSettings;
import dev.saccade.runtime.mechanism.MechanismLease;
import dev.saccade.runtime.model.EncoderModel;
import dev.saccade.runtime.model.SlotChoice;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.FrameworkUtil;

/**
 * The promise of the project: while a model serves, the bundle of its mechanism is updated, removed
 * and installed again; no call fails or mixes versions, and nothing of the old versions stays.
 */
@Timeout(180)
class HotSwapIT {

  private static final String ONE = "1.0.0";
  private static final String TWO = "2.0.0";

  /** A version may be told from the other, and from a mixture of both, when this far away. */
  private static final double APART = 100 * Callers.TOLERANCE;

  /** A tenth of what the Java objects of one graph take. */
  private static final long HEAP_SLACK_PER_SWAP = 20_000;

  private static final List<String> POOLS =
      List.of("ForkJoinPool.commonPool", "FelixResolver", "SCR Component Actor");

  private static final Duration LONG = Duration.ofSeconds(30);

  /** Of different lengths, so that each has a graph of its own; the first takes most memory. */
  private static final List<String> TEXTS =
      List.of(
          "The eye rests on few points of a page and guesses the rest. ".repeat(5),
          "The eye jumps from point to point.",
          "It rests.");

  @TempDir static Path plugins;
  @TempDir static Path jars;

  private static Saccade saccade;

  /** For each text, the sentence vector that each version gives when nothing is swapped. */
  private static final Map<String, Map<String, float[]>> PURE = new LinkedHashMap<>();

  private final List<WeakReference<ClassLoader>> loaders = new ArrayList<>();

  @BeforeAll
  static void open() {
    ScalingPlugin.write(plugins.resolve("two.jar"), "two", ONE, Style.GRAPH, 2);
    ScalingPlugin.write(plugins.resolve("three.jar"), "three", ONE, Style.GRAPH, 3);
    saccade =
        Saccade.open(
            Distribution.home().resolve("models"),
            HostSettings.watching(plugins).withPoll(Duration.ofMillis(50)));
    EncoderModel two = saccade.model("minilm", "two");
    EncoderModel three = two.withAttention("three");
    for (String text : TEXTS) {
      PURE.put(text, Map.of(ONE, sentence(two, text), TWO, sentence(three, text)));
    }
    three.close();
    two.close();
  }

  @AfterAll
  static void close() {
    saccade.close();
  }

  @AfterEach
  void remove() throws Exception {
    if (Files.deleteIfExists(plugins.resolve("scaling.jar"))) {
      awaitRemoval();
    }
  }

  @Test
  void a_mixture_of_versions_over_layers_would_be_noticed() {
    String text = TEXTS.get(2);
    try (EncoderModel model = saccade.model("minilm", "two").withAttention("two")) {
      int layers = model.choices().size();
      for (int from = 1; from < layers; from++) {
        List<SlotChoice> mixture = new ArrayList<>(Collections.nCopies(from, choice("two")));
        mixture.addAll(Collections.nCopies(layers - from, choice("three")));
        model.useAttention(mixture);

        assertThat(Callers.distance(sentence(model, text), pure(text, ONE))).isGreaterThan(APART);
        assertThat(Callers.distance(sentence(model, text), pure(text, TWO))).isGreaterThan(APART);
      }
    }
  }

  @Test
  void fifty_swaps_under_load_fail_no_call_mix_nothing_and_leave_nothing_behind() throws Exception {
    int swaps = 50;
    List<MemoryLevel> levels = new ArrayList<>();

    swapUnderLoad(Style.GRAPH, swaps, 1, levels);

    // Classes are loaded and pools filled in the first third.
    int third = levels.size() / 3;
    MemoryLevel middle = MemoryLevel.lowest(levels.subList(third, 2 * third));
    MemoryLevel last = MemoryLevel.lowest(levels.subList(2 * third, levels.size()));
    long swapsBetween = swaps / 3;
    assertThat(last.heapBytes())
        .as("heap after garbage collection: %s", levels)
        .isLessThan(middle.heapBytes() + swapsBetween * HEAP_SLACK_PER_SWAP);
    assertThat(last.arrays())
        .as("less than one array stays for every swap: %s", levels)
        .isLessThan(middle.arrays() + swapsBetween);
  }

  @Test
  void a_plugin_with_kernels_of_its_own_swaps_as_well() throws Exception {
    long graphBytes = swapUnderLoad(Style.KERNEL, 10, 1, new ArrayList<>());

    assertThat(graphBytes).isPositive();
  }

  @Test
  void a_parameter_keeps_its_value_through_all_versions() throws Exception {
    // Half the factor, times a gain of two, is the factor to the last bit.
    long graphBytes = swapUnderLoad(Style.PARAMETER, 10, 2, new ArrayList<>());

    assertThat(graphBytes).isPositive();
  }

  /**
   * Swaps two versions while threads encode, and checks all but the memory.
   *
   * @param gain what the user makes of the parameter, which only one style reads
   * @param levels gets the memory in use after every fifth swap
   * @return the native memory that a graph for the longest text holds
   */
  private long swapUnderLoad(Style style, int swaps, double gain, List<MemoryLevel> levels)
      throws Exception {
    Path one = ScalingPlugin.write(jars.resolve("1.jar"), "scaling", ONE, style, 2 / gain);
    Path two = ScalingPlugin.write(jars.resolve("2.jar"), "scaling", TWO, style, 3 / gain);
    place(one);
    awaitVersion(ONE);
    try (EncoderModel model = saccade.model("minilm", "scaling").withAttention("scaling")) {
      setGain(model, gain);
      long graphBytes = model.encode(TEXTS.get(0)).peakBytes();
      Set<String> threadsBefore = threads();
      try (Callers callers = new Callers(model, PURE)) {
        callers.start();
        callers.awaitResultsOf(ONE);
        for (int swap = 1; swap <= swaps; swap++) {
          boolean odd = swap % 2 == 1;
          rememberLoader();
          change(swap, odd ? two : one);
          awaitVersion(odd ? TWO : ONE);
          callers.awaitResultsOf(odd ? TWO : ONE);
          if (swap % 5 == 0) {
            levels.add(callers.memoryWhilePaused());
          }
        }
        callers.finish();
      }
      assertThat(gain(model)).isEqualTo((float) gain);
      assertNoMoreThan(threadsBefore);
      assertCollected();
      return graphBytes;
    }
  }

  private static float[] sentence(EncoderModel model, String text) {
    return model.encode(text).sentence(0);
  }

  private static float[] pure(String text, String version) {
    return requireNonNull(requireNonNull(PURE.get(text)).get(version));
  }

  private static SlotChoice choice(String mechanism) {
    return new SlotChoice(mechanism, Map.of());
  }

  /** Brings the other version in one of three ways. */
  private static void change(int swap, Path jar) throws Exception {
    switch (swap % 5) {
      case 0 -> {
        Files.delete(plugins.resolve("scaling.jar"));
        awaitRemoval();
        place(jar);
      }
      case 1 -> place(jar);
      default -> updateDirectly(jar);
    }
  }

  /** As an administrator does in the framework, past the directory. */
  private static void updateDirectly(Path jar) throws IOException, BundleException {
    Bundle bundle;
    try (MechanismLease lease =
        saccade.mechanisms().require("scaling").tryAcquire().orElseThrow()) {
      bundle = FrameworkUtil.getBundle(lease.mechanism().getClass());
    }
    bundle.update(new ByteArrayInputStream(Files.readAllBytes(jar)));
  }

  private static void place(Path jar) throws IOException {
    Path copy = Files.copy(jar, jars.resolve("copy"), StandardCopyOption.REPLACE_EXISTING);
    Files.move(copy, plugins.resolve("scaling.jar"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void awaitRemoval() throws InterruptedException {
    boolean gone =
        saccade.mechanisms().await(() -> saccade.mechanisms().find("scaling").isEmpty(), LONG);
    assertThat(gone).as("scaling is gone; plugins: %s", saccade.plugins().plugins()).isTrue();
  }

  private static void awaitVersion(String version) throws InterruptedException {
    boolean there =
        saccade
            .mechanisms()
            .await(
                () ->
                    saccade
                        .mechanisms()
                        .find("scaling")
                        .filter(it -> it.version().toString().equals(version))
                        .isPresent(),
                LONG);
    assertThat(there)
        .as("scaling %s is there; plugins: %s", version, saccade.plugins().plugins())
        .isTrue();
  }

  private void rememberLoader() {
    try (MechanismLease lease =
        saccade.mechanisms().require("scaling").tryAcquire().orElseThrow()) {
      loaders.add(new WeakReference<>(lease.mechanism().getClass().getClassLoader()));
    }
  }

  private static void assertNoMoreThan(Set<String> threadsBefore) throws InterruptedException {
    // An executor counts as terminated a moment before its last thread has ended.
    for (int i = 0; i < 100 && !threadsBefore.containsAll(threads()); i++) {
      Thread.sleep(20);
    }
    assertThat(threads()).isSubsetOf(threadsBefore);
  }

  private void assertCollected() throws InterruptedException {
    for (int i = 0; i < 100 && loaders.stream().anyMatch(each -> each.get() != null); i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertThat(loaders).extracting(WeakReference::get).containsOnlyNulls();
  }

  private static void setGain(EncoderModel model, double gain) {
    model.withSlots(
        slots -> {
          slots.forEach(slot -> gain(slot).assign(gain));
          return slots.size();
        });
  }

  private static float gain(EncoderModel model) {
    return model.withSlots(slots -> gain(slots.get(0)).getFloat(0));
  }

  private static INDArray gain(AttentionSlot slot) {
    return requireNonNull(slot.parameters().get("gain"));
  }

  /** The names of all threads but those of pools that the JVM and Felix fill and empty at will. */
  private static Set<String> threads() {
    Set<String> names = new TreeSet<>();
    Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> POOLS.stream().noneMatch(name::startsWith))
        .forEach(names::add);
    return names;
  }
}
