package dev.saccade.runtime.report;

import dev.saccade.runtime.report.MechanismResult.Status;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reports as a comparison would make them: softmax as the teacher, linear and sea compared, and
 * reformer refused. The figures follow from formulas, so that they are the same in every run.
 */
final class SampleReports {

  static final List<String> TOKENS =
      List.of(
          "[CLS]",
          "the",
          "senate",
          "passed",
          "the",
          "relief",
          "bill",
          ",",
          "and",
          "the",
          "president",
          "signed",
          "it",
          "before",
          "the",
          "banks",
          "re",
          "##open",
          "##ed",
          "on",
          "monday",
          "morning",
          ".",
          "[SEP]");

  private static final int LAYERS = 2;
  private static final int HEADS = 3;

  private SampleReports() {}

  static Report comparison() {
    return with(List.of(softmax(), linear(), sea(), reformer()));
  }

  /** The same run with other mechanisms. */
  static Report with(List<MechanismResult> mechanisms) {
    return with(mechanisms, new Report.Sample(TOKENS));
  }

  static Report with(List<MechanismResult> mechanisms, Report.Sample sample) {
    return new Report(
        "0.1.0",
        Instant.parse("2026-11-02T09:30:00Z"),
        "saccade compare softmax linear sea reformer --model minilm --text sotu --seed 42",
        42,
        new Report.Environment(
            "17.0.15",
            "OpenJDK 64-Bit Server VM",
            "Linux 6.1 amd64",
            "AMD EPYC 9354",
            8,
            33_553_317_888L,
            "1.0.0-M2.1",
            4,
            null),
        new Report.Model(
            "all-MiniLM-L6-v2",
            "langchain4j",
            "int8",
            LAYERS,
            384,
            HEADS,
            32,
            512,
            30_522,
            22_565_376),
        new Report.Text("State of the Union", "test", 64, 32_768),
        "softmax",
        sample,
        mechanisms);
  }

  static MechanismResult softmax() {
    return compared(
        "softmax",
        "softmax(QKᵀ/√D)·V, computed as written (Vaswani et al. 2017)",
        Map.of(),
        true,
        "O(T²)",
        "O(T²)",
        fidelity(0, 1, 0, 0.0, 0.0, 0, 0),
        latency(0.021, 0.00009, 1_300, 26, 64, 128, 256, 512),
        withMemoryExhausted(latency(0.0011, 0.0000041, 220, 13, 128, 256, 512, 1024, 2048)),
        maps(0));
  }

  static MechanismResult linear() {
    return compared(
        "linear",
        "Kernel feature maps instead of softmax (Katharopoulos et al. 2020)",
        Map.of("feature-map", "elu"),
        false,
        "O(T)",
        "O(T)",
        fidelity(0.83, 0.614, 0.71, 0.482, 1.37, 0.52, 0.66),
        latency(0.0213, 0.000004, 1_250, 0, 64, 128, 256, 512),
        latency(0.0019, 0, 260, 0, 128, 256, 512, 1024, 2048, 4096),
        maps(0.75));
  }

  static MechanismResult sea() {
    return compared(
        "sea",
        "Sparse attention inside an estimated mask (Lee et al., ICLR 2024)",
        new TreeMap<>(Map.of("kept", 64, "estimate-width", 128, "interpolate", true)),
        false,
        "O(T·k)",
        "O(T·(k+M))",
        fidelity(0.574, 0.823, 0.389, 0.214, 0.42, 0.31, 0.44),
        latency(0.11, 0.00013, 1_900, 2, 64, 128, 256, 512),
        latency(0.0052, 0, 410, 0, 128, 256, 512, 1024, 2048, 4096),
        maps(0.3));
  }

  static MechanismResult reformer() {
    return MechanismResult.refused(
        "reformer",
        "0.1.0",
        "dev.saccade.baselines",
        "Attention inside buckets of a locality-sensitive hash (Kitaev et al. 2020)",
        Map.of("buckets", 16),
        List.of(
            "queries and keys must be the same projection, but the model has one of each: layers=2",
            "the length must be a multiple of the bucket size: T=24, bucket size=16"));
  }

  static MechanismResult compared(String name, Fidelity fidelity, List<Timing> latency) {
    return compared(
        name,
        "A mechanism",
        Map.of(),
        false,
        "O(T)",
        "O(T)",
        fidelity,
        latency,
        List.of(),
        List.of());
  }

  static MechanismResult withLayerLatency(String name, List<Timing> layerLatency) {
    return compared(
        name,
        "A mechanism",
        Map.of(),
        false,
        "O(T)",
        "O(T)",
        fidelity(0.5, 0.5, 0.5, null, null, 0.5, 0.5),
        List.of(),
        layerLatency,
        List.of());
  }

  /** Something that broke, but left times behind that would make it the fastest of all. */
  static MechanismResult failedWithFastTimes(String name) {
    return new MechanismResult(
        name,
        "0.1.0",
        "dev.saccade.baselines",
        "A mechanism",
        Status.FAILED,
        List.of("values are not finite: layer 1"),
        Map.of(),
        false,
        "O(1)",
        "O(1)",
        withCosine(0.999),
        latency(0.0001, 0, 1, 0, 64, 128, 256, 512),
        latency(0.0001, 0, 1, 0, 128, 256, 512),
        List.of(),
        List.of());
  }

  static Fidelity withCosine(double hiddenCosine) {
    return fidelity(0.5, hiddenCosine, 0.5, null, null, 0.4, 0.5);
  }

  private static MechanismResult compared(
      String name,
      String summary,
      Map<String, Object> options,
      boolean exact,
      String timeGrowth,
      String memoryGrowth,
      Fidelity fidelity,
      List<Timing> latency,
      List<Timing> layerLatency,
      List<AttentionMap> maps) {
    return new MechanismResult(
        name,
        "0.1.0",
        "dev.saccade." + (name.equals("sea") ? "sea" : "baselines"),
        summary,
        Status.COMPARED,
        List.of(),
        options,
        exact,
        timeGrowth,
        memoryGrowth,
        fidelity,
        latency,
        layerLatency,
        maps,
        name.equals("sea")
            ? List.of(new KernelUse("sea", "plain", List.of("simd: no vectors here")))
            : List.of());
  }

  private static Fidelity fidelity(
      double hiddenError,
      double hiddenCosine,
      double contextError,
      @Nullable Double attentionDistance,
      @Nullable Double attentionKl,
      double firstLayer,
      double lastLayer) {
    return new Fidelity(
        hiddenError,
        hiddenCosine,
        contextError,
        attentionDistance,
        attentionKl,
        List.of(
            new Fidelity.OfLayer(0, firstLayer, contextError * 0.9, attentionDistance),
            new Fidelity.OfLayer(1, lastLayer, contextError * 1.1, attentionDistance)));
  }

  /** Times in milliseconds and memory in bytes that grow with the length and with its square. */
  private static List<Timing> latency(
      double perToken, double perPair, long bytesPerToken, long bytesPerPair, int... lengths) {
    List<Timing> timings = new ArrayList<>();
    for (int length : lengths) {
      double millis = perToken * length + perPair * length * length;
      timings.add(
          Timing.measured(
              length,
              millis,
              millis * 0.07,
              length * bytesPerToken + (long) length * length * bytesPerPair));
    }
    return timings;
  }

  private static List<Timing> withMemoryExhausted(List<Timing> timings) {
    List<Timing> all = new ArrayList<>(timings);
    all.add(Timing.outOfMemory(4096, "the scores take 2.4 GiB, 1.9 GiB are free"));
    return all;
  }

  /**
   * Heads of the kinds that encoders have: one looks at the word before, one at special tokens, one
   * at words of the same kind.
   *
   * @param blur 0 for the teacher's own map, 1 for attention spread over all tokens
   */
  private static List<AttentionMap> maps(double blur) {
    int size = TOKENS.size();
    List<AttentionMap> maps = new ArrayList<>();
    for (int layer = 0; layer < LAYERS; layer++) {
      for (int head = 0; head < HEADS; head++) {
        float[][] weights = new float[size][size];
        for (int query = 0; query < size; query++) {
          double sum = 0;
          double[] row = new double[size];
          for (int key = 0; key < size; key++) {
            row[key] = Math.exp((1 - 0.7 * blur) * logit(layer, head, query, key));
            sum += row[key];
          }
          for (int key = 0; key < size; key++) {
            weights[query][key] = (float) ((1 - blur * 0.4) * row[key] / sum + blur * 0.4 / size);
          }
        }
        maps.add(AttentionMap.of(layer, head, weights));
      }
    }
    return maps;
  }

  private static double logit(int layer, int head, int query, int key) {
    double hum = Math.sin(12.9898 * query + 78.233 * key + 37.7 * layer + 3.1 * head);
    boolean special = TOKENS.get(key).startsWith("[") || TOKENS.get(key).length() == 1;
    double wanted =
        switch (head) {
          case 0 -> 4.5 - 2.2 * Math.abs(query - 1 - key - layer);
          case 1 -> special ? 3.2 : -0.35 * Math.abs(query - key);
          default -> TOKENS.get(query).length() == TOKENS.get(key).length() ? 2.6 : 0;
        };
    return wanted + 0.8 * hum;
  }
}
