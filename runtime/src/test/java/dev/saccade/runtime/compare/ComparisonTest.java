package dev.saccade.runtime.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.LengthRule;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.option.Option;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.PlainSoftmax;
import dev.saccade.runtime.fixture.TestMechanism;
import dev.saccade.runtime.fixture.TinyEncoder;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.report.MechanismResult;
import dev.saccade.runtime.report.MechanismResult.Status;
import dev.saccade.runtime.report.Report;
import dev.saccade.runtime.report.Timing;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.weights.PretrainedModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SDVariable;
import org.osgi.framework.Version;

/** A comparison in which some mechanisms misbehave, each in its own way. */
class ComparisonTest {

  private static final Corpus CORPUS =
      new Corpus(
          "few points",
          List.of(
              new Document(
                  "one",
                  "The eye jumps to the few points that deserve a look. A look, a look! The few"
                      + " deserve the eye. Points jumps to that a look, the eye.")));

  @TempDir static Path directory;

  private static PretrainedModel pretrained;

  private final MechanismRegistry registry = new MechanismRegistry();
  private final List<String> steps = new ArrayList<>();

  @BeforeAll
  static void open() {
    pretrained = TinyEncoder.open(directory);
  }

  @AfterAll
  static void close() {
    pretrained.close();
  }

  @BeforeEach
  void installTeacher() {
    install(TestMechanism.softmax());
  }

  private void install(TestMechanism mechanism) {
    registry.add(mechanism, new Version(1, 2, 3), "test");
  }

  private static ComparisonSettings settings(Map<String, Map<String, String>> options) {
    return new ComparisonSettings(
        "softmax",
        List.of(),
        options,
        "",
        2,
        7,
        List.of(5, 13),
        List.of(3, 32),
        2,
        5,
        42,
        "the command");
  }

  private Report compare() {
    return compare(settings(Map.of()));
  }

  private Report compare(ComparisonSettings settings) {
    return new Comparison(
            pretrained,
            registry,
            CORPUS,
            settings,
            (what, done, all) -> steps.add("%d of %d: %s".formatted(done, all, what)))
        .run();
  }

  private static MechanismResult result(Report report, String name) {
    return report.mechanisms().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static void requireTeacherCompared(Report report) {
    MechanismResult teacher = result(report, "softmax");
    assertThat(teacher.status()).isEqualTo(Status.COMPARED);
    assertThat(teacher.latency()).extracting(Timing::length).containsExactly(5, 13);
    assertThat(teacher.layerLatency()).extracting(Timing::length).containsExactly(3, 32);
  }

  @Test
  void the_teacher_agrees_with_itself() {
    Report report = compare();

    requireTeacherCompared(report);
    MechanismResult teacher = result(report, "softmax");
    var fidelity = Objects.requireNonNull(teacher.fidelity());
    assertThat(fidelity.hiddenError()).isLessThan(1e-6);
    assertThat(fidelity.hiddenCosine()).isCloseTo(1, within(1e-6));
    assertThat(fidelity.contextError()).isLessThan(1e-6);
    assertThat(fidelity.attentionDistance()).isLessThan(1e-6);
    assertThat(fidelity.attentionKl()).isLessThan(1e-6);
    assertThat(fidelity.layers()).hasSize(2);
    assertThat(teacher.maps()).isNotEmpty();
    assertThat(report.command()).isEqualTo("the command");
    assertThat(report.text().passages()).isEqualTo(2);
    assertThat(steps).first().asString().startsWith("0 of ");
    assertThat(steps).last().asString().matches("(\\d+) of \\1: done");
  }

  @Test
  void an_approximation_has_errors_and_one_without_a_matrix_no_distance() {
    install(
        TestMechanism.of(
            "values",
            (graph, query, key, value, mask) -> {
              assertThat(mask.keys()).isPresent();
              return AttentionOutput.of(value);
            }));

    Report report = compare();

    var fidelity = Objects.requireNonNull(result(report, "values").fidelity());
    assertThat(fidelity.hiddenError()).isGreaterThan(0.01);
    assertThat(fidelity.contextError()).isGreaterThan(0.1);
    assertThat(fidelity.attentionDistance()).isNull();
    assertThat(fidelity.attentionKl()).isNull();
    assertThat(result(report, "values").maps()).isEmpty();
  }

  @Test
  void a_mechanism_that_refuses_the_model_is_listed_with_its_reasons() {
    TestMechanism softmax = TestMechanism.softmax();
    install(
        TestMechanism.of("causal", new PlainSoftmax())
            .withCapabilities(softmax.capabilities().withMaskings(Masking.CAUSAL)));

    Report report = compare();

    assertThat(result(report, "causal").status()).isEqualTo(Status.REFUSED);
    assertThat(result(report, "causal").reasons())
        .containsExactly("masking PADDING is not one of [CAUSAL]");
    requireTeacherCompared(report);
  }

  @Test
  void a_mechanism_that_breaks_while_it_is_built_ends_its_own_result_only() {
    install(
        TestMechanism.softmax()
            .withName("unbuilt")
            .withLayers(
                (spec, options) -> {
                  throw new IllegalStateException("broken on purpose");
                }));
    install(
        TestMechanism.softmax()
            .withName("unlinked")
            .withLayers(
                (spec, options) -> {
                  throw new NoClassDefFoundError("some/library/Type");
                }));
    install(TestMechanism.of("ignoring", (graph, q, k, value, mask) -> AttentionOutput.of(value)));

    Report report = compare();

    requireFailed(report, "unbuilt", "IllegalStateException: broken on purpose");
    requireFailed(report, "unlinked", "NoClassDefFoundError: some/library/Type");
    requireFailed(report, "ignoring", "ignoring says that it honours masking PADDING but");
    requireTeacherCompared(report);
  }

  private static void requireFailed(Report report, String name, String reason) {
    assertThat(result(report, name).status()).isEqualTo(Status.FAILED);
    assertThat(result(report, name).reasons()).singleElement().asString().contains(reason);
  }

  @Test
  void numbers_that_are_none_fail_the_mechanism() {
    install(
        TestMechanism.of(
            "nan",
            (graph, query, key, value, mask) ->
                AttentionOutput.of(value.mul(mask.visible().sum(2, 3).mul(0).rdiv(0)))));

    Report report = compare();

    assertThat(result(report, "nan").status()).isEqualTo(Status.FAILED);
    requireTeacherCompared(report);
  }

  @Test
  void a_mechanism_that_breaks_only_at_some_length_fails_alone() {
    install(
        TestMechanism.of(
            "brittle",
            (graph, query, key, value, mask) -> {
              if (graph.batch() == 1 && graph.queries() == 13) {
                throw new IllegalStateException("thirteen");
              }
              return new PlainSoftmax().attend(graph, query, key, value, mask);
            }));

    Report report = compare();

    requireFailed(report, "brittle", "thirteen");
    requireTeacherCompared(report);
  }

  /** Exact attention on multiples of four only. */
  private record InFours() implements AttentionLayer {

    @Override
    public LengthRule lengths() {
      return new LengthRule(1, 4);
    }

    @Override
    public AttentionOutput attend(
        LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
      return new PlainSoftmax().attend(graph, query, key, value, mask);
    }
  }

  @Test
  void lengths_that_a_mechanism_does_not_take_are_skipped_with_the_reason() {
    install(TestMechanism.of("fours", new InFours()));
    ComparisonSettings inFours =
        new ComparisonSettings(
            "softmax",
            List.of(),
            Map.of(),
            "the eye",
            2,
            8,
            List.of(5, 8),
            List.of(3, 32),
            1,
            5,
            42,
            "");

    MechanismResult fours = result(compare(inFours), "fours");

    assertThat(fours.reasons()).isEmpty();
    assertThat(fours.latency())
        .extracting(Timing::status)
        .containsExactly(Timing.Status.SKIPPED, Timing.Status.MEASURED);
    assertThat(fours.layerLatency())
        .extracting(Timing::reason)
        .containsExactly("length 3 is not a multiple of 4", null);
  }

  @Test
  void options_are_shown_with_their_defaults() {
    Option<Integer> kept = Option.integer("k", 7, "kept keys").between(1, 9);
    Option<Double> heat = Option.decimal("heat", 0.5, "how hot it is");
    install(TestMechanism.softmax().withName("warm").withOptions(kept, heat));

    Report report = compare(settings(Map.of("warm", Map.of("k", "3"))));

    assertThat(result(report, "warm").options()).hasToString("{k=3, heat=0.5}");
  }

  @Test
  void wrong_options_are_the_users_to_mend() {
    Option<Integer> kept = Option.integer("k", 7, "kept keys").between(1, 9);
    install(TestMechanism.softmax().withName("warm").withOptions(kept));

    assertThatThrownBy(() -> compare(settings(Map.of("warm", Map.of("k", "10")))))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("warm: option k must be a whole number within 1 … 9 but is 10");
    assertThatThrownBy(() -> compare(settings(Map.of("cold", Map.of("k", "3")))))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("no mechanism is named \"cold\"");
  }

  @Test
  void the_teacher_must_be_exact() {
    install(TestMechanism.of("near", new PlainSoftmax()));
    ComparisonSettings settings =
        new ComparisonSettings(
            "near", List.of(), Map.of(), "", 2, 7, List.of(), List.of(), 1, 5, 42, "");

    assertThatThrownBy(() -> compare(settings))
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("the teacher must be exact attention, which near is not")
        .hasMessageContaining("softmax");
  }

  @Test
  void lengths_beyond_the_models_positions_are_refused() {
    ComparisonSettings settings =
        new ComparisonSettings(
            "softmax", List.of(), Map.of(), "", 2, 7, List.of(14), List.of(), 1, 5, 42, "");

    assertThatThrownBy(() -> compare(settings))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("model length must be at most 13, the positions of this model, but is 14");
  }

  @Test
  void attention_that_is_spread_too_evenly_is_measured() {
    install(
        TestMechanism.of(
            "even",
            (graph, query, key, value, mask) -> {
              SDVariable logits =
                  graph.sameDiff().mmul(query, key, false, true, false).mul(0).add(mask.bias());
              SDVariable weights = graph.math().softmax(logits).mul(mask.visible());
              return AttentionOutput.of(weights.mmul(value))
                  .withProbe(Probe.ATTENTION, new ProbeValue.Dense(weights.mul(3)));
            }));

    MechanismResult even = result(compare(), "even");

    var fidelity = Objects.requireNonNull(even.fidelity());
    assertThat(fidelity.attentionDistance()).isBetween(0.05, 1.0);
    assertThat(fidelity.attentionKl()).isPositive();
  }
}
