package dev.saccade.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.api.ElementType;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.Gpu;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Compares every program with its reference, in every type, size and variant of its kernels. */
final class Correctness {

  static final String SECTION = "correctness";

  private final Gpu gpu;
  private final Plan plan;
  private final List<Program> programs;
  private final Results results;
  private final Deadline deadline;
  private final Consumer<String> tell;
  private final Map<Integer, OpenGpu> open = new HashMap<>(); // kernels are loaded once a variant

  Correctness(
      Gpu gpu,
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

  /**
   * @param seed of the random numbers, a new one every time
   */
  void run(long seed) {
    try {
      tryAll(seed);
    } finally {
      closeAll();
    }
  }

  private void tryAll(long seed) {
    for (Sizes sizes : plan.tried()) {
      for (ElementType type : Plan.TYPES) {
        for (Program program : programs) {
          if (program.attention().takes(sizes)) {
            run(program, sizes, type, new SplittableRandom(seed++));
          }
          if (deadline.passed()) {
            return;
          }
        }
      }
    }
  }

  private void run(Program program, Sizes sizes, ElementType type, SplittableRandom random) {
    List<Integer> missing =
        OpenGpu.variants(gpu).stream()
            .filter(variant -> !results.has(SECTION, key(program, sizes, type, variant)))
            .toList();
    if (missing.isEmpty()) {
      return;
    }
    KernelRequest request = program.attention().request(sizes, type);
    Support support = program.device().check(request, gpu);
    if (!support.isYes()) {
      for (int variant : missing) {
        ObjectNode entry = Results.entry();
        entry.put("refused", String.join("; ", support.reasons()));
        results.put(SECTION, key(program, sizes, type, variant), entry);
      }
      return;
    }
    Trial trial = program.attention().trial(sizes, type, random);
    for (int variant : missing) {
      String key = key(program, sizes, type, variant);
      ObjectNode entry = judged(program, request, trial, variant);
      results.put(SECTION, key, entry);
      tell.accept("%-7s %s".formatted(entry.path("right").asBoolean() ? "right" : "WRONG", key));
      for (var finding : entry.path("findings")) {
        if (!(finding.path("share").asDouble() <= 1)) { // NaN is told as well
          tell.accept("        " + finding);
        }
      }
    }
  }

  private ObjectNode judged(Program program, KernelRequest request, Trial trial, int variant) {
    ObjectNode entry = Results.entry();
    try {
      OpenGpu opened = open.computeIfAbsent(variant, any -> new OpenGpu(gpu, variant));
      List<Finding> findings = findings(program, request, trial, opened);
      entry.put("right", findings.stream().allMatch(Finding::right));
      ArrayNode all = entry.putArray("findings");
      findings.forEach(finding -> all.add(node(finding)));
    } catch (IllegalStateException e) {
      closeAll(); // the context may be lost
      entry.put("right", false);
      entry.put("failure", String.valueOf(e.getMessage()));
      tell.accept("        " + e.getMessage());
    }
    return entry;
  }

  private void closeAll() {
    open.values().forEach(OpenGpu::close);
    open.clear();
  }

  private static List<Finding> findings(
      Program program, KernelRequest request, Trial trial, OpenGpu open) {
    try (Tensors tensors = new Tensors(open)) {
      List<DeviceTensor> inputs = new ArrayList<>();
      trial.inputs().forEach(numbers -> inputs.add(tensors.of(numbers)));
      Execution execution = new Execution(program, request, open, tensors, inputs);
      execution.ask(Pass.FORWARD);
      open.asked().await();
      List<Finding> findings = new ArrayList<>(trial.ofContext(execution.context()));
      if (program.passes().contains(Pass.BACKWARD)) {
        execution.prepareBack(tensors.of(trial.gradient()));
        execution.ask(Pass.BACKWARD);
        open.asked().await();
        findings.addAll(trial.ofGradients(execution.gradients()));
      }
      return findings;
    }
  }

  private static ObjectNode node(Finding finding) {
    ObjectNode node = Results.entry();
    node.put("tensor", finding.tensor());
    node.put("compared", finding.compared());
    node.put("share", finding.worst());
    node.put("greatestError", finding.error());
    node.put("relativeError", finding.relative());
    if (!finding.remark().isEmpty()) {
      node.put("remark", finding.remark());
    }
    return node;
  }

  static String key(Program program, Sizes sizes, ElementType type, int variant) {
    return "%s/%s/%s/compute_%d"
        .formatted(program.name(), type.name().toLowerCase(Locale.ROOT), sizes.label(), variant);
  }

  /** Whether anything of a program was found wrong, so that its times say nothing. */
  static boolean wrong(Results results, String program) {
    ObjectNode section = results.section(SECTION);
    for (var field : section.properties()) {
      if (field.getKey().startsWith(program + "/")
          && field.getValue().has("right")
          && !field.getValue().path("right").asBoolean()) {
        return true;
      }
    }
    return false;
  }
}
