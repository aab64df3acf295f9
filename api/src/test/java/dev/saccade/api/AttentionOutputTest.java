package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.saccade.api.distill.DistillationObjective;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;

class AttentionOutputTest {

  // Variables without a graph: the record only carries them.
  private static final SDVariable CONTEXT = variable("context");
  private static final AttentionOutput OUTPUT = AttentionOutput.of(CONTEXT);

  @Test
  void of_is_the_context_and_nothing_else() {
    assertThat(OUTPUT.context()).isSameAs(CONTEXT);
    assertThat(OUTPUT.losses()).isEmpty();
    assertThat(OUTPUT.probes()).isEmpty();
    assertThat(OUTPUT.objective()).isEmpty();
  }

  @Test
  void what_is_added_stays_when_more_is_added() {
    SDVariable loss = variable("loss");
    ProbeValue shown = new ProbeValue.Dense(variable("shown"));
    DistillationObjective objective = teacher -> List.of();

    AttentionOutput full =
        OUTPUT.withLoss("entropy", loss).withProbe(Probe.ATTENTION, shown).withObjective(objective);

    assertThat(full.context()).isSameAs(CONTEXT);
    assertThat(full.losses()).containsOnlyKeys("entropy").containsValue(loss);
    assertThat(full.probes()).containsOnlyKeys(Probe.ATTENTION).containsValue(shown);
    assertThat(full.objective()).containsSame(objective);
  }

  @Test
  void adding_leaves_the_original_as_it_was() {
    OUTPUT.withLoss("entropy", variable("loss"));

    assertThat(OUTPUT.losses()).isEmpty();
  }

  @Test
  void two_losses_of_one_name_are_refused() {
    AttentionOutput one = OUTPUT.withLoss("entropy", variable("loss"));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> one.withLoss("entropy", variable("other")))
        .withMessage("there are two values for entropy");
  }

  @Test
  void two_values_of_one_probe_are_refused() {
    ProbeValue shown = new ProbeValue.Dense(variable("shown"));
    AttentionOutput one = OUTPUT.withProbe(Probe.KEPT, shown);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> one.withProbe(Probe.KEPT, shown))
        .withMessageContaining("kept");
  }

  @Test
  void losses_keep_their_order_so_that_they_add_up_to_the_same_bits() {
    List<String> names = IntStream.range(0, 31).mapToObj(i -> "loss-" + (31 - i)).toList();

    AttentionOutput output = OUTPUT;
    for (String name : names) {
      output = output.withLoss(name, variable(name));
    }

    assertThat(output.losses().keySet()).containsExactlyElementsOf(names);
  }

  @Test
  void losses_cannot_be_changed_from_outside() {
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> OUTPUT.losses().put("sneaked", CONTEXT));
  }

  private static SDVariable variable(String name) {
    SDVariable variable = new SDVariable();
    variable.setVarName(name);
    variable.setDataType(DataType.FLOAT);
    return variable;
  }
}
