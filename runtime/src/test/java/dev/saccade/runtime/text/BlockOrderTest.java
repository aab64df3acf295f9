package dev.saccade.runtime.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.text.BlockOrder.Position;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BlockOrderTest {

  @Test
  void an_epoch_has_every_block_once() {
    int[] order = new BlockOrder(101, 3).epoch(2);

    assertThat(Arrays.stream(order).sorted()).isEqualTo(IntStream.range(0, 101).boxed().toList());
  }

  @Test
  void epochs_and_seeds_differ_and_equal_ones_do_not() {
    BlockOrder order = new BlockOrder(101, 3);

    assertThat(order.epoch(1)).isEqualTo(new BlockOrder(101, 3).epoch(1));
    assertThat(order.epoch(1)).isNotEqualTo(order.epoch(0));
    assertThat(order.epoch(1)).isNotEqualTo(new BlockOrder(101, 4).epoch(1));
    // A seed's second epoch is not the next seed's first.
    assertThat(order.epoch(1)).isNotEqualTo(new BlockOrder(101, 4).epoch(0));
  }

  @Test
  void the_order_is_the_same_on_every_java() {
    assertThat(new BlockOrder(7, 42).epoch(0)).containsExactly(4, 1, 2, 5, 6, 3, 0);
  }

  @Test
  void a_walk_resumes_anywhere_as_if_it_had_never_stopped() {
    BlockOrder order = new BlockOrder(5, 11);
    int[] whole = IntStream.generate(order.from(Position.START)::next).limit(23).toArray();

    for (int stop = 0; stop < 23; stop++) {
      BlockOrder.Walk first = order.from(Position.START);
      IntStream.range(0, stop).forEach(i -> first.next());
      BlockOrder.Walk second = new BlockOrder(5, 11).from(first.position());

      assertThat(IntStream.generate(second::next).limit(23 - stop).toArray())
          .isEqualTo(IntStream.range(stop, 23).map(i -> whole[i]).toArray());
    }
  }

  @Test
  void a_finished_epoch_is_the_start_of_the_next() {
    BlockOrder.Walk walk = new BlockOrder(3, 1).from(Position.START);

    IntStream.range(0, 3).forEach(i -> walk.next());

    assertThat(walk.position()).isEqualTo(new Position(1, 0));
  }

  @Test
  void all_orders_are_about_equally_likely() {
    Map<String, Integer> seen = new HashMap<>();
    for (int epoch = 0; epoch < 6000; epoch++) {
      int[] order = new BlockOrder(3, 5).epoch(epoch);
      seen.merge("%d%d%d".formatted(order[0], order[1], order[2]), 1, Integer::sum);
    }

    assertThat(seen).hasSize(6);
    assertThat(seen.values()).allMatch(count -> Math.abs(count - 1000) < 150);
  }

  @Test
  void what_is_out_of_range_is_refused() {
    assertThatThrownBy(() -> new BlockOrder(0, 1)).isInstanceOf(SaccadeException.class);
    assertThatThrownBy(() -> new Position(-1, 0)).isInstanceOf(SaccadeException.class);
    assertThatThrownBy(() -> new BlockOrder(3, 1).from(new Position(0, 4)))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("within the 3 blocks");
  }
}
