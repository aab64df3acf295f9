package dev.saccade.runtime.mechanism;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Growth;
import dev.saccade.api.option.Options;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.osgi.framework.Version;

class InstalledMechanismTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  private final MechanismRegistry registry = new MechanismRegistry();
  private final InstalledMechanism installed =
      registry.add(new Identity(), Version.parseVersion("1.2.3"), "bundle");
  private final List<String> told = new ArrayList<>();

  private record Identity() implements AttentionMechanism {

    @Override
    public String name() {
      return "identity";
    }

    @Override
    public String summary() {
      return "the values as they are";
    }

    @Override
    public Capabilities capabilities() {
      return Capabilities.growing(Growth.linear("H·T·D"), Growth.linear("H·T·D"));
    }

    @Override
    public AttentionLayer layer(AttentionSpec spec, Options options) {
      return (graph, query, key, value, mask) -> AttentionOutput.of(value);
    }
  }

  @Test
  void gives_no_lease_once_it_leaves() {
    registry.remove(installed, LONG);

    assertThat(installed.tryAcquire()).isEmpty();
  }

  @Test
  void leaves_when_the_last_lease_is_closed_and_only_then_tells_those_who_built_on_it()
      throws Exception {
    installed.whenLeft(() -> told.add("left"));
    MechanismLease lease = installed.tryAcquire().orElseThrow();
    CompletableFuture<Boolean> leaving =
        CompletableFuture.supplyAsync(() -> registry.remove(installed, LONG));
    Thread.sleep(50);
    List<String> before = List.copyOf(told);

    lease.close();

    assertThat(leaving.get(20, TimeUnit.SECONDS)).isTrue();
    assertThat(before).isEmpty();
    assertThat(told).containsExactly("left");
  }

  @Test
  void an_interrupt_does_not_cut_the_wait_for_a_lease_short() throws Exception {
    MechanismLease lease = installed.tryAcquire().orElseThrow();
    AtomicReference<Thread> remover = new AtomicReference<>();
    CompletableFuture<String> leaving =
        CompletableFuture.supplyAsync(
            () -> {
              remover.set(Thread.currentThread());
              boolean drained = registry.remove(installed, LONG);
              return "drained: " + drained + ", interrupted: " + Thread.interrupted();
            });
    Thread.sleep(50);

    requireNonNull(remover.get()).interrupt();
    Thread.sleep(50);
    boolean stillWaiting = !leaving.isDone();
    lease.close();

    assertThat(stillWaiting).isTrue();
    assertThat(leaving.get(20, TimeUnit.SECONDS)).isEqualTo("drained: true, interrupted: true");
  }

  @Test
  void says_when_a_lease_outlasts_the_patience() {
    MechanismLease lease = installed.tryAcquire().orElseThrow();

    boolean drained = registry.remove(installed, Duration.ofMillis(20));

    assertThat(drained).isFalse();
    lease.close();
  }

  @Test
  void tells_at_once_who_comes_after_it_left() {
    registry.remove(installed, LONG);

    installed.whenLeft(() -> told.add("left"));

    assertThat(told).containsExactly("left");
  }

  @Test
  void tells_nobody_who_was_forgotten() {
    Runnable action = () -> told.add("left");
    installed.whenLeft(action);

    installed.forget(action);
    registry.remove(installed, LONG);

    assertThat(told).isEmpty();
  }
}
