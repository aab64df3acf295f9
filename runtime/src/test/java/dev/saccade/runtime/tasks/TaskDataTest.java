package dev.saccade.runtime.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TaskDataTest {

  /** A task of 4⁵ = 1,024 examples, so that what is held back would come up again and again. */
  private static final SyntheticTask SMALL = new Copying(5, 12);

  @Test
  void what_is_held_back_is_never_learned_and_all_else_is() {
    TaskData data = TaskData.of(SMALL, 31, 401, 1);
    Set<Example> heldBack = new HashSet<>(data.test());
    Set<Example> learned = new HashSet<>();

    for (int batch = 0; batch < 300; batch++) {
      learned.addAll(data.examples(batch));
    }

    assertThat(heldBack).hasSize(401);
    assertThat(learned).doesNotContainAnyElementsOf(heldBack);
    // 256 more are held back to see when it is solved.
    assertThat(learned).hasSize(1024 - 401 - 256);
  }

  @Test
  void validation_is_neither_learned_nor_measured_at_the_end() {
    TaskData data = TaskData.of(SMALL, 31, 401, 1);
    int validated = data.validation().stream().mapToInt(batch -> batch.tokens().sequences()).sum();

    assertThat(validated).isEqualTo(256);
    Set<List<Integer>> test = new HashSet<>();
    data.test().forEach(example -> test.add(ids(example.tokens())));
    for (ExampleBatch batch : data.validation()) {
      for (int b = 0; b < batch.tokens().sequences(); b++) {
        int row = b;
        assertThat(test)
            .doesNotContain(
                IntStream.range(0, 12).mapToObj(t -> batch.tokens().id(row, t)).toList());
      }
    }
  }

  private static List<Integer> ids(int[] tokens) {
    return IntStream.of(tokens).boxed().toList();
  }

  @Test
  void a_batch_depends_on_seed_and_number_alone() {
    AssociativeRecall task = new AssociativeRecall(67, 38, 7);
    TaskData once = TaskData.of(task, 5, 7, 1);
    TaskData again = TaskData.of(task, 5, 7, 1);
    TaskData other = TaskData.of(task, 5, 7, 2);
    once.examples(0);

    assertThat(once.examples(3)).isEqualTo(again.examples(3));
    assertThat(once.test()).isEqualTo(again.test());
    assertThat(once.examples(3)).doesNotContainAnyElementsOf(once.examples(4));
    assertThat(once.examples(3)).doesNotContainAnyElementsOf(other.examples(3));
    assertThat(once.test()).doesNotContainAnyElementsOf(other.test());
    assertThat(once.fingerprint()).isNotEqualTo(other.fingerprint());
  }

  @Test
  void examples_of_all_lengths_become_batches_of_one_whose_padding_is_unseen_and_unasked() {
    ListOps task = new ListOps(4, 4, 2, 41);
    TaskData data = TaskData.of(task, 17, 3, 1);
    List<Example> examples = data.examples(0);

    ExampleBatch batch = data.batch(0, 0);

    assertThat(batch.tokens().positions()).isEqualTo(41);
    for (int b = 0; b < 17; b++) {
      Example example = examples.get(b);
      assertThat(batch.tokens().length(b)).isEqualTo(example.length());
      for (int t = 0; t < 41; t++) {
        boolean real = t < example.length();
        assertThat(batch.tokens().id(b, t)).isEqualTo(real ? example.tokens()[t] : 15);
        assertThat(batch.labels()[b * 41 + t]).isEqualTo(real ? example.label(t) : -100);
      }
    }
  }

  @Test
  void the_commonest_answer_is_counted_on_what_is_measured() {
    TaskData data = TaskData.of(new ListOps(3, 3, 0, 30), 8, 500, 1);
    int[] counts = new int[10];
    data.test().forEach(example -> counts[example.label(example.length() - 1)]++);

    assertThat(data.commonest())
        .isCloseTo(IntStream.of(counts).max().orElseThrow() / 500.0, within(1e-12));
  }

  @Test
  void a_task_with_too_few_examples_is_refused() {
    assertThatThrownBy(() -> TaskData.of(new Copying(3, 8), 4, 10, 1))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("has only about 8 different examples");
    // 1,024 are just enough to hold back, and none is left to learn.
    TaskData nothingLeft = TaskData.of(SMALL, 4, 1024 - 256, 1);
    assertThatThrownBy(() -> nothingLeft.examples(0))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("next to no examples that are not held back");
  }
}
