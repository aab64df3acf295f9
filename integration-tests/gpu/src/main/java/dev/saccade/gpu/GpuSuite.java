package dev.saccade.gpu;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.plugins.sea.cuda.CudaDriver;
import dev.saccade.plugins.sea.cuda.Gpu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The suite as a program. */
@Command(
    name = "run",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    description = {
      "Tries Saccade's kernels on the first GPU against references in double precision, then times "
          + "them beside what the GPU can do at most and beside PyTorch, if python3 has it.",
      "Every result is written at once; who is interrupted goes on with --resume."
    },
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:all was right",
      "1:something was wrong: see the results",
      "2:the command was",
      "3:no GPU can be used here",
      "4:time was up before all was done; go on with --resume"
    })
public final class GpuSuite implements Callable<Integer> {

  static final int RIGHT = 0;
  static final int WRONG = 1;
  static final int NO_GPU = 3;
  static final int UNFINISHED = 4;

  /** Where {@code against_torch.py} is. */
  static final String HOME_PROPERTY = "saccade.gpu.home";

  /** What the package was built from. */
  static final String COMMIT_PROPERTY = "saccade.gpu.commit";

  /** What is done, in this order. */
  enum Stage {
    CORRECTNESS,
    SANITIZER,
    CEILINGS,
    TIMINGS,
    STAGES,
    DECODING,
    TORCH;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  @Spec private CommandLine.Model.CommandSpec spec;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "STAGE",
      description = "Of ${COMPLETION-CANDIDATES}, these; all, by default.")
  private Set<Stage> only = EnumSet.allOf(Stage.class);

  @Option(
      names = "--programs",
      split = ",",
      paramLabel = "NAME",
      description = "These programs alone, such as sea,sea-decoding,flash.")
  private Set<String> names = new LinkedHashSet<>();

  @Option(names = "--quick", description = "Fewer and smaller sizes: minutes.")
  private boolean quick;

  @Option(names = "--tiny", description = "The smallest sizes, which show that the suite works.")
  private boolean tiny;

  @Option(
      names = "--minutes",
      defaultValue = "60",
      paramLabel = "N",
      description = "Begin nothing new after so many minutes; ${DEFAULT-VALUE}.")
  private double minutes;

  @Option(
      names = "--out",
      defaultValue = "gpu-results",
      paramLabel = "DIR",
      description = "Where results.json and results.md go; ${DEFAULT-VALUE}.")
  private Path out;

  @Option(
      names = "--resume",
      paramLabel = "FILE",
      description = "Go on from the results.json of an earlier run.")
  private @Nullable Path resume;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the random numbers; another one every time, by default.")
  private long seed = System.nanoTime();

  private final Function<Plan, Programs> programs;

  private GpuSuite(Function<Plan, Programs> programs) {
    this.programs = programs;
  }

  public static void main(String... arguments) {
    System.exit(execute(Programs::all, arguments));
  }

  /**
   * @param programs what is tried
   */
  static int execute(Function<Plan, Programs> programs, String... arguments) {
    return new CommandLine(new GpuSuite(programs))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpWidth(100)
        .execute(arguments);
  }

  @Override
  public Integer call() throws IOException {
    Plan plan = tiny ? Plan.tiny() : quick ? Plan.quick() : Plan.full();
    Programs chosen = chosen(programs.apply(plan));
    CudaDriver driver = CudaDriver.look();
    if (!driver.support().isYes()) {
      tell("No GPU can be used here: " + String.join("; ", driver.support().reasons()));
      return NO_GPU;
    }
    Gpu gpu = driver.gpus().get(0);
    if (OpenGpu.variants(gpu).isEmpty()) {
      tell("No GPU can be used here: %s is too old for the kernels".formatted(gpu));
      return NO_GPU;
    }
    Files.createDirectories(out);
    Results results = results();
    ObjectNode machine = machine(driver, gpu, plan);
    try {
      results.setMachine(machine);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    tell(gpu.toString());
    Deadline deadline = new Deadline(Duration.ofMillis((long) (minutes * 60_000)));
    boolean right = run(gpu, plan, chosen, results, deadline);
    Report report = new Report(results, plan);
    report.summarise();
    Results.replace(out.resolve("results.md"), report.text());
    tell("Results are in %s".formatted(out));
    if (!right) {
      tell("SOMETHING IS WRONG: see what is marked so in results.md");
      return WRONG;
    }
    if (deadline.cut()) {
      tell("Time was up; go on with --resume " + out.resolve(Results.FILE));
      return UNFINISHED;
    }
    return RIGHT;
  }

  private Programs chosen(Programs all) {
    try {
      return all.named(names);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private Results results() {
    if (resume == null) {
      return Results.begin(out);
    }
    try {
      return Results.resume(out, resume);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private ObjectNode machine(CudaDriver driver, Gpu gpu, Plan plan) {
    ObjectNode machine = Results.entry();
    machine.put("gpu", gpu.name());
    machine.put("computeCapability", gpu.computeCapability());
    machine.put("memoryBytes", gpu.memoryBytes());
    machine.put("multiprocessors", gpu.multiprocessors());
    machine.put("driverServesCuda", driver.version());
    machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put("java", System.getProperty("java.vendor.version") + " " + Runtime.version());
    machine.put("processors", Runtime.getRuntime().availableProcessors());
    machine.put("commit", System.getProperty(COMMIT_PROPERTY, "unknown"));
    machine.put("plan", plan.name());
    machine.put("k", plan.kept());
    machine.put("M", plan.width());
    machine.put("H", plan.heads());
    machine.put("D", plan.headSize());
    machine.put("seed", seed);
    machine.put("command", String.join(" ", spec.commandLine().getParseResult().originalArgs()));
    machine.put("time", Instant.now().toString());
    return machine;
  }

  /** Returns whether all was right. */
  private boolean run(Gpu gpu, Plan plan, Programs chosen, Results results, Deadline deadline) {
    boolean clean = true;
    if (only.contains(Stage.CORRECTNESS)) {
      new Correctness(gpu, plan, chosen.tried(), results, deadline, GpuSuite::tell).run(seed);
    }
    if (only.contains(Stage.SANITIZER)) {
      clean = Sanitizer.run(seed, out, results, deadline, GpuSuite::tell);
    }
    try (OpenGpu open = OpenGpu.best(gpu)) {
      if (only.contains(Stage.CEILINGS)) {
        Ceilings.measure(open, plan, results, deadline, GpuSuite::tell);
      }
      Timings timings =
          new Timings(open, plan, chosen.programs(), results, deadline, GpuSuite::tell);
      if (only.contains(Stage.TIMINGS)) {
        timings.run();
      }
      if (only.contains(Stage.STAGES)) {
        timings.stages();
      }
    }
    if (only.contains(Stage.DECODING) && chosen.has(Decoding.NAME)) {
      new DecodingTimes(plan, results, deadline, GpuSuite::tell).run();
    }
    if (only.contains(Stage.TORCH)) {
      Path home = Path.of(System.getProperty(HOME_PROPERTY, "."));
      TorchRival.run(home, out, plan, results, deadline, GpuSuite::tell);
    }
    return clean
        && chosen.tried().stream().noneMatch(each -> Correctness.wrong(results, each.name()));
  }

  private static void tell(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
