package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.nd4j.shade.protobuf.InvalidProtocolBufferException;

/**
 * A BERT that PyTorch exported to ONNX, in f32 or with ONNX Runtime's dynamic int8 quantisation.
 *
 * <p>Such a file keeps the names of most parameters. Only the matrices of dense layers are
 * anonymous ({@code onnx::MatMul_885}), already {@code [in, out]}; the node that multiplies by one
 * is named after the layer ({@code /encoder/layer.0/attention/self/query/MatMul}). What a file does
 * not say in shapes, the number of heads, ε and the activation, is read off the graph.
 *
 * <p>Quantised tensors are stored as q with w ≈ (q − zero point) · scale, where scale and zero
 * point are single numbers or one for each output column.
 */
final class OnnxBert {

  private static final Pattern DENSE = Pattern.compile("/(.+)/MatMul(_quant)?");
  private static final Pattern LAYER = Pattern.compile("encoder\\.layer\\.(\\d+)\\..*");
  private static final String QUANTIZED = "_quantized";
  private static final String FIRST_LAYER = "/encoder/layer.0/";

  private final String source;
  private final GraphProto graph;
  private final Map<String, OnnxTensor> constants = new HashMap<>();
  private final Map<String, NodeProto> producers = new HashMap<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  private OnnxBert(GraphProto graph, String source) {
    this.source = source;
    this.graph = graph;
    graph.getInitializerList().forEach(t -> constants.put(t.getName(), new OnnxTensor(t, source)));
    for (NodeProto node : graph.getNodeList()) {
      node.getOutputList().forEach(output -> producers.put(output, node));
      if (node.getOpType().equals("Constant")
          && node.getAttributeCount() == 1
          && node.getOutputCount() == 1) {
        constants.put(node.getOutput(0), new OnnxTensor(node.getAttribute(0).getT(), source));
      }
    }
    collectTensors();
  }

  /** Reads a model from a stream, which stays open. */
  static OnnxBert read(InputStream in, String source) throws IOException {
    try {
      return new OnnxBert(ModelProto.parseFrom(in).getGraph(), source);
    } catch (InvalidProtocolBufferException e) {
      throw new SaccadeException(
          "%s is truncated or no ONNX model: %s".formatted(source, e.getMessage()), e);
    }
  }

  Map<String, StoredTensor> tensors() {
    return tensors;
  }

  private void collectTensors() {
    graph
        .getInitializerList()
        .forEach(
            initializer -> {
              OnnxTensor tensor = constant(initializer.getName());
              String name = initializer.getName();
              if (!name.matches("(embeddings|encoder|pooler)\\..*")) {
                return;
              }
              if (name.equals("pooler.dense.weight")) {
                // The one dense layer that is exported as Gemm, with its matrix [out, in].
                tensors.put("pooler.dense.kernel", stored(tensor).transposed());
              } else if (name.endsWith(QUANTIZED)) {
                String base = name.substring(0, name.length() - QUANTIZED.length());
                tensors.put(base, dequantized(tensor, base));
              } else if (tensor.isFloat() && !name.endsWith("_scale")) {
                tensors.put(name, stored(tensor));
              }
            });
    for (NodeProto node : graph.getNodeList()) {
      Matcher dense = DENSE.matcher(node.getName());
      if (!dense.matches() || node.getInputCount() < 2) {
        continue;
      }
      String input = node.getInput(1);
      OnnxTensor matrix = constants.get(input);
      if (matrix == null) {
        continue; // Queries times keys, and the like.
      }
      String name = dense.group(1).replace('/', '.') + ".kernel";
      if (node.getOpType().equals("MatMul")) {
        tensors.put(name, stored(matrix));
      } else if (node.getOpType().equals("MatMulInteger") && input.endsWith(QUANTIZED)) {
        String base = input.substring(0, input.length() - QUANTIZED.length());
        tensors.put(name, dequantized(matrix, base));
      }
    }
  }

  private static StoredTensor stored(OnnxTensor tensor) {
    return new StoredTensor(tensor.shape(), tensor::floats);
  }

  private StoredTensor dequantized(OnnxTensor quantized, String base) {
    OnnxTensor scales = constant(base + "_scale");
    OnnxTensor zeroPoints = constant(base + "_zero_point");
    return new StoredTensor(
        quantized.shape(),
        () -> {
          float[] values = quantized.floats();
          float[] scale = perColumn(scales, quantized);
          float[] zeroPoint = perColumn(zeroPoints, quantized);
          for (int i = 0; i < values.length; i++) {
            int column = i % scale.length;
            values[i] = (values[i] - zeroPoint[column]) * scale[column];
          }
          return values;
        });
  }

  /** Returns one value for each column of the matrix. */
  private float[] perColumn(OnnxTensor parameter, OnnxTensor matrix) {
    long[] shape = matrix.shape();
    int columns = shape.length == 0 ? 1 : (int) shape[shape.length - 1];
    float[] values = parameter.floats();
    if (values.length == columns) {
      return values;
    }
    if (values.length != 1) {
      throw new SaccadeException(
          "%s: %s must have 1 value or %d, one for each column, but has %d"
              .formatted(source, parameter.name(), columns, values.length));
    }
    float[] repeated = new float[columns];
    Arrays.fill(repeated, values[0]);
    return repeated;
  }

  private OnnxTensor constant(String name) {
    OnnxTensor tensor = constants.get(name);
    if (tensor == null) {
      throw new SaccadeException("%s: tensor %s is missing".formatted(source, name));
    }
    return tensor;
  }

  /** Derives the sizes: from shapes where they say it, else from the graph. */
  BertConfig config() {
    int[] words = matrix("embeddings.word_embeddings.weight");
    return new BertConfig(
        words[1],
        layers(),
        heads(words[1]),
        matrix("encoder.layer.0.intermediate.dense.kernel")[1],
        matrix("embeddings.position_embeddings.weight")[0],
        words[0],
        matrix("embeddings.token_type_embeddings.weight")[0],
        epsilon(),
        activation());
  }

  private int[] matrix(String name) {
    StoredTensor tensor = tensors.get(name);
    long[] shape = tensor == null ? new long[0] : tensor.shape();
    if (shape.length != 2 || Arrays.stream(shape).anyMatch(axis -> axis != (int) axis)) {
      throw new SaccadeException(
          "%s is no BERT that PyTorch exported: matrix %s is %s"
              .formatted(source, name, tensor == null ? "missing" : tensor));
    }
    return new int[] {(int) shape[0], (int) shape[1]};
  }

  private int layers() {
    return (int)
        tensors.keySet().stream()
            .map(LAYER::matcher)
            .filter(Matcher::matches)
            .map(layer -> layer.group(1))
            .distinct()
            .count();
  }

  /** The queries are reshaped from [B, T, H·D] to [B, T, H, D]; H and D are constants there. */
  private int heads(int hiddenSize) {
    long[] shape =
        graph.getNodeList().stream()
            .filter(node -> node.getOpType().equals("Reshape"))
            .filter(node -> node.getInputCount() == 2)
            .filter(node -> isOutputOf(node.getInput(0), FIRST_LAYER + "attention/self/query/Add"))
            .map(node -> lastTwo(node.getInput(1)))
            .flatMap(Optional::stream)
            .findFirst()
            .orElseThrow(() -> unreadable("how many heads it has"));
    if (shape[0] <= 0 || shape[0] > hiddenSize || shape[0] * shape[1] != hiddenSize) {
      throw new SaccadeException(
          "%s: heads times head size must be the hidden size %d, but the graph has %d times %d"
              .formatted(source, hiddenSize, shape[0], shape[1]));
    }
    return (int) shape[0];
  }

  private Optional<long[]> lastTwo(String shape) {
    OnnxTensor whole = constants.get(shape);
    if (whole != null) {
      long[] axes = whole.longs();
      return axes.length == 4 ? Optional.of(new long[] {axes[2], axes[3]}) : Optional.empty();
    }
    NodeProto concat = producers.get(shape);
    if (concat == null || !concat.getOpType().equals("Concat") || concat.getInputCount() != 4) {
      return Optional.empty();
    }
    OnnxTensor heads = constants.get(concat.getInput(2));
    OnnxTensor headSize = constants.get(concat.getInput(3));
    return heads == null || headSize == null
        ? Optional.empty()
        : Optional.of(new long[] {heads.wholeNumber(), headSize.wholeNumber()});
  }

  private boolean isOutputOf(String output, String node) {
    NodeProto producer = producers.get(output);
    return producer != null && producer.getName().equals(node);
  }

  /** Layer normalisation adds a constant to the variance: as a decimal 1e-12, which no float is. */
  private double epsilon() {
    return graph.getNodeList().stream()
        .filter(node -> node.getName().equals("/embeddings/LayerNorm/Add"))
        .flatMap(node -> node.getInputList().stream())
        .filter(constants::containsKey)
        .map(input -> Double.parseDouble(Float.toString(constant(input).number())))
        .findFirst()
        .orElseThrow(() -> unreadable("the ε of its layer normalisation"));
  }

  private Activation activation() {
    for (NodeProto node : graph.getNodeList()) {
      if (node.getName().startsWith(FIRST_LAYER + "intermediate/")) {
        switch (node.getOpType()) {
          case "Erf" -> {
            return Activation.GELU;
          }
          case "Tanh" -> {
            return Activation.GELU_TANH;
          }
          case "Relu" -> {
            return Activation.RELU;
          }
          default -> {
            continue;
          }
        }
      }
    }
    throw unreadable("which activation it uses");
  }

  private SaccadeException unreadable(String what) {
    return new SaccadeException(
        "%s does not say %s where PyTorch's export of a BERT does; use a Hugging Face directory"
                .formatted(source, what)
            + " with config.json and model.safetensors instead");
  }
}
