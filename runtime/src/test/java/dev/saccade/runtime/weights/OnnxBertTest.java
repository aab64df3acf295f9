package dev.saccade.runtime.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.zip.ZipFile;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.nd4j.shade.protobuf.ByteString;

/** Damages the int8 MiniLM in one place and reads it. */
@TestInstance(Lifecycle.PER_CLASS)
class OnnxBertTest {

  private static final String QUERY_BIAS = "encoder.layer.0.attention.self.query.bias";
  private static final String WORDS = "embeddings.word_embeddings.weight";

  private ModelProto minilm;
  private BertConfig config;

  @BeforeAll
  void read() throws IOException {
    try (PretrainedModel model = Models.minilm();
        ZipFile jar = new ZipFile(model.source().toFile());
        InputStream onnx = jar.getInputStream(jar.getEntry("all-minilm-l6-v2-q.onnx"))) {
      config = model.config();
      minilm = ModelProto.parseFrom(onnx);
    }
  }

  @Test
  void an_undamaged_model_loads() throws IOException {
    assertThat(open(graph -> {}).config()).isEqualTo(config);
  }

  @Test
  void a_truncated_file_is_refused() {
    byte[] whole = minilm.toByteArray();

    assertThatThrownBy(() -> open(Arrays.copyOf(whole, whole.length / 3)))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("model.onnx is truncated or no ONNX model");
  }

  @Test
  void a_file_that_is_something_else_is_refused() {
    assertThatThrownBy(() -> open("not a model".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("model.onnx is truncated or no ONNX model");
  }

  @Test
  void an_empty_model_is_no_bert() throws IOException {
    OnnxBert empty = open(GraphProto.Builder::clear);

    assertThatThrownBy(empty::config)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("is no BERT that PyTorch exported: matrix " + WORDS + " is missing");
  }

  @Test
  void a_graph_that_hides_the_heads_is_refused_with_a_way_out() throws IOException {
    OnnxBert bert =
        open(graph -> node(graph, "/encoder/layer.0/attention/self/query/Add").setName("renamed"));

    assertThatThrownBy(bert::config)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("does not say how many heads it has")
        .hasMessageContaining("use a Hugging Face directory");
  }

  @Test
  void heads_that_do_not_make_up_the_hidden_size_are_refused() throws IOException {
    OnnxBert bert =
        open(
            graph ->
                node(graph, "/encoder/layer.0/attention/self/Constant_10")
                    .getAttributeBuilder(0)
                    .getTBuilder()
                    .setRawData(ByteString.copyFrom(new byte[] {5, 0, 0, 0, 0, 0, 0, 0})));

    assertThatThrownBy(bert::config)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("must be the hidden size 384, but the graph has 5 times 32");
  }

  @Test
  void a_graph_without_a_known_activation_is_refused() throws IOException {
    OnnxBert bert =
        open(
            graph ->
                node(graph, "/encoder/layer.0/intermediate/intermediate_act_fn/Erf")
                    .setOpType("Sin"));

    assertThatThrownBy(bert::config).hasMessageContaining("does not say which activation");
  }

  @Test
  void a_missing_scale_is_named() {
    assertThatThrownBy(() -> open(graph -> tensor(graph, WORDS + "_scale").setName("renamed")))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("tensor %s_scale is missing".formatted(WORDS));
  }

  @Test
  void a_missing_kernel_is_named() throws IOException {
    OnnxBert bert =
        open(graph -> node(graph, "/encoder/layer.3/output/dense/MatMul_quant").setName("x"));

    assertThatThrownBy(() -> load(bert))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("encoder.layer.3.output.dense.kernel [1536, 384] is missing");
  }

  @Test
  void values_that_are_fewer_than_the_shape_says_are_refused() throws IOException {
    OnnxBert bert =
        open(graph -> tensor(graph, QUERY_BIAS).setRawData(ByteString.copyFrom(new byte[4 * 383])));

    assertThatThrownBy(() -> load(bert))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(QUERY_BIAS + " is [384]");
  }

  @Test
  void a_shape_larger_than_the_file_reserves_no_memory() throws IOException {
    OnnxBert bert =
        open(
            graph -> tensor(graph, WORDS + "_quantized").setDims(0, 2_000_000_000).setDims(1, 384));

    assertThatThrownBy(() -> load(bert))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("larger than what the file holds of it");
  }

  @Test
  void scales_that_are_neither_one_nor_one_a_column_are_refused() throws IOException {
    String kernel =
        node(minilm.toBuilder().getGraphBuilder(), "/encoder/layer.0/output/dense/MatMul_quant")
            .getInput(1);
    String scale = kernel.replace("_quantized", "_scale");
    OnnxBert bert =
        open(
            graph ->
                tensor(graph, scale)
                    .clearFloatData()
                    .addFloatData(1)
                    .addFloatData(2)
                    .setDims(0, 2));

    assertThatThrownBy(() -> load(bert))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("must have 1 value or 384, one for each column, but has 2");
  }

  @Test
  void weights_in_another_file_are_refused() throws IOException {
    OnnxBert bert =
        open(graph -> tensor(graph, QUERY_BIAS).setDataLocation(TensorProto.DataLocation.EXTERNAL));

    assertThatThrownBy(() -> load(bert)).hasMessageContaining("lies in another file");
  }

  @Test
  void weights_of_another_type_are_refused() throws IOException {
    OnnxBert bert =
        open(
            graph ->
                tensor(graph, WORDS + "_quantized")
                    .setDataType(TensorProto.DataType.FLOAT16_VALUE));

    assertThatThrownBy(() -> load(bert))
        .hasMessageContaining("is FLOAT16, but must be FLOAT, INT8 or UINT8");
  }

  private static void load(OnnxBert bert) {
    ModelWeights.load(bert.config().layout(), bert.tensors(), "model.onnx").close();
  }

  private OnnxBert open(Consumer<GraphProto.Builder> damage) throws IOException {
    ModelProto.Builder model = minilm.toBuilder();
    damage.accept(model.getGraphBuilder());
    return open(model.build().toByteArray());
  }

  private static OnnxBert open(byte[] model) throws IOException {
    return OnnxBert.read(new ByteArrayInputStream(model), "model.onnx");
  }

  private static NodeProto.Builder node(GraphProto.Builder graph, String name) {
    return graph.getNodeBuilderList().stream()
        .filter(node -> node.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static TensorProto.Builder tensor(GraphProto.Builder graph, String name) {
    return graph.getInitializerBuilderList().stream()
        .filter(tensor -> tensor.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
