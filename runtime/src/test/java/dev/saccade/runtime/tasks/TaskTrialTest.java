package dev.saccade.runtime.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.fixture.RunningSum;
import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.train.StopRequest;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.osgi.framework.Version;

@Timeout(120)
class TaskTrialTest {

  private static final AssociativeRecall RECALL = new AssociativeRecall(17, 12, 3);
  private static final TaskSettings SETTINGS = settings(900);

  private final MechanismRegistry registry = new MechanismRegistry();

  private static TaskSettings settings(int steps) {
    return new TaskSettings(steps, 31, 5e-3, 32, 2, 1, 101, 200, 7);
  }

  @BeforeEach
  void install() {
    Nd4jPlatform.start();
    Stream.of(TestMechanism.softmax(), RunningSum.mechanism())
        .forEach(mechanism -> registry.add(mechanism, Version.emptyVersion, mechanism.name()));
  }

  private TaskResult learn(SyntheticTask task, String mechanism, TaskSettings settings) {
    TaskData data = TaskData.of(task, settings.batch(), settings.examples(), settings.seed());
    return new TaskTrial(registry, data, settings)
        .of(new SlotChoice(mechanism, Map.of()), Progress.NONE, new StopRequest())
        .orElseThrow();
  }

  /** As long, and as many answers; but what is right has nothing to do with what is asked. */
  private record Shuffled(SyntheticTask task) implements SyntheticTask {

    @Override
    public Example draw(SplittableRandom random) {
      Example example = task.draw(random);
      Example other = task.draw(random);
      int[] answers = answers(other);
      int[] labels = new int[example.length()];
      int next = 0;
      for (int t = 0; t < labels.length; t++) {
        labels[t] = example.label(t) < 0 ? example.label(t) : answers[next++];
      }
      return Example.of(example.tokens(), labels);
    }

    private static int[] answers(Example example) {
      return IntStream.range(0, example.length())
          .map(example::label)
          .filter(label -> label >= 0)
          .toArray();
    }

    @Override
    public String name() {
      return "shuffled";
    }

    @Override
    public Map<String, Integer> settings() {
      return task.settings();
    }

    @Override
    public int vocabularySize() {
      return task.vocabularySize();
    }

    @Override
    public int length() {
      return task.length();
    }

    @Override
    public int paddingId() {
      return task.paddingId();
    }

    @Override
    public double chance() {
      return 1.0 / 9;
    }

    @Override
    public String guess() {
      return "any value";
    }

    @Override
    public List<PublishedResult> published() {
      return List.of();
    }
  }

  @Test
  void exact_attention_recalls_and_a_sum_of_all_does_not() {
    TaskResult exact = learn(RECALL, "softmax", SETTINGS);
    TaskResult sum = learn(RECALL, "running-sum", settings(100));

    assertThat(exact.accuracy()).isGreaterThan(0.95);
    assertThat(exact.interval().low()).isGreaterThan(0.9);
    assertThat(exact.questions()).isEqualTo(3 * 101);
    // Which values there are may be seen in a sum, not which of them is whose.
    assertThat(sum.accuracy()).isBetween(0.05, 0.55);
  }

  @Test
  void answers_that_follow_from_nothing_are_guessed() {
    TaskResult control = learn(new Shuffled(RECALL), "softmax", settings(200));

    assertThat(control.accuracy()).isBetween(0.02, 0.25);
    assertThat(control.solved()).isFalse();
    assertThat(control.steps()).isEqualTo(200);
  }

  @Test
  void a_seed_gives_its_result_again() {
    TaskResult once = learn(RECALL, "softmax", settings(13));

    TaskResult again = learn(RECALL, "softmax", settings(13));

    assertThat(again.validationLoss()).isEqualTo(once.validationLoss());
    assertThat(again.accuracy()).isEqualTo(once.accuracy());
    assertThat(again.interval()).isEqualTo(once.interval());
  }

  @Test
  void a_trial_that_is_stopped_measures_nothing() {
    StopRequest stop = new StopRequest();
    TaskData data = TaskData.of(RECALL, 31, 101, 7);
    TaskTrial trial = new TaskTrial(registry, data, settings(1000));

    assertThat(
            trial.of(
                new SlotChoice("softmax", Map.of()),
                (what, done, steps) -> stop.stop("enough"),
                stop))
        .isEmpty();
  }

  @Test
  void sizes_that_make_no_model_are_refused_before_anything_is_drawn() {
    TaskSettings odd = new TaskSettings(10, 31, 1e-3, 33, 2, 2, 101, 200, 7);

    assertThatThrownBy(() -> odd.requireModelFor(RECALL))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("heads must divide hiddenSize");
    assertThatThrownBy(() -> settings(0).requireModelFor(RECALL))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("steps must be at least 1");
  }
}
