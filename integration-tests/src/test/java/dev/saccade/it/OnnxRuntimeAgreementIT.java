package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.model.EncoderModel;
import dev.saccade.runtime.model.Encoding;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Passages;
import dev.saccade.runtime.text.Split;
import dev.saccade.runtime.tokenize.TokenSequence;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** Our graph with exact attention is the published model: ONNX Runtime gives the same numbers. */
class OnnxRuntimeAgreementIT {

  private static final int SENTENCES = 50;
  private static final int BATCH = 10;

  /** Float32 through six layers: the two implementations round differently, no more. */
  private static final double TOLERANCE = 1e-4;

  @Test
  void fifty_real_sentences_with_padding_encode_as_in_onnx_runtime() throws Exception {
    try (Saccade saccade = Distribution.open();
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      EncoderModel model = saccade.model("minilm-f32", "softmax");
      List<String> sentences =
          new Passages(
                  Corpus.stateOfTheUnion().documents(Split.TEST), model.pretrained().tokenizer())
              .sentences(SENTENCES, 7);

      double worst = 0;
      int paddedPositions = 0;
      try (OrtSession session = environment.createSession(onnx(model), options)) {
        for (int from = 0; from < SENTENCES; from += BATCH) {
          Encoding ours = model.encode(sentences.subList(from, from + BATCH));
          float[][][] theirs = run(environment, session, ours.tokens());
          worst = Math.max(worst, greatestDifference(ours, theirs));
          paddedPositions += padding(ours.tokens());
        }
      }

      assertThat(paddedPositions).as("padded positions").isPositive();
      assertThat(worst).as("greatest difference of a hidden state").isLessThan(TOLERANCE);
    }
  }

  private static double greatestDifference(Encoding ours, float[][][] theirs) {
    double worst = 0;
    for (int text = 0; text < ours.tokens().size(); text++) {
      for (int position = 0; position < ours.tokens().get(text).length(); position++) {
        float[] mine = ours.hidden(text, position);
        for (int i = 0; i < mine.length; i++) {
          double difference = Math.abs(mine[i] - theirs[text][position][i]);
          // NaN is never close.
          worst = difference <= worst ? worst : difference;
        }
      }
    }
    return worst;
  }

  private static int longest(List<TokenSequence> batch) {
    return batch.stream().mapToInt(TokenSequence::length).max().orElseThrow();
  }

  private static int padding(List<TokenSequence> batch) {
    return batch.stream().mapToInt(tokens -> longest(batch) - tokens.length()).sum();
  }

  private static float[][][] run(
      OrtEnvironment environment, OrtSession session, List<TokenSequence> batch)
      throws OrtException {
    int positions = longest(batch);
    long[][] ids = new long[batch.size()][positions];
    long[][] mask = new long[batch.size()][positions];
    long[][] types = new long[batch.size()][positions];
    for (int text = 0; text < batch.size(); text++) {
      for (int t = 0; t < batch.get(text).length(); t++) {
        ids[text][t] = batch.get(text).id(t);
        mask[text][t] = 1;
      }
    }
    try (OnnxTensor idTensor = OnnxTensor.createTensor(environment, ids);
        OnnxTensor maskTensor = OnnxTensor.createTensor(environment, mask);
        OnnxTensor typeTensor = OnnxTensor.createTensor(environment, types);
        OrtSession.Result result =
            session.run(
                Map.of(
                    "input_ids", idTensor,
                    "attention_mask", maskTensor,
                    "token_type_ids", typeTensor))) {
      return (float[][][]) result.get(0).getValue();
    }
  }

  private static byte[] onnx(EncoderModel model) throws IOException {
    try (ZipFile jar = new ZipFile(model.pretrained().source().toFile())) {
      ZipEntry entry =
          jar.stream()
              .filter(each -> each.getName().endsWith(".onnx"))
              .findFirst()
              .map(ZipEntry.class::cast)
              .orElseThrow();
      try (InputStream in = jar.getInputStream(entry)) {
        return in.readAllBytes();
      }
    }
  }
}
