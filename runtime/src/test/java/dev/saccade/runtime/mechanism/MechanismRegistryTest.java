package dev.saccade.runtime.mechanism;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.TestMechanism;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.osgi.framework.Version;

@Timeout(30)
class MechanismRegistryTest {

  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Duration AT_ONCE = Duration.ZERO;

  private final MechanismRegistry registry = new MechanismRegistry();

  private InstalledMechanism add(String name, String version) {
    return registry.add(
        TestMechanism.softmax().withName(name), Version.parseVersion(version), "test.bundle");
  }

  @Test
  void of_several_versions_the_newest_wins_whatever_the_order_of_arrival() {
    add("alpha", "1.9.0");
    InstalledMechanism newest = add("alpha", "1.10.0");
    add("alpha", "1.2.0");

    assertThat(registry.find("alpha")).containsSame(newest);
    assertThat(registry.require("alpha")).isSameAs(newest);
  }

  @Test
  void all_are_listed_by_name_and_newest_first() {
    add("beta", "1.0.0");
    add("alpha", "1.0.0");
    add("alpha", "2.0.0");

    assertThat(registry.all())
        .extracting(InstalledMechanism::toString)
        .containsExactly("alpha 2.0.0", "alpha 1.0.0", "beta 1.0.0");
    assertThat(registry.newest())
        .extracting(InstalledMechanism::toString)
        .containsExactly("alpha 2.0.0", "beta 1.0.0");
  }

  @Test
  void when_the_newest_leaves_the_one_before_takes_its_place() {
    InstalledMechanism older = add("alpha", "1.0.0");
    InstalledMechanism newest = add("alpha", "2.0.0");

    boolean drained = registry.remove(newest, AT_ONCE);

    assertThat(drained).isTrue();
    assertThat(registry.find("alpha")).containsSame(older);
  }

  @Test
  void what_it_is_can_be_read_after_it_has_left() {
    InstalledMechanism installed = add("alpha", "1.2.3");

    registry.remove(installed, AT_ONCE);

    assertThat(installed.name()).isEqualTo("alpha");
    assertThat(installed.version()).isEqualTo(new Version(1, 2, 3));
    assertThat(installed.bundle()).isEqualTo("test.bundle");
    assertThat(installed.summary()).isEqualTo("alpha for a test");
    assertThat(installed.capabilities()).isEqualTo(TestMechanism.softmax().capabilities());
  }

  @Test
  void an_unknown_name_brings_the_known_ones() {
    assertThatThrownBy(() -> registry.require("gamma"))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(
            "no mechanism is named \"gamma\"; none is installed (see: saccade plugins list)");

    add("beta", "1.0.0");
    add("alpha", "1.0.0");
    add("alpha", "2.0.0");

    assertThatThrownBy(() -> registry.require("gamma"))
        .hasMessage("no mechanism is named \"gamma\"; installed: alpha, beta");
  }

  @Test
  void removal_waits_for_the_last_lease() throws Exception {
    InstalledMechanism installed = add("alpha", "1.0.0");
    MechanismLease first = installed.tryAcquire().orElseThrow();
    MechanismLease second = installed.tryAcquire().orElseThrow();

    CompletableFuture<Boolean> removal =
        CompletableFuture.supplyAsync(() -> registry.remove(installed, SOON));
    first.close();

    assertThatThrownBy(() -> removal.get(100, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    assertThat(registry.find("alpha")).isEmpty();
    assertThat(second.mechanism().name()).isEqualTo("alpha");

    second.close();

    assertThat(removal.get()).isTrue();
  }

  @Test
  void removal_tells_when_its_patience_ended_first() {
    InstalledMechanism installed = add("alpha", "1.0.0");
    try (MechanismLease lease = installed.tryAcquire().orElseThrow()) {

      boolean drained = registry.remove(installed, Duration.ofMillis(20));

      assertThat(drained).isFalse();
      assertThat(lease.mechanism().name()).isEqualTo("alpha");
    }
  }

  @Test
  void what_is_leaving_gives_no_lease() {
    InstalledMechanism installed = add("alpha", "1.0.0");

    registry.remove(installed, AT_ONCE);

    assertThat(installed.tryAcquire()).isEmpty();
  }

  @Test
  void a_lease_closed_twice_is_given_back_once() {
    InstalledMechanism installed = add("alpha", "1.0.0");
    MechanismLease twice = installed.tryAcquire().orElseThrow();
    try (MechanismLease other = installed.tryAcquire().orElseThrow()) {
      twice.close();
      twice.close();

      assertThat(registry.remove(installed, Duration.ofMillis(20))).isFalse();
      assertThat(other.mechanism().name()).isEqualTo("alpha");
    }
  }

  @Test
  void those_who_built_from_it_are_told_after_the_last_lease() throws Exception {
    InstalledMechanism installed = add("alpha", "1.0.0");
    List<String> told = new ArrayList<>();
    CountDownLatch leaving = new CountDownLatch(1);
    installed.whenLeft(() -> told.add("left"));
    MechanismLease lease = installed.tryAcquire().orElseThrow();

    CompletableFuture<Boolean> removal =
        CompletableFuture.supplyAsync(
            () -> {
              leaving.countDown();
              return registry.remove(installed, SOON);
            });
    leaving.await();

    assertThatThrownBy(() -> removal.get(50, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    assertThat(told).isEmpty();
    lease.close();
    assertThat(removal.get()).isTrue();
    assertThat(told).containsExactly("left");
  }

  @Test
  void who_asks_to_be_told_too_late_is_told_at_once() {
    InstalledMechanism installed = add("alpha", "1.0.0");
    registry.remove(installed, AT_ONCE);
    List<String> told = new ArrayList<>();

    installed.whenLeft(() -> told.add("left"));

    assertThat(told).containsExactly("left");
  }

  @Test
  void who_dropped_everything_before_is_not_told() {
    InstalledMechanism installed = add("alpha", "1.0.0");
    List<String> told = new ArrayList<>();
    Runnable action = () -> told.add("left");
    installed.whenLeft(action);

    installed.forget(action);
    registry.remove(installed, AT_ONCE);

    assertThat(told).isEmpty();
  }

  @Test
  void waiting_ends_when_it_is_installed() throws InterruptedException, ExecutionException {
    CompletableFuture<Optional<InstalledMechanism>> waiting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return registry.await("alpha", SOON);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    add("beta", "1.0.0");

    InstalledMechanism alpha = add("alpha", "1.0.0");

    assertThat(waiting.get()).containsSame(alpha);
  }

  @Test
  void waiting_ends_with_the_patience() throws InterruptedException {
    assertThat(registry.await("alpha", Duration.ofMillis(20))).isEmpty();
  }
}
