package dev.saccade.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** PyTorch's attention at the same sizes, by {@code against_torch.py}, where PyTorch works. */
final class TorchRival {

  static final String SECTION = "torch";
  static final String ABOUT = "about";
  static final String SCRIPT = "against_torch.py";
  static final List<String> RIVALS = List.of("dense", "sdpa");

  private static final String PYTHON = "python3";
  private static final long PROBE_SECONDS = 120; // importing it for the first time takes long
  private static final String PROBE =
      "import torch, sys; sys.exit(0 if torch.cuda.is_available() else 'it sees no GPU')";

  private TorchRival() {}

  /**
   * @param home where the script is
   */
  static void run(
      Path home,
      Path folder,
      Plan plan,
      Results results,
      Deadline deadline,
      Consumer<String> tell) {
    if (deadline.passed() || results.section(SECTION).path(ABOUT).path("whole").asBoolean()) {
      return;
    }
    String missing = missing(home);
    if (!missing.isEmpty()) {
      results.put(SECTION, ABOUT, Results.entry().put("leftOut", missing));
      tell.accept("PyTorch was left out: " + missing);
      return;
    }
    Path json = folder.resolve("torch.json");
    Results.replace(json, results.section(SECTION).toPrettyString());
    Outside ran = Outside.run(command(home, json, plan, deadline), deadline.seconds() + 60);
    take(json, results);
    if (ran.exit() != 0) {
      tell.accept("PyTorch stopped: " + ran.lastLine());
    } else if (!results.section(SECTION).path(ABOUT).path("whole").asBoolean()) {
      deadline.passed();
    }
    tell.accept("PyTorch: %d times".formatted(results.section(SECTION).size() - 1));
  }

  private static String missing(Path home) {
    if (!Files.exists(home.resolve(SCRIPT))) {
      return home.resolve(SCRIPT) + " is not there";
    }
    if (!Outside.isThere(PYTHON)) {
      return PYTHON + " is not there";
    }
    Outside probe = Outside.run(List.of(PYTHON, "-c", PROBE), PROBE_SECONDS);
    return probe.exit() == 0 ? "" : "import torch: " + probe.lastLine();
  }

  private static List<String> command(Path home, Path json, Plan plan, Deadline deadline) {
    return List.of(
        PYTHON,
        home.resolve(SCRIPT).toString(),
        "--lengths",
        plan.lengths().stream().map(String::valueOf).collect(Collectors.joining(",")),
        "--heads",
        Integer.toString(plan.heads()),
        "--head-size",
        Integer.toString(plan.headSize()),
        "--rounds",
        Integer.toString(plan.rounds()),
        "--round-millis",
        Double.toString(plan.roundMillis()),
        "--longest-millis",
        Double.toString(plan.longestMillis()),
        "--seconds",
        Long.toString(deadline.seconds()),
        "--out",
        json.toString());
  }

  private static void take(Path json, Results results) {
    try {
      JsonNode read = Results.read(json);
      if (read instanceof ObjectNode all) {
        all.properties().forEach(field -> results.put(SECTION, field.getKey(), field.getValue()));
      }
      Files.delete(json);
    } catch (IOException e) {
      throw new UncheckedIOException(json + " cannot be read", e);
    }
  }
}
