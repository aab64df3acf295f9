package dev.saccade.gpu;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.api.ElementType;
import dev.saccade.api.Support;
import dev.saccade.plugins.sea.cuda.Gpu;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;

/** Compares all that is tried with references, in every type, size and variant of its kernels. */
final class Correctness {

  static final String SECTION = "correctness";

  private final Gpu gpu;
  private final Plan plan;
  private final List<Tried> tried;
  private final Results results;
  private final Deadline deadline;
  private final Consumer<String> tell;
  private final Map<Integer, OpenGpu> open = new HashMap<>(); // kernels are loaded once a variant

  Correctness(
      Gpu gpu,
      Plan plan,
      List<Tried> tried,
      Results results,
      Deadline deadline,
      Consumer<String> tell) {
    this.gpu = gpu;
    this.plan = plan;
    this.tried = tried;
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
        for (Tried each : tried) {
          if (each.attention().takes(sizes) && each.types().contains(type)) {
            run(each, sizes, type, new SplittableRandom(seed++));
          }
          if (deadline.passed()) {
            return;
          }
        }
      }
    }
  }

  private void run(Tried each, Sizes sizes, ElementType type, SplittableRandom random) {
    List<Integer> missing =
        each.variants(gpu).stream()
            .filter(variant -> !results.has(SECTION, key(each, sizes, type, variant)))
            .toList();
    if (missing.isEmpty()) {
      return;
    }
    Support support = each.check(sizes, type, gpu);
    if (!support.isYes()) {
      for (int variant : missing) {
        ObjectNode entry = Results.entry();
        entry.put("refused", String.join("; ", support.reasons()));
        results.put(SECTION, key(each, sizes, type, variant), entry);
      }
      return;
    }
    Trial trial = each.attention().trial(sizes, type, random);
    for (int variant : missing) {
      String key = key(each, sizes, type, variant);
      ObjectNode entry = judged(gpu -> each.compare(trial, sizes, type, gpu), variant);
      results.put(SECTION, key, entry);
      tell.accept("%-7s %s".formatted(entry.path("right").asBoolean() ? "right" : "WRONG", key));
      for (var finding : entry.path("findings")) {
        if (!(finding.path("share").asDouble() <= 1)) { // NaN is told as well
          tell.accept("        " + finding);
        }
      }
    }
  }

  private ObjectNode judged(Function<OpenGpu, List<Finding>> comparison, int variant) {
    ObjectNode entry = Results.entry();
    try {
      OpenGpu opened = open.computeIfAbsent(variant, any -> new OpenGpu(gpu, variant));
      List<Finding> findings = comparison.apply(opened);
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

  static String key(Tried each, Sizes sizes, ElementType type, int variant) {
    return "%s/%s/%s/compute_%d"
        .formatted(each.name(), type.name().toLowerCase(Locale.ROOT), sizes.label(), variant);
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
