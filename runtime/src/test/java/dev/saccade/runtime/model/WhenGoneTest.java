package dev.saccade.runtime.model;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What calls do while the mechanism of their model is not installed. */
class WhenGoneTest {

  private SwapLab lab;
  private InstalledMechanism two;
  private EncoderModel model;
  private List<Float> expected;

  @BeforeEach
  void open() {
    lab = new SwapLab();
    two = lab.install(new Scaling("two", 2));
    lab.install(new Scaling("three", 3));
    model = lab.model("two");
    expected = SwapLab.encode(model);
  }

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void calls_wait_until_the_mechanism_is_back() throws Exception {
    lab.remove(two);
    Future<List<Float>> call = lab.start(() -> SwapLab.encode(model));
    boolean waited = SwapLab.isWaiting(call);

    lab.install(new Scaling("two", 2));

    assertThat(waited).isTrue();
    assertThat(SwapLab.result(call)).isEqualTo(expected);
  }

  @Test
  void patience_runs_out_with_the_reason_and_a_remedy() {
    model.whenGone(WhenGone.waiting(Duration.ofMillis(50)));
    lab.remove(two);

    assertThatThrownBy(() -> SwapLab.encode(model))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(
            "mechanism two has been removed and was not installed again within 50 ms; install it or"
                + " choose another");
  }

  @Test
  void patience_that_is_negative_is_refused() {
    assertThatThrownBy(() -> WhenGone.waiting(Duration.ofSeconds(-1)))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("the patience must not be negative but is PT-1S");
  }

  @Test
  void calls_fall_back_and_return_when_the_mechanism_does() {
    model.whenGone(WhenGone.fallingBackTo("three"));
    List<Float> three = SwapLab.encode(lab.model("three"));

    lab.remove(two);
    List<Float> meanwhile = SwapLab.encode(model);
    lab.install(new Scaling("two", 2));

    assertThat(meanwhile).isEqualTo(three);
    assertThat(SwapLab.encode(model)).isEqualTo(expected);
  }

  @Test
  void only_the_slots_whose_mechanism_is_gone_fall_back() {
    lab.install(new Scaling("five", 5));
    EncoderModel hybrid = lab.model("five", "two");
    hybrid.whenGone(WhenGone.fallingBackTo("three"));
    List<Float> fiveAndThree = SwapLab.encode(lab.model("five", "three"));

    lab.remove(two);

    assertThat(SwapLab.encode(hybrid)).isEqualTo(fiveAndThree);
  }

  @Test
  void a_fallback_that_is_gone_too_is_named() {
    model.whenGone(WhenGone.fallingBackTo("three"));
    lab.remove(two);
    lab.remove(lab.registry.require("three"));

    assertThatThrownBy(() -> SwapLab.encode(model))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(
            "mechanism two has been removed, and so has three, which this model falls back to;"
                + " install one or choose another");
  }

  @Test
  void a_fallback_that_is_not_installed_is_refused_when_it_is_chosen() {
    assertThatThrownBy(() -> model.whenGone(WhenGone.fallingBackTo("tree")))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("no mechanism is named \"tree\"; installed: three, two");
  }

  @Test
  void a_model_that_refuses_says_so_at_once() {
    model.whenGone(WhenGone.refusing());
    lab.remove(two);

    assertThatThrownBy(() -> SwapLab.encode(model))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(
            "mechanism two has been removed, and this model refuses to run without it; install it"
                + " or choose another");
  }

  @Test
  void a_call_that_waits_follows_a_swap_to_another_mechanism() throws Exception {
    List<Float> three = SwapLab.encode(lab.model("three"));
    lab.remove(two);
    Future<List<Float>> call = lab.start(() -> SwapLab.encode(model));
    boolean waited = SwapLab.isWaiting(call);

    model.useAttention("three", Map.of());

    assertThat(waited).isTrue();
    assertThat(SwapLab.result(call)).isEqualTo(three);
  }

  @Test
  void a_call_that_waits_follows_another_policy() throws Exception {
    List<Float> three = SwapLab.encode(lab.model("three"));
    lab.remove(two);
    Future<List<Float>> call = lab.start(() -> SwapLab.encode(model));
    boolean waited = SwapLab.isWaiting(call);

    model.whenGone(WhenGone.fallingBackTo("three"));

    assertThat(waited).isTrue();
    assertThat(SwapLab.result(call)).isEqualTo(three);
  }

  @Test
  void a_call_that_waits_is_sent_away_when_the_model_is_closed() throws Exception {
    lab.remove(two);
    Future<List<Float>> call = lab.start(() -> SwapLab.encode(model));
    boolean waited = SwapLab.isWaiting(call);

    model.close();

    assertThat(waited).isTrue();
    assertThatThrownBy(() -> SwapLab.result(call)).hasMessage("this model is closed");
  }

  @Test
  void a_call_that_waits_can_be_interrupted() throws Exception {
    AtomicReference<Thread> caller = new AtomicReference<>();
    lab.remove(two);
    Future<String> call =
        lab.start(
            () -> {
              caller.set(Thread.currentThread());
              try {
                return "encoded " + SwapLab.encode(model);
              } catch (SaccadeException e) {
                return e.getMessage() + ", interrupted: " + Thread.interrupted();
              }
            });
    boolean waited = SwapLab.isWaiting(call);

    requireNonNull(caller.get()).interrupt();

    assertThat(waited).isTrue();
    assertThat(SwapLab.result(call))
        .isEqualTo("interrupted while waiting for mechanism two, interrupted: true");
  }

  @Test
  void a_next_version_that_refuses_the_model_says_so_and_the_one_after_serves() {
    model.useAttention("two", Map.of("gains", "50"));
    lab.remove(two);
    InstalledMechanism unfit = lab.install(new Unfit("two"), "2.0.0");

    assertThatThrownBy(() -> SwapLab.encode(model))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("two: ")
        .hasMessageContaining("gains");

    lab.remove(unfit);
    lab.install(new Scaling("two", 2), "2.0.1");
    assertThat(SwapLab.encode(model)).isEqualTo(expected);
  }
}
