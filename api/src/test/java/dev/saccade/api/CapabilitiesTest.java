package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CapabilitiesTest {

  private static final Capabilities CAPABLE =
      Capabilities.growing(Growth.linear("H·T·D²"), Growth.linear("H·T·D"));
  private static final AttentionSpec SPEC = AttentionSpec.multiHead(3, 7);

  @ParameterizedTest
  @EnumSource(Masking.class)
  void every_mask_is_supported_unless_narrowed(Masking masking) {
    assertThat(CAPABLE.check(SPEC.withMasking(masking))).isEqualTo(Support.yes());
  }

  @Test
  void a_no_names_every_reason_and_not_only_the_first() {
    Capabilities narrow =
        CAPABLE
            .withMaskings(Masking.NONE, Masking.CAUSAL)
            .withSources(Source.SELF)
            .withElementTypes(ElementType.F64)
            .withLengths(new LengthRule(65, 1));
    AttentionSpec beyond =
        AttentionSpec.multiHead(6, 7)
            .withMasking(Masking.PADDING)
            .withSource(Source.CROSS)
            .withKvHeads(2)
            .withMaxPositions(64);

    assertThat(narrow.check(beyond).reasons())
        .containsExactly(
            "masking PADDING is not one of [NONE, CAUSAL]",
            "attention source CROSS is not one of [SELF]",
            "element type F32 is not one of [F64]",
            "every query head needs keys of its own: heads=6, kvHeads=2",
            "sequences must have at least 65 positions but the model admits 64");
  }

  @Test
  void grouped_heads_are_supported_by_whoever_has_the_feature() {
    AttentionSpec grouped = AttentionSpec.multiHead(6, 7).withKvHeads(2);

    Support support = CAPABLE.withFeatures(Feature.GROUPED_HEADS).check(grouped);

    assertThat(support.isYes()).isTrue();
  }

  @Test
  void a_model_too_short_for_any_taken_length_is_refused() {
    Capabilities blocks = CAPABLE.withLengths(new LengthRule(1, 64));

    assertThat(blocks.check(SPEC.withMaxPositions(64)).isYes()).isTrue();
    assertThat(blocks.check(SPEC.withMaxPositions(63)).reasons())
        .containsExactly("sequences must have at least 64 positions but the model admits 63");
  }

  @Test
  void has_the_features_that_were_named_and_no_others() {
    Capabilities two = CAPABLE.withFeatures(Feature.GRADIENTS, Feature.DETERMINISTIC);

    assertThat(two.has(Feature.GRADIENTS)).isTrue();
    assertThat(two.has(Feature.DETERMINISTIC)).isTrue();
    assertThat(two.has(Feature.EXACT)).isFalse();
  }

  @Test
  void sets_come_in_the_order_of_their_enum_so_that_reports_agree_between_runs() {
    List<Feature> reversed = Arrays.asList(Feature.values());
    Collections.reverse(reversed);
    Set<Feature> backwards = new LinkedHashSet<>(reversed);

    Capabilities all =
        new Capabilities(
            CAPABLE.maskings(),
            CAPABLE.sources(),
            CAPABLE.elementTypes(),
            backwards,
            CAPABLE.lengths(),
            CAPABLE.time(),
            CAPABLE.memory());

    assertThat(all.features()).containsExactly(Feature.values());
  }

  @Test
  void no_masking_at_all_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new Capabilities(
                    Set.of(),
                    CAPABLE.sources(),
                    CAPABLE.elementTypes(),
                    Set.of(),
                    LengthRule.any(),
                    CAPABLE.time(),
                    CAPABLE.memory()))
        .withMessage("maskings must name at least one Masking");
  }

  @Test
  void an_unsupported_spec_is_refused_by_mechanism_with_all_reasons() {
    Support no = new Support.No(List.of("too wide", "too long"));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> UnsupportedSpecException.throwIfNo("sea", SPEC, no))
        .isInstanceOfSatisfying(
            UnsupportedSpecException.class,
            e -> assertThat(e.reasons()).containsExactly("too wide", "too long"))
        .withMessageStartingWith("sea cannot compute AttentionSpec[heads=3")
        .withMessageEndingWith(": too wide; too long");
  }

  @Test
  void a_supported_spec_passes() {
    UnsupportedSpecException.throwIfNo("sea", SPEC, Support.yes());
  }
}
