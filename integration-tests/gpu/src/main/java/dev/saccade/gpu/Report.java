package dev.saccade.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.api.ElementType;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The results as a page, with what follows from them: ratios, growth and where lines cross. */
final class Report {

  static final String SUMMARY = "summary";

  private static final String OURS = "sea";
  private static final String EXACT = "flash"; // of ours
  private static final String AROUND = "-around"; // behind names of what attends without a mask
  private static final String TORCH = "torch "; // before names of rivals

  private final Results results;
  private final Plan plan;
  private final MeasuredCeilings ceilings;
  private final StringBuilder page = new StringBuilder();

  Report(Results results, Plan plan) {
    this.results = results;
    this.plan = plan;
    this.ceilings = MeasuredCeilings.of(results);
  }

  /** Adds growth and crossings to the results. */
  void summarise() {
    results.remove(SUMMARY);
    for (Pass pass : Pass.values()) {
      for (ElementType type : Plan.TYPES) {
        summarise(pass, type, lines(pass, type, true), own(true));
        summarise(pass, type, lines(pass, type, false), own(false));
      }
    }
  }

  private void summarise(
      Pass pass,
      ElementType type,
      Map<String, SortedMap<Integer, Double>> lines,
      List<String> own) {
    lines.forEach(
        (name, line) -> {
          ObjectNode entry = Results.entry();
          Growth.exponent(line.tailMap(plan.growsFrom()))
              .ifPresent(exponent -> entry.put("exponent", exponent));
          ObjectNode faster = entry.putObject("fasterFrom");
          if (own.contains(name)) {
            lines.forEach(
                (rival, other) -> {
                  if (!rival.equals(name)) {
                    faster.put(rival, Growth.crossing(line, other));
                  }
                });
          }
          String key = "%s/%s/%s".formatted(name, lower(pass), lower(type));
          results.put(SUMMARY, key, entry);
        });
  }

  /** Those of ours that are compared with all others. */
  private static List<String> own(boolean causal) {
    return causal ? List.of(OURS, EXACT) : List.of(OURS + AROUND, EXACT + AROUND);
  }

  /** Milliseconds by length, of ours and of rivals, which are all causal. */
  private Map<String, SortedMap<Integer, Double>> lines(
      Pass pass, ElementType type, boolean causal) {
    Map<String, SortedMap<Integer, Double>> lines = new LinkedHashMap<>();
    Set<String> names = new LinkedHashSet<>();
    results
        .section(Timings.SECTION)
        .properties()
        .forEach(
            field -> {
              if (field.getValue().path("causal").asBoolean(true) == causal) {
                names.add(field.getKey().substring(0, field.getKey().indexOf('/')));
              }
            });
    for (String name : names) {
      add(lines, name, Timings.SECTION, name, pass, type);
    }
    if (causal) {
      for (String rival : TorchRival.RIVALS) {
        add(lines, TORCH + rival, TorchRival.SECTION, rival, pass, type);
      }
    }
    return lines;
  }

  private void add(
      Map<String, SortedMap<Integer, Double>> lines,
      String name,
      String section,
      String program,
      Pass pass,
      ElementType type) {
    SortedMap<Integer, Double> line = new TreeMap<>();
    for (int length : plan.lengths()) {
      JsonNode entry = results.section(section).path(Timings.key(program, pass, type, length));
      if (entry.has("millis")) {
        line.put(length, entry.path("millis").asDouble());
      }
    }
    if (!line.isEmpty()) {
      lines.put(name, line);
    }
  }

  String text() {
    page.setLength(0);
    ObjectNode machine = results.section("machine");
    line("# Kernels on a GPU");
    line("");
    line(
        "%s, compute capability %.1f, %d MiB; driver of CUDA %d.%d; commit %s; plan %s; %s."
            .formatted(
                machine.path("gpu").asText(),
                machine.path("computeCapability").asInt() / 10.0,
                machine.path("memoryBytes").asLong() >> 20,
                machine.path("driverServesCuda").asInt() / 1000,
                machine.path("driverServesCuda").asInt() % 1000 / 10,
                machine.path("commit").asText(),
                machine.path("plan").asText(),
                machine.path("time").asText()));
    line("Raw numbers are in %s.".formatted(Results.FILE));
    Verdicts.describe(results, this::line);
    ceilings();
    for (Pass pass : Pass.values()) {
      for (ElementType type : Plan.TYPES) {
        times(pass, type, true);
        times(pass, type, false);
      }
    }
    GrowthTable.describe(results, plan, this::line);
    StageTables.describe(results, this::line);
    DecodingTimes.describe(results, this::line);
    return page.toString();
  }

  private void ceilings() {
    ObjectNode ceilings = results.section(Ceilings.SECTION);
    if (ceilings.isEmpty()) {
      return;
    }
    line("");
    line("## What the GPU can do at most, measured");
    line("");
    line("| what | rate | spread |");
    line("|---|---|---|");
    ceilings
        .properties()
        .forEach(
            field -> {
              JsonNode entry = field.getValue();
              boolean bytes = entry.has("bytesPerSecond");
              double rate =
                  entry.path(bytes ? "bytesPerSecond" : "flopPerSecond").asDouble()
                      / (bytes ? 1e9 : 1e12);
              line(
                  "| %s %s | %.4g %s | %.1f %% |"
                      .formatted(
                          field.getKey(),
                          entry.path("instruction").asText(),
                          rate,
                          bytes ? "GB/s" : "TFLOP/s",
                          100 * entry.path("spread").asDouble()));
            });
  }

  private void times(Pass pass, ElementType type, boolean causal) {
    Map<String, SortedMap<Integer, Double>> lines = lines(pass, type, causal);
    if (lines.isEmpty()) {
      return;
    }
    line("");
    line(
        "## %s, %s%s: milliseconds (± half the spread of rounds), MiB in all"
            .formatted(lower(pass), lower(type), causal ? "" : ", without a mask"));
    line("");
    List<String> names = List.copyOf(lines.keySet());
    List<String> ratios = new ArrayList<>();
    for (String name : names) {
      for (String own : own(causal)) {
        boolean exact = name.startsWith(EXACT) && own.startsWith(OURS);
        if (names.contains(own) && (name.startsWith(TORCH) || exact)) {
          ratios.add(own + " : " + name);
        }
      }
    }
    line("| T | %s |".formatted(String.join(" | ", concat(names, ratios))));
    line("|---|%s".formatted("---|".repeat(names.size() + ratios.size())));
    for (int length : plan.lengths()) {
      List<String> cells = new ArrayList<>();
      names.forEach(name -> cells.add(cell(name, pass, type, length)));
      for (String ratio : ratios) {
        String[] both = ratio.split(" : ", 2);
        Double own = lines.getOrDefault(both[0], new TreeMap<>()).get(length);
        Double other = lines.getOrDefault(both[1], new TreeMap<>()).get(length);
        cells.add(own == null || other == null ? "" : "%.3g".formatted(own / other));
      }
      line("| %,d | %s |".formatted(length, String.join(" | ", cells)));
    }
    reached(names, pass, type);
  }

  private static List<String> concat(List<String> a, List<String> b) {
    List<String> both = new ArrayList<>(a);
    both.addAll(b);
    return both;
  }

  private JsonNode entry(String name, Pass pass, ElementType type, int length) {
    boolean rival = name.startsWith(TORCH);
    return results
        .section(rival ? TorchRival.SECTION : Timings.SECTION)
        .path(Timings.key(rival ? name.substring(TORCH.length()) : name, pass, type, length));
  }

  private String cell(String name, Pass pass, ElementType type, int length) {
    JsonNode entry = entry(name, pass, type, length);
    if (!entry.has("millis")) {
      return entry.path("leftOut").asText("");
    }
    return "%.4g ± %.1f %%, %,d"
        .formatted(
            entry.path("millis").asDouble(),
            50 * entry.path("spread").asDouble(),
            entry.path("peakBytes").asLong() >> 20);
  }

  /** Bytes and operations of the floors over the time, and the floors' time over it. */
  private void reached(List<String> names, Pass pass, ElementType type) {
    List<String> rows = new ArrayList<>();
    for (String name : names) {
      for (int length : plan.lengths()) {
        JsonNode entry = entry(name, pass, type, length);
        if (!entry.path("floors").isEmpty()) {
          rows.add("| %s | %,d | %s |".formatted(name, length, reached(entry)));
        }
      }
    }
    if (!rows.isEmpty() && ceilings.known()) {
      line("");
      line(
          "Of what the contracts say must be moved and computed, stage by stage, with `triad` for memory and ordinary multiply-adds or tensor cores for arithmetic:");
      line("");
      line("| program | T | GB/s | TFLOP/s | floor / time, fma | floor / time, mma |");
      line("|---|---|---|---|---|---|");
      rows.forEach(this::line);
    }
  }

  private String reached(JsonNode timed) {
    double bytes = 0;
    double flop = 0;
    for (JsonNode each : timed.path("floors")) {
      bytes += each.path("bytes").asDouble();
      flop += each.path("flop").asDouble();
    }
    double millis = timed.path("millis").asDouble();
    return "%.4g | %.4g | %.1f %% | %.1f %%"
        .formatted(
            bytes / millis / 1e6,
            flop / millis / 1e9,
            100 * ceilings.millis(timed.path("floors"), ceilings.fma()) / millis,
            100 * ceilings.millis(timed.path("floors"), ceilings.mma()) / millis);
  }

  private void line(String text) {
    page.append(text).append('\n');
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
