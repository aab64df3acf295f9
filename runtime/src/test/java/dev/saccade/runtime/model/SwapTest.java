package dev.saccade.runtime.model;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What calls see of a swap, by a user or by a bundle that comes or goes. */
class SwapTest {

  private SwapLab lab;

  @BeforeEach
  void open() {
    lab = new SwapLab();
  }

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void no_call_fails_or_mixes_while_a_user_swaps_again_and_again() throws Exception {
    lab.install(new Scaling("two", 2));
    lab.install(new Scaling("three", 3));
    EncoderModel model = lab.model("two");
    List<Float> two = SwapLab.encode(model);
    List<Float> three = SwapLab.encode(lab.model("three"));
    AtomicBoolean enough = new AtomicBoolean();
    List<Future<Map<List<Float>, Integer>>> callers = new ArrayList<>();

    for (int i = 0; i < 3; i++) {
      callers.add(lab.start(() -> encodeUntil(enough, model)));
    }
    for (int i = 0; i < 150; i++) {
      model.useAttention(SwapLab.choices(i % 2 == 0 ? "three" : "two"));
    }
    enough.set(true);

    for (Future<Map<List<Float>, Integer>> caller : callers) {
      assertThat(SwapLab.result(caller).keySet()).isSubsetOf(two, three);
    }
  }

  @Test
  void no_call_fails_or_mixes_while_versions_come_and_go_side_by_side() throws Exception {
    InstalledMechanism installed = lab.install(new Scaling("scaling", 2), "1.0.0");
    EncoderModel model = lab.model("scaling");
    List<Float> two = SwapLab.encode(model);
    List<Float> three = threefold();
    AtomicBoolean enough = new AtomicBoolean();
    List<Future<Map<List<Float>, Integer>>> callers = new ArrayList<>();

    for (int i = 0; i < 3; i++) {
      callers.add(lab.start(() -> encodeUntil(enough, model)));
    }
    for (int i = 1; i <= 100; i++) {
      InstalledMechanism next = lab.install(new Scaling("scaling", i % 2 == 0 ? 2 : 3), "1.0." + i);
      assertThat(lab.remove(installed)).isTrue();
      installed = next;
    }
    enough.set(true);

    for (Future<Map<List<Float>, Integer>> caller : callers) {
      assertThat(SwapLab.result(caller).keySet()).isSubsetOf(two, three);
    }
  }

  private List<Float> threefold() {
    lab.install(new Scaling("threefold", 3));
    return SwapLab.encode(lab.model("threefold"));
  }

  private static Map<List<Float>, Integer> encodeUntil(AtomicBoolean enough, EncoderModel model) {
    Map<List<Float>, Integer> seen = new HashMap<>();
    while (!enough.get()) {
      seen.merge(SwapLab.encode(model), 1, Integer::sum);
    }
    return seen;
  }

  @Test
  void a_swap_waits_for_no_call_and_the_call_ends_as_it_began() throws Exception {
    Gate gate = new Gate();
    lab.install(new Scaling("two", 2, gate));
    lab.install(new Scaling("three", 3));
    EncoderModel model = lab.model("two");
    List<Float> two = SwapLab.encode(model);
    List<Float> three = SwapLab.encode(lab.model("three"));
    gate.shut();
    Future<List<Float>> inFlight = lab.start(() -> SwapLab.encode(model));
    gate.awaitArrival();

    model.useAttention("three", Map.of());
    List<Float> after = SwapLab.encode(model);
    gate.open();

    assertThat(after).isEqualTo(three).isNotEqualTo(two);
    assertThat(SwapLab.result(inFlight)).isEqualTo(two);
  }

  @Test
  void what_a_mechanism_held_is_freed_at_the_swap_or_when_the_last_call_on_it_ends()
      throws Exception {
    Gate gate = new Gate();
    lab.install(new Scaling("two", 2, gate));
    lab.install(new Scaling("three", 3));
    EncoderModel model = lab.model("two");
    INDArray heldByTwo = live(model);
    gate.shut();
    Future<List<Float>> inFlight = lab.start(() -> SwapLab.encode(model));
    gate.awaitArrival();

    model.useAttention("three", Map.of());
    boolean freedTooEarly = heldByTwo.wasClosed();
    INDArray heldByThree = live(model);
    model.useAttention("two", Map.of());
    boolean freedAtTheSwap = heldByThree.wasClosed();
    gate.open();
    List<Float> unused = SwapLab.result(inFlight);

    assertThat(freedTooEarly).isFalse();
    assertThat(freedAtTheSwap).isTrue();
    assertThat(heldByTwo.wasClosed()).isTrue();
  }

  private static INDArray live(EncoderModel model) {
    return model.withSlots(slots -> requireNonNull(slots.get(0).liveOptions().get("live")));
  }

  @Test
  void parameters_of_another_shape_leave_those_of_a_call_in_flight_alone() throws Exception {
    Gate gate = new Gate();
    lab.install(new Scaling("scaling", 2, gate));
    EncoderModel model = lab.model("scaling");
    List<Float> expected = SwapLab.encode(model);
    gate.shut();
    Future<List<Float>> inFlight = lab.start(() -> SwapLab.encode(model));
    gate.awaitArrival();

    model.useAttention("scaling", Map.of("gains", "5"));
    gate.open();

    assertThat(SwapLab.result(inFlight)).isEqualTo(expected);
    assertThat(model.addedParameters()).isEqualTo(10);
  }

  @Test
  void a_swap_that_is_refused_changes_nothing() {
    lab.install(new Scaling("two", 2));
    lab.install(new Scaling("three", 3));
    EncoderModel model = lab.model("two");
    List<Float> before = SwapLab.encode(model);

    assertThatThrownBy(
            () ->
                model.useAttention(
                    List.of(
                        new SlotChoice("two", Map.of("gains", "7")),
                        new SlotChoice("three", Map.of("refuse", "true")))))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("three cannot fill an attention slot of this model: it was told to refuse");

    assertThat(SwapLab.encode(model)).isEqualTo(before);
    assertThat(model.choices()).isEqualTo(SwapLab.choices("two"));
    assertThat(model.addedParameters()).isEqualTo(2);
  }

  @Test
  void slots_may_differ_and_each_counts() {
    lab.install(new Scaling("two", 2));
    lab.install(new Scaling("three", 3));

    assertThat(SwapLab.encode(lab.model("two", "three")))
        .isNotEqualTo(SwapLab.encode(lab.model("three", "two")))
        .isNotEqualTo(SwapLab.encode(lab.model("two")))
        .isNotEqualTo(SwapLab.encode(lab.model("three")));
  }

  @Test
  void a_mechanism_that_stays_in_a_hybrid_does_not_hold_on_to_the_one_that_left() {
    lab.install(new Scaling("stays", 2));
    WeakReference<Scaling> left = new WeakReference<>(new Scaling("leaves", 3));
    InstalledMechanism leaving = lab.install(referent(left));
    EncoderModel model = lab.model("stays", "leaves");
    List<Float> unused = SwapLab.encode(model);

    lab.remove(leaving);

    for (int i = 0; i < 50 && left.get() != null; i++) {
      System.gc();
    }
    assertThat(left.get()).isNull();
    assertThat(model.choices()).hasSize(2);
  }

  private static Scaling referent(WeakReference<Scaling> reference) {
    Scaling scaling = reference.get();
    if (scaling == null) {
      throw new IllegalStateException("collected before it was installed");
    }
    return scaling;
  }

  @Test
  void parameters_survive_a_version_and_come_back_with_their_shape() {
    InstalledMechanism first = lab.install(new Scaling("scaling", 2), "1.0.0");
    EncoderModel model = lab.model("scaling");
    model.withSlots(slots -> gain(slots).assign(11));

    lab.install(new Scaling("scaling", 3), "2.0.0");
    lab.remove(first);

    assertThat(firstGain(model)).isEqualTo(11);
    model.useAttention("scaling", Map.of("gains", "5"));
    assertThat(firstGain(model)).isEqualTo(1);
    model.useAttention("scaling", Map.of());
    assertThat(firstGain(model)).isEqualTo(11);
  }

  private static float firstGain(EncoderModel model) {
    return model.withSlots(slots -> gain(slots).getFloat(0));
  }

  private static INDArray gain(List<AttentionSlot> slots) {
    return requireNonNull(slots.get(0).parameters().get("gain"));
  }

  @Test
  void a_call_that_outlasts_the_patience_ends_well_and_only_then_is_its_kernel_closed()
      throws Exception {
    Gate gate = new Gate();
    InstalledMechanism leaving = lab.install(new Scaling("two", 2, gate));
    EncoderModel model = lab.model("two");
    List<Float> expected = SwapLab.encode(model);
    gate.shut();
    Future<List<Float>> inFlight = lab.start(() -> SwapLab.encode(model));
    gate.awaitArrival();

    boolean drained = lab.registry.remove(leaving, Duration.ofMillis(50));
    int closedTooEarly = gate.closedKernels();
    gate.open();

    assertThat(drained).isFalse();
    assertThat(closedTooEarly).isZero();
    assertThat(SwapLab.result(inFlight)).isEqualTo(expected);
    assertThat(gate.closedKernels()).isEqualTo(1);
  }

  @Test
  void what_is_unknown_is_named_with_what_there_is() {
    lab.install(new Scaling("two", 2));
    EncoderModel model = lab.model("two");

    assertThatThrownBy(() -> model.useAttention("tow", Map.of()))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("no mechanism is named \"tow\"; installed: two");
    assertThatThrownBy(() -> model.useAttention("two", Map.of("gain", "1")))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("two: ")
        .hasMessageContaining("gain")
        .hasMessageContaining("gains");
    assertThatThrownBy(() -> model.useAttention("two", Map.of("gains", "99")))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("two: ")
        .hasMessageContaining("99");
    assertThatThrownBy(() -> model.useAttention(SwapLab.choices("two").subList(0, 1)))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("there must be one choice for each of the 2 layers but there are 1");
  }

  @Test
  void closing_waits_for_the_calls_in_flight_and_turns_later_ones_away() throws Exception {
    Gate gate = new Gate();
    lab.install(new Scaling("two", 2, gate));
    EncoderModel model = lab.model("two");
    List<Float> expected = SwapLab.encode(model);
    gate.shut();
    Future<List<Float>> inFlight = lab.start(() -> SwapLab.encode(model));
    gate.awaitArrival();

    Future<?> closing = lab.start(() -> closed(model));
    boolean waited = SwapLab.isWaiting(closing);
    gate.open();

    assertThat(waited).isTrue();
    assertThat(SwapLab.result(inFlight)).isEqualTo(expected);
    assertThat(SwapLab.result(closing)).isEqualTo("closed");
    assertThatThrownBy(() -> SwapLab.encode(model)).hasMessage("this model is closed");
    assertThatThrownBy(() -> model.useAttention("two", Map.of()))
        .hasMessage("this model is closed");
  }

  private static String closed(EncoderModel model) {
    model.close();
    return "closed";
  }

  @Test
  void a_call_cannot_close_its_own_model() {
    lab.install(new Scaling("two", 2));
    EncoderModel model = lab.model("two");

    assertThatThrownBy(() -> model.withSlots(slots -> closed(model)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("cannot be closed by a call that runs on it");
  }

  @Test
  void an_interrupted_thread_encodes_and_stays_interrupted() throws Exception {
    lab.install(new Scaling("two", 2));
    EncoderModel model = lab.model("two");
    List<Float> expected = SwapLab.encode(model);

    Future<List<Float>> interrupted =
        lab.start(
            () -> {
              Thread.currentThread().interrupt();
              List<Float> encoded = SwapLab.encode(model);
              return Thread.interrupted() ? encoded : List.of();
            });

    assertThat(SwapLab.result(interrupted)).isEqualTo(expected);
  }
}
