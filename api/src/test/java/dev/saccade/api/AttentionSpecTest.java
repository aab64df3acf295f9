package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AttentionSpecTest {

  private static final AttentionSpec SPEC = AttentionSpec.multiHead(6, 7);

  @Test
  void multi_head_gives_every_query_head_keys_of_its_own() {
    assertThat(SPEC.heads()).isEqualTo(6);
    assertThat(SPEC.kvHeads()).isEqualTo(6);
    assertThat(SPEC.headSize()).isEqualTo(7);
  }

  @Test
  void multi_head_has_a_hidden_size_that_the_heads_share_out() {
    assertThat(SPEC.hiddenSize()).isEqualTo(42);
  }

  @Test
  void multi_head_is_unmasked_self_attention_in_float32() {
    assertThat(SPEC.masking()).isEqualTo(Masking.NONE);
    assertThat(SPEC.source()).isEqualTo(Source.SELF);
    assertThat(SPEC.elementType()).isEqualTo(ElementType.F32);
  }

  @Test
  void every_with_changes_its_own_component_and_no_other() {
    AttentionSpec changed =
        SPEC.withKvHeads(3)
            .withHiddenSize(11)
            .withMaxPositions(13)
            .withMasking(Masking.PADDING)
            .withSource(Source.CROSS)
            .withElementType(ElementType.F64);

    assertThat(changed)
        .isEqualTo(
            new AttentionSpec(6, 3, 7, 11, 13, Masking.PADDING, Source.CROSS, ElementType.F64));
  }

  @Test
  void a_hidden_size_that_no_array_has_is_refused_with_both_factors() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionSpec.multiHead(65_536, 32_768))
        .withMessageContaining("heads=65536, headSize=32768");
  }

  @Test
  void scale_is_one_over_the_root_of_the_head_size() {
    assertThat(AttentionSpec.multiHead(3, 64).scale()).isEqualTo(0.125);
  }

  @Test
  void kv_heads_that_do_not_divide_heads_are_refused_with_both_numbers() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SPEC.withKvHeads(4))
        .withMessageContaining("kvHeads must divide heads")
        .withMessageContaining("heads=6, kvHeads=4");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void sizes_below_one_are_refused_by_name(int size) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionSpec.multiHead(size, 7))
        .withMessage("heads must be at least 1 but is " + size);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> AttentionSpec.multiHead(3, size))
        .withMessage("headSize must be at least 1 but is " + size);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SPEC.withKvHeads(size))
        .withMessage("kvHeads must be at least 1 but is " + size);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SPEC.withHiddenSize(size))
        .withMessage("hiddenSize must be at least 1 but is " + size);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SPEC.withMaxPositions(size))
        .withMessage("maxPositions must be at least 1 but is " + size);
  }

  @ParameterizedTest
  @EnumSource(
      value = Masking.class,
      names = {"CAUSAL", "CAUSAL_PADDING"})
  void causal_cross_attention_is_refused(Masking causal) {
    AttentionSpec cross = SPEC.withSource(Source.CROSS);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> cross.withMasking(causal))
        .withMessageContaining("masking=" + causal)
        .withMessageContaining("source=CROSS");
  }
}
