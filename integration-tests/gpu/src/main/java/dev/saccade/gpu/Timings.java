package dev.saccade.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.api.ElementType;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.GpuEvent;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Times every program with its tensors on the GPU, at lengths that double. */
final class Timings {

  static final String SECTION = "timings";
  static final String STAGES = "stages";

  private static final double USABLE = 0.9; // of the memory that is free
  private static final int STAGED_RUNS = 5;
  private static final long SEED = 31;

  private final OpenGpu gpu;
  private final Plan plan;
  private final List<Program> programs;
  private final Results results;
  private final Deadline deadline;
  private final Consumer<String> tell;

  Timings(
      OpenGpu gpu,
      Plan plan,
      List<Program> programs,
      Results results,
      Deadline deadline,
      Consumer<String> tell) {
    this.gpu = gpu;
    this.plan = plan;
    this.programs = programs;
    this.results = results;
    this.deadline = deadline;
    this.tell = tell;
  }

  static String key(String program, Pass pass, ElementType type, int length) {
    return "%s/%s/%s/T=%d"
        .formatted(
            program,
            pass.name().toLowerCase(Locale.ROOT),
            type.name().toLowerCase(Locale.ROOT),
            length);
  }

  /** Short lengths of all before long ones of any. */
  void run() {
    try (Stopwatch watch = new Stopwatch(gpu, plan)) {
      for (int length : plan.lengths()) {
        for (Program program : programs) {
          if (Correctness.wrong(results, program.name())) {
            continue; // whoever reads its times would believe them
          }
          for (Pass pass : program.passes()) {
            for (ElementType type : Plan.TYPES) {
              if (deadline.passed()) {
                return;
              }
              if (!results.has(SECTION, key(program.name(), pass, type, length))) {
                time(watch, program, pass, type, length);
              }
            }
          }
        }
      }
    }
  }

  private void time(Stopwatch watch, Program program, Pass pass, ElementType type, int length) {
    String key = key(program.name(), pass, type, length);
    Sizes sizes = plan.timed(length, program.attention().timed());
    KernelRequest request = program.attention().request(sizes, type);
    ObjectNode entry = Results.entry();
    entry.put("program", program.name());
    entry.put("pass", pass.name().toLowerCase(Locale.ROOT));
    entry.put("type", type.name().toLowerCase(Locale.ROOT));
    entry.put("length", length);
    entry.put("causal", program.attention().timed().causal());
    String reason = reasonAgainst(program, request, pass, type, length);
    if (!reason.isEmpty()) {
      entry.put("leftOut", reason);
      results.put(SECTION, key, entry);
      tell.accept("%-32s left out: %s".formatted(key, reason));
      return;
    }
    long free = gpu.freeBytes();
    try (Tensors tensors = new Tensors(gpu)) {
      Execution execution = prepared(program, request, sizes, pass, tensors);
      Stopwatch.Time time = watch.time(() -> execution.ask(pass));
      time.addTo(entry);
      entry.put("peakBytes", tensors.allocatedBytes());
      entry.put("takenBytes", free - gpu.freeBytes());
    }
    ArrayNode floors = entry.putArray("floors");
    for (Floor floor : program.attention().floors(sizes, type, pass)) {
      floors
          .addObject()
          .put("stage", floor.stage())
          .put("bytes", floor.bytes())
          .put("flop", floor.flop());
    }
    results.put(SECTION, key, entry);
    tell.accept(
        "%-32s %10.4f ms ±%.1f %%"
            .formatted(key, entry.path("millis").asDouble(), 50 * entry.path("spread").asDouble()));
  }

  private String reasonAgainst(
      Program program, KernelRequest request, Pass pass, ElementType type, int length) {
    Support support = program.device().check(request, gpu.session().gpu());
    if (!support.isYes()) {
      return String.join("; ", support.reasons());
    }
    double expected = expectedMillis(program, pass, type, length);
    if (Double.isInfinite(expected)) {
      return "shorter ones were left out";
    }
    if (expected > plan.longestMillis()) {
      return "a run is expected to take %.0f s".formatted(expected / 1e3);
    }
    long needed = Execution.bytes(program, request, pass);
    long free = gpu.freeBytes();
    return needed > USABLE * free
        ? "it needs %d MiB and %d MiB are free".formatted(needed >> 20, free >> 20)
        : "";
  }

  /** From the time at the length before; 0 if that is not known. */
  private double expectedMillis(Program program, Pass pass, ElementType type, int length) {
    int at = plan.lengths().indexOf(length);
    if (at == 0) {
      return 0;
    }
    int before = plan.lengths().get(at - 1);
    ObjectNode section = results.section(SECTION);
    var earlier = section.path(key(program.name(), pass, type, before));
    if (earlier.has("leftOut")) {
      return Double.POSITIVE_INFINITY;
    }
    double ratio = (double) length / before;
    return earlier.path("millis").asDouble() * (program.linear() ? ratio : ratio * ratio);
  }

  private Execution prepared(
      Program program, KernelRequest request, Sizes sizes, Pass pass, Tensors tensors) {
    SplittableRandom random = new SplittableRandom(SEED);
    List<DeviceTensor> inputs = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      inputs.add(tensors.random(request.inputs().get(i), request.elementType(), random));
    }
    program.attention().others(sizes, random).forEach(other -> inputs.add(tensors.of(other)));
    Execution execution = new Execution(program, request, gpu, tensors, inputs);
    if (pass == Pass.BACKWARD) {
      execution.ask(Pass.FORWARD); // its outputs go in
      execution.prepareBack(tensors.random(request.inputs().get(0), request.elementType(), random));
    }
    return execution;
  }

  /** Times the kernels of each program one by one. */
  void stages() {
    try (Stopwatch watch = new Stopwatch(gpu, plan)) {
      for (int length : plan.stagedAt()) {
        for (Program program : programs) {
          for (Pass pass : program.passes()) {
            for (ElementType type : Plan.TYPES) {
              if (deadline.passed()) {
                return;
              }
              String key = key(program.name(), pass, type, length);
              if (!results.has(STAGES, key) && results.section(SECTION).path(key).has("millis")) {
                results.put(STAGES, key, staged(watch, program, pass, type, length));
              }
            }
          }
        }
      }
    }
  }

  private ObjectNode staged(
      Stopwatch watch, Program program, Pass pass, ElementType type, int length) {
    Sizes sizes = plan.timed(length, program.attention().timed());
    KernelRequest request = program.attention().request(sizes, type);
    Map<String, List<Double>> millis = new LinkedHashMap<>();
    try (Tensors tensors = new Tensors(gpu)) {
      Execution execution = prepared(program, request, sizes, pass, tensors);
      execution.ask(pass);
      gpu.asked().await();
      for (int run = 0; run < STAGED_RUNS; run++) {
        watch.forget();
        once(execution, pass)
            .forEach(
                (kernel, each) ->
                    millis.computeIfAbsent(kernel, any -> new ArrayList<>()).add(each));
      }
    }
    ObjectNode entry = Results.entry();
    millis.forEach((kernel, each) -> entry.put(kernel, Stopwatch.median(each)));
    tell.accept("%-32s %s".formatted(key(program.name(), pass, type, length), entry));
    return entry;
  }

  /** Milliseconds of every kernel of one run, those of several launches added up. */
  private Map<String, Double> once(Execution execution, Pass pass) {
    List<String> kernels = new ArrayList<>();
    List<GpuEvent> events = new ArrayList<>();
    try {
      mark(events);
      gpu.asked()
          .onLaunch(
              kernel -> {
                kernels.add(kernel);
                mark(events);
              });
      execution.ask(pass);
      gpu.asked().await();
      Map<String, Double> millis = new LinkedHashMap<>();
      for (int i = 0; i < kernels.size(); i++) {
        millis.merge(kernels.get(i), events.get(i + 1).millisSince(events.get(i)), Double::sum);
      }
      return millis;
    } finally {
      gpu.asked().onLaunch(kernel -> {});
      events.forEach(GpuEvent::close);
    }
  }

  private void mark(List<GpuEvent> events) {
    GpuEvent event = GpuEvent.create();
    events.add(event);
    event.record(gpu.asked());
  }
}
