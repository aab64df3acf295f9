package dev.saccade.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.files.AtomicFile;
import dev.saccade.runtime.measure.Machine;
import dev.saccade.runtime.measure.Stopwatch;
import dev.saccade.runtime.model.CausalDecoding;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.report.Figures;
import dev.saccade.runtime.report.Report;
import dev.saccade.runtime.report.Timing;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * How fast an untrained causal language model of about four million parameters reads prompts and
 * continues them, the likeliest token each time, and how much its caches and the process hold.
 * Mechanisms take turns; for the memory of one, run it alone.
 */
@Command(
    name = "run generation",
    description =
        "Time reading and writing token by token with a model of 4 layers, hidden 256, 4 heads,"
            + " vocabulary 4096 and 512 positions.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class GenerationBenchmark implements Callable<Integer> {

  private static final OptConfig MODEL = OptConfig.of(4096, 256, 4, 4, 1024, 512);

  private static final long SEED = 5;

  /** Rounds that build graphs and have Java compile. */
  private static final int WARM_UP = 2;

  @Spec private CommandSpec spec;

  @Option(names = "--mechanisms", split = ",", defaultValue = "flash,softmax,linear,sea")
  private List<String> mechanisms;

  @Option(names = "--prompts", split = ",", defaultValue = "32,256", description = "In tokens.")
  private List<Integer> prompts;

  @Option(names = "--tokens", defaultValue = "128", description = "Written after each prompt.")
  private int tokens;

  @Option(names = "--rounds", defaultValue = "9", description = "How often all take their turn.")
  private int rounds;

  @Option(names = "--out", description = "Also write everything as JSON.")
  private @Nullable Path out;

  /**
   * One mechanism with one length of prompts.
   *
   * @param reading the time of a whole prompt
   * @param writing the time of all tokens after the first, and what the caches hold at the end
   */
  record Measured(String mechanism, int written, Timing reading, Timing writing) {

    double readPerSecond() {
      return reading.length() / seconds(reading);
    }

    double writtenPerSecond() {
      return (written - 1) / seconds(writing);
    }

    private static double seconds(Timing timing) {
      return Objects.requireNonNull(timing.medianMillis()) / 1e3;
    }

    private static double spread(Timing timing) {
      return Objects.requireNonNull(timing.spreadMillis()) / 1e3 / seconds(timing);
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%-10s prompt %4d  reads %,8.0f ± %,.0f tokens/s  writes %,6.1f ± %.1f tokens/s  remembers %s",
          mechanism,
          reading.length(),
          readPerSecond(),
          readPerSecond() * spread(reading),
          writtenPerSecond(),
          writtenPerSecond() * spread(writing),
          Figures.bytes(Objects.requireNonNull(writing.peakBytes())));
    }
  }

  /** All of it; the components are the fields of the JSON file. */
  record Measurement(
      String created,
      String command,
      Report.Environment environment,
      OptConfig model,
      List<Measured> measured,
      long peakResidentBytes) {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new GenerationBenchmark()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    List<Measured> all;
    try (Saccade saccade = Saccade.open(Path.of(System.getProperty(Saccade.HOME)))) {
      all = measure(saccade, mechanisms, prompts, tokens, rounds);
    }
    all.forEach(System.out::println);
    long peak = peakResidentBytes();
    System.out.printf("the process held %s at most%n", Figures.bytes(peak));
    if (out != null) {
      Measurement measurement =
          new Measurement(
              Instant.now().toString(),
              "integration-tests/benchmarks/run generation "
                  + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
              Machine.environment(),
              MODEL,
              all,
              peak);
      byte[] json =
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(measurement);
      AtomicFile.write(out, stream -> stream.write(json));
    }
    return 0;
  }

  static List<Measured> measure(
      Saccade saccade, List<String> mechanisms, List<Integer> prompts, int tokens, int rounds) {
    List<Lane> lanes = new ArrayList<>();
    List<CausalModel> models = new ArrayList<>();
    try (PretrainedDecoder untrained =
        PretrainedDecoder.untrained("untrained", Path.of("no tokenizer"), MODEL, SEED)) {
      try {
        for (String mechanism : mechanisms) {
          SlotChoice choice = new SlotChoice(mechanism, Map.of());
          CausalModel model =
              new CausalModel(
                  untrained,
                  saccade.mechanisms(),
                  Collections.nCopies(MODEL.layers(), choice),
                  SEED);
          models.add(model);
          prompts.forEach(prompt -> lanes.add(new Lane(mechanism, model, prompt, tokens)));
        }
        for (int round = 0; round < WARM_UP + rounds; round++) {
          for (Lane lane : lanes) {
            lane.take(round >= WARM_UP);
          }
        }
      } finally {
        models.forEach(CausalModel::close);
      }
    }
    return lanes.stream().map(Lane::measured).toList();
  }

  /** The most memory that the process held in its life, native memory and Java's; 0 if unknown. */
  private static long peakResidentBytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElse(0);
  }

  /** One mechanism with one prompt. */
  private static final class Lane {
    private final String mechanism;
    private final CausalModel model;
    private final int[] prompt;
    private final int tokens;
    private final Stopwatch reading;
    private final Stopwatch writing;
    private @Nullable CausalDecoding decoding;
    private float[] logits = {};

    Lane(String mechanism, CausalModel model, int length, int tokens) {
      this.mechanism = mechanism;
      this.model = model;
      this.prompt = new Random(SEED).ints(length, 4, MODEL.vocabularySize()).toArray();
      this.tokens = tokens;
      this.reading = new Stopwatch(length, this::read);
      this.writing = new Stopwatch(length, this::write);
    }

    void take(boolean counts) {
      try (CausalDecoding opened = model.decode(prompt.length + tokens)) {
        decoding = opened;
        for (Stopwatch stopwatch : List.of(reading, writing)) {
          if (counts) {
            stopwatch.lap(Integer.MAX_VALUE, Double.POSITIVE_INFINITY);
          } else {
            stopwatch.warmUp();
          }
        }
      } finally {
        decoding = null;
      }
    }

    private long read() {
      CausalDecoding open = Objects.requireNonNull(decoding);
      logits = open.prefill(prompt);
      return open.bytes();
    }

    /** The first token is chosen from what was read; each other needs a step. */
    private long write() {
      CausalDecoding open = Objects.requireNonNull(decoding);
      for (int written = 1; written < tokens; written++) {
        logits = open.step(likeliest(logits));
      }
      return open.bytes();
    }

    private static int likeliest(float[] logits) {
      int best = 0;
      for (int i = 1; i < logits.length; i++) {
        best = logits[i] > logits[best] ? i : best;
      }
      return best;
    }

    Measured measured() {
      return new Measured(mechanism, tokens, reading.timing(), writing.timing());
    }
  }
}
