package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ColumnCutTest {

  private static final int N = 131;

  private final SplittableRandom random = new SplittableRandom(3);
  private final ColumnCut cut = new ColumnCut(N + 7);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 17, 130, 131, 500})
  void keeps_the_greatest(int kept) {
    float[] weights = weights(i -> (float) Math.exp(-20 * random.nextDouble()));

    assertThat(keep(weights, kept)).isEqualTo(expected(weights, kept));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 17, 130, 131})
  void of_equal_weights_keeps_the_first(int kept) {
    float[] weights = weights(i -> 0.25f * random.nextInt(4));

    assertThat(keep(weights, kept)).isEqualTo(expected(weights, kept));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 131})
  void tells_neighbouring_numbers_apart(int kept) {
    float[] weights = weights(i -> 1 + Math.ulp(1f) * random.nextInt(1000));

    assertThat(keep(weights, kept)).isEqualTo(expected(weights, kept));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 131})
  void not_a_number_does_no_harm_to_the_next_cut(int kept) {
    float[] broken = weights(i -> i % 3 == 0 ? Float.NaN : -i);
    keep(broken, kept);
    float[] weights = weights(i -> random.nextFloat());

    assertThat(keep(weights, kept)).isEqualTo(expected(weights, kept));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 130})
  void forgets_a_cut_that_was_far_higher(int kept) {
    keep(weights(i -> 1 + random.nextFloat()), kept);
    float[] weights = weights(i -> 1e-9f * random.nextFloat());

    assertThat(keep(weights, kept)).isEqualTo(expected(weights, kept));
  }

  private interface Weight {
    float at(int index);
  }

  private static float[] weights(Weight weight) {
    float[] weights = new float[N];
    for (int i = 0; i < N; i++) {
      weights[i] = weight.at(i);
    }
    return weights;
  }

  /** The indices of what is kept, among others before and behind that do not compete. */
  private int[] keep(float[] weights, int kept) {
    float[] among = new float[N + 7];
    Arrays.fill(among, 1000);
    System.arraycopy(weights, 0, among, 3, N);
    cut.cut(among, 3, 3 + N, kept);
    return IntStream.range(0, cut.count()).map(cut::column).toArray();
  }

  /** Sorted, which is stable. */
  private static int[] expected(float[] weights, int kept) {
    return IntStream.range(0, N)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -weights[i]))
        .limit(kept)
        .mapToInt(Integer::intValue)
        .sorted()
        .toArray();
  }
}
