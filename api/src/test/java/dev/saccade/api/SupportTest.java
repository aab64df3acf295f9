package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SupportTest {

  @Test
  void a_yes_has_no_reasons() {
    assertThat(Support.yes().isYes()).isTrue();
    assertThat(Support.yes().reasons()).isEmpty();
  }

  @Test
  void a_no_carries_its_reason() {
    assertThat(Support.no("too long").isYes()).isFalse();
    assertThat(Support.no("too long").reasons()).containsExactly("too long");
  }

  @Test
  void a_no_without_a_reason_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Support.No(List.of()))
        .withMessageContaining("at least one reason");
  }

  @Test
  void unless_is_a_yes_exactly_when_there_is_no_reason() {
    assertThat(Support.unless(List.of())).isEqualTo(Support.yes());
    assertThat(Support.unless(List.of("a", "b")).reasons()).containsExactly("a", "b");
  }

  @Test
  void and_of_two_noes_has_the_reasons_of_both_in_order() {
    assertThat(Support.no("first").and(Support.no("second")).reasons())
        .containsExactly("first", "second");
  }

  @Test
  void and_is_a_yes_only_if_both_are() {
    assertThat(Support.yes().and(Support.yes()).isYes()).isTrue();
    assertThat(Support.yes().and(Support.no("b")).reasons()).containsExactly("b");
    assertThat(Support.no("a").and(Support.yes()).reasons()).containsExactly("a");
  }

  @Test
  void what_is_missing_is_no_yes_and_has_its_reason() {
    Support missing = Support.missing("there is no GPU");

    assertThat(missing.isYes()).isFalse();
    assertThat(missing.reasons()).containsExactly("there is no GPU");
    assertThat(missing.and(Support.yes())).isEqualTo(missing);
    assertThat(Support.yes().and(missing)).isEqualTo(missing);
    assertThat(missing.and(Support.no("too long")).reasons())
        .containsExactly("there is no GPU", "too long");
  }

  @Test
  void reasons_do_not_change_with_the_list_that_they_came_from() {
    List<String> reasons = new ArrayList<>(List.of("a"));
    Support no = Support.unless(reasons);

    reasons.add("b");

    assertThat(no.reasons()).containsExactly("a");
  }
}
