package dev.saccade.plugins.baselines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Source;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.option.Options;
import org.junit.jupiter.api.Test;

class RefusalTest {

  private static final AttentionSpec SPEC = AttentionSpec.multiHead(6, 7);

  private static void refused(AttentionMechanism mechanism, AttentionSpec spec, String... reasons) {
    Options options = Options.defaults(mechanism.options());

    assertThat(mechanism.check(spec, options).reasons()).containsExactly(reasons);
    assertThatThrownBy(() -> mechanism.layer(spec, options))
        .isInstanceOf(UnsupportedSpecException.class)
        .hasMessageStartingWith(mechanism.name() + " cannot compute AttentionSpec")
        .hasMessageEndingWith(String.join("; ", reasons));
  }

  @Test
  void every_reason_is_told_at_once() {
    refused(
        new ReformerAttention(),
        SPEC.withSource(Source.CROSS).withKvHeads(3).withElementType(ElementType.F16),
        "attention source CROSS is not one of [SELF]",
        "element type F16 is not one of [F32, F64]",
        "every query head needs keys of its own: heads=6, kvHeads=3");
  }

  @Test
  void softmax_attention_needs_keys_for_every_head_and_full_precision() {
    refused(
        new SoftmaxAttention(),
        SPEC.withKvHeads(2).withElementType(ElementType.BF16),
        "element type BF16 is not one of [F32, F64]",
        "every query head needs keys of its own: heads=6, kvHeads=2");
  }
}
