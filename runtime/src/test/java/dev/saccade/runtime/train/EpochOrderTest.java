package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EpochOrderTest {

  private static final int ITEMS = 101;

  private static int[] epoch(EpochOrder order, int epoch) {
    return IntStream.range(0, ITEMS).map(index -> order.at(epoch, index)).toArray();
  }

  @Test
  void every_epoch_has_every_item_once_in_an_order_of_its_own() {
    EpochOrder order = new EpochOrder(ITEMS, 1);

    int[] first = epoch(order, 0);
    int[] second = epoch(order, 1);

    assertThat(first).containsExactlyInAnyOrder(IntStream.range(0, ITEMS).toArray());
    assertThat(second).containsExactlyInAnyOrder(IntStream.range(0, ITEMS).toArray());
    assertThat(first).isNotEqualTo(second);
    assertThat(first).isNotEqualTo(IntStream.range(0, ITEMS).toArray());
  }

  @Test
  void an_epoch_is_the_same_whatever_came_before() {
    EpochOrder straight = new EpochOrder(ITEMS, 1);
    int[] second = epoch(straight, 1);

    assertThat(epoch(new EpochOrder(ITEMS, 1), 1)).isEqualTo(second);
    epoch(straight, 5);
    assertThat(epoch(straight, 1)).isEqualTo(second);
  }

  @Test
  void another_seed_is_another_order() {
    assertThat(epoch(new EpochOrder(ITEMS, 1), 0)).isNotEqualTo(epoch(new EpochOrder(ITEMS, 2), 0));
  }

  /** Recorded: if this changes, no run that was begun before can be resumed. */
  @Test
  void the_order_is_the_same_in_all_versions() {
    EpochOrder order = new EpochOrder(7, 42);

    assertThat(IntStream.range(0, 7).map(index -> order.at(3, index)).toArray())
        .isEqualTo(new int[] {6, 4, 0, 1, 2, 5, 3});
  }
}
