package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.Source;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.option.OptionException;
import dev.saccade.api.option.Options;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SeaAttentionTest {

  private final SeaAttention sea = new SeaAttention();
  private final Options defaults = Options.defaults(sea.options());

  @Test
  void takes_self_attention_with_and_without_padding() {
    AttentionSpec minilm = AttentionSpec.multiHead(12, 32);

    assertThat(sea.check(minilm, defaults).isYes()).isTrue();
    assertThat(sea.check(minilm.withMasking(Masking.PADDING), defaults).isYes()).isTrue();
  }

  @Test
  void refuses_what_it_cannot_compute_with_every_reason() {
    AttentionSpec spec =
        AttentionSpec.multiHead(4, 1)
            .withKvHeads(2)
            .withMasking(Masking.PADDING)
            .withSource(Source.CROSS);

    assertThat(sea.check(spec, defaults).reasons())
        .hasSize(3)
        .anySatisfy(reason -> assertThat(reason).contains("CROSS is not one of [SELF]"))
        .anySatisfy(reason -> assertThat(reason).contains("heads=4, kvHeads=2"))
        .anySatisfy(reason -> assertThat(reason).contains("headSize=1"));
  }

  @Test
  void takes_every_masking() {
    for (Masking masking : Masking.values()) {
      AttentionSpec spec = AttentionSpec.multiHead(12, 32).withMasking(masking);

      assertThat(sea.check(spec, defaults).isYes()).as(masking.name()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"head", "batch"})
  void causal_attention_refuses_groups_in_which_later_queries_compete(String grouping) {
    AttentionSpec causal = AttentionSpec.multiHead(12, 32).withMasking(Masking.CAUSAL);
    Options options = Options.parse(sea.options(), Map.of("grouping", grouping, "width", "3"));

    assertThatThrownBy(() -> sea.layer(causal, options))
        .isInstanceOf(UnsupportedSpecException.class)
        .hasMessageContaining("grouping must be query or causal-batch but is " + grouping)
        .hasMessageContaining("must be at least that but is 3");
  }

  @Test
  void refuses_a_deeper_painting_where_there_is_none() {
    Options options = defaults.with(SeaOptions.DEEPER, true);

    assertThat(sea.check(AttentionSpec.multiHead(12, 32), options).reasons())
        .containsExactly("option deeper adds a convolution to causal attention only: masking=NONE");
  }

  @Test
  void the_features_are_drawn_again_as_often_as_asked() {
    Options options = defaults.with(SeaOptions.REDRAW_INTERVAL, 23);

    assertThat(sea.layer(AttentionSpec.multiHead(12, 32), options).parameters())
        .filteredOn(parameter -> parameter.update() instanceof Parameter.Redrawn)
        .singleElement()
        .extracting(Parameter::update)
        .isEqualTo(new Parameter.Redrawn(23));
  }

  @ParameterizedTest
  @CsvSource({"1, 110", "2, 55", "0.5, 221"}) // 32·ln 32 is 110.9
  void the_feature_divisor_says_how_many_features_there_are(double divisor, long features) {
    Options options = defaults.with(SeaOptions.FEATURE_DIVISOR, divisor);

    assertThat(sea.layer(AttentionSpec.multiHead(12, 32), options).parameters())
        .filteredOn(parameter -> parameter.name().equals(SeaParameters.PROJECTION))
        .extracting(Parameter::shape)
        .containsExactly(Shape.of(features, 32));
  }

  @Test
  void refuses_a_divisor_that_leaves_no_random_feature() {
    Options options = defaults.with(SeaOptions.FEATURE_DIVISOR, 64.0);

    assertThat(sea.check(AttentionSpec.multiHead(3, 8), options).reasons())
        .containsExactly(
            "there must be at least one random feature, headSize·ln(headSize) / feature-divisor:"
                + " headSize=8, feature-divisor=64.0");
  }

  @Test
  void names_every_option_that_is_out_of_range() {
    assertThatThrownBy(
            () ->
                Options.parse(
                    sea.options(), Map.of("k", "0", "width", "1", "grouping", "everyone")))
        .isInstanceOf(OptionException.class)
        .hasMessageContaining("option k must be a whole number within 1 … 4096 but is 0")
        .hasMessageContaining("option width must be")
        .hasMessageContaining("query, head, batch, causal-batch");
  }

  @Test
  void a_minilm_layer_brings_the_published_number_of_parameters() {
    long elements =
        sea.layer(AttentionSpec.multiHead(12, 32), defaults).parameters().stream()
            .map(Parameter::shape)
            .mapToLong(shape -> shape.elements())
            .sum();

    long features = 110; // 32·ln 32 is 110.9
    long encoder = 64 * 96 + 64 + 2 * 64;
    long rows = 4 * 64 * 64 + 4 * 64;
    long painting = 2 * (48 * 48 * 9 + 48) + 12 * 48 * 9 + 12;
    long gates = 2 * 64 + 2;
    assertThat(elements).isEqualTo(features * 32 + encoder + rows + painting + gates);
  }
}
