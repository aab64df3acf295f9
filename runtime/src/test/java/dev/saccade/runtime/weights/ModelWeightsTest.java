package dev.saccade.runtime.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ModelWeightsTest {

  private static final BertConfig TINY =
      new BertConfig(6, 2, 3, 11, 13, 5, 2, 1e-12, Activation.GELU);

  @Test
  void an_unknown_name_brings_the_nearest_ones() {
    try (ModelWeights weights = ModelWeights.initial(TINY.layout().requiring("pooler"), 1)) {
      assertThatThrownBy(() -> weights.get("encoder.layer.0.output.dense.weight"))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("no weight is named encoder.layer.0.output.dense.weight")
          .hasMessageContaining("encoder.layer.0.output.dense.kernel");
    }
  }

  @Test
  void closing_frees_every_array_once_and_ends_reading() {
    ModelWeights weights = ModelWeights.initial(TINY.layout().requiring("pooler"), 1);
    INDArray bias = weights.get("pooler.dense.bias");

    weights.close();
    weights.close();

    assertThat(bias.wasClosed()).isTrue();
    assertThatThrownBy(() -> weights.get("pooler.dense.bias"))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void equal_seeds_start_equally() {
    try (ModelWeights one = ModelWeights.initial(TINY.layout().requiring("pooler"), 7);
        ModelWeights same = ModelWeights.initial(TINY.layout().requiring("pooler"), 7);
        ModelWeights other = ModelWeights.initial(TINY.layout().requiring("pooler"), 8)) {
      String name = "encoder.layer.1.intermediate.dense.kernel";

      assertThat(one.get(name)).isEqualTo(same.get(name)).isNotEqualTo(other.get(name));
      assertThat(one.get(name).shape()).containsExactly(6, 11);
      assertThat(one.get("embeddings.LayerNorm.weight").data().asFloat()).containsOnly(1);
      assertThat(one.get("pooler.dense.bias").data().asFloat()).containsOnly(0);
    }
  }

  @Test
  void refused_arrays_stay_the_callers() {
    Map<String, INDArray> arrays = new HashMap<>();
    Nd4jPlatform.start();
    INDArray words = Nd4j.zeros(5, 6);
    arrays.put("embeddings.word_embeddings.weight", words);

    assertThatThrownBy(() -> ModelWeights.of(TINY.layout(), arrays, "half a model"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("half a model does not hold the weights of this model: ")
        .hasMessageContaining("embeddings.position_embeddings.weight [13, 6] is missing")
        .hasMessageContaining("and 16 more");
    assertThat(words.wasClosed()).isFalse();
    words.close();
  }

  @Test
  void sizes_that_contradict_each_other_are_refused() {
    assertThatThrownBy(() -> new BertConfig(7, 2, 3, 11, 13, 5, 2, 1e-12, Activation.GELU))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("heads must divide hiddenSize")
        .hasMessageContaining("hiddenSize=7, heads=3");
    assertThat(TINY.headSize()).isEqualTo(2);
  }
}
