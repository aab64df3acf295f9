package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.OptionException;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.SlotFactory;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Every value that an option's schema takes works, or {@code check} refuses it naming the option;
 * every other is refused by the schema.
 */
final class OptionTrial {

  private static final String NONE = "has no options";

  private final Subject subject;

  OptionTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> wellFormed() {
    List<Option<?>> options = subject.mechanism().options();
    return each(
        options,
        option -> {
          assertThat(option.name()).as("name").matches("[a-z][a-z0-9]*(-[a-z0-9]+)*");
          assertThat(option.help()).as("help").isNotBlank().doesNotContain("\n");
          assertThat(options.stream().filter(other -> other.name().equals(option.name())))
              .as("options named %s", option.name())
              .hasSize(1);
          assertThat(subject.mechanism().options().stream().anyMatch(other -> other == option))
              .as("options() gives the same %s each time; keep it in a constant", option.name())
              .isTrue();
        });
  }

  Stream<DynamicTest> wrongValues() {
    return each(
        subject.mechanism().options(),
        option ->
            wrong(option)
                .forEach(
                    text ->
                        assertThatExceptionOfType(OptionException.class)
                            .as("option %s given \"%s\"", option.name(), text)
                            .isThrownBy(() -> option.parse(text))
                            .withMessageContaining(option.name())
                            .withMessageContaining(option.range())));
  }

  void unknownNames() {
    assertThatExceptionOfType(SaccadeException.class)
        .isThrownBy(() -> SlotFactory.options(subject.mechanism(), Map.of("no-such-option", "1")))
        .withMessageContaining(subject.mechanism().name())
        .withMessageContaining("no-such-option");
  }

  Stream<DynamicTest> extremes() {
    return each(
        subject.mechanism().options(),
        option -> extremes(option).forEach(text -> assertWorksOrIsRefused(option, text)));
  }

  private void assertWorksOrIsRefused(Option<?> option, String text) {
    Variant variant = Variant.of(option.name(), text);
    for (Masking masking : masksToTry()) {
      AttentionSpec spec = subject.spec().withMasking(masking);
      if (option == KernelChoice.OPTION) {
        assertKernelWorksOrSaysWhyNot(
            new Case(subject, variant, spec.withElementType(ElementType.F32)), text);
        continue;
      }
      Case trial = new Case(subject, variant, spec);
      Support support = subject.mechanism().check(trial.spec(), trial.options());
      if (support.isYes()) {
        int length = trial.length();
        LayerInputs inputs = LayerInputs.gaussian(trial.spec(), trial.size(length), 47);
        try (RunningLayer layer = trial.run(trial.size(length))) {
          assertThatTensor(layer.context(inputs)).as("context of %s", trial).isFinite();
        }
      } else {
        assertThat(support.reasons())
            .as("reasons against %s: one must name the option", trial)
            .anySatisfy(reason -> assertThat(reason).contains(option.name()));
      }
    }
  }

  /** Whether a kernel can run is decided by the machine too; it must say so by its name. */
  private static void assertKernelWorksOrSaysWhyNot(Case trial, String kernel) {
    LayerInputs inputs = LayerInputs.gaussian(trial.spec(), trial.size(trial.length()), 47);
    try (RunningLayer layer = trial.run(trial.size(trial.length()))) {
      assertThatTensor(layer.context(inputs)).as("context of %s", trial).isFinite();
    } catch (SaccadeException e) {
      assertThat(e).hasMessageStartingWith("kernel " + kernel);
    }
  }

  /**
   * The least and the strictest mask, unless default options refuse it, which is not an option's
   * doing.
   */
  private List<Masking> masksToTry() {
    Options defaults = subject.options(Variant.defaults());
    List<Masking> taken =
        subject.capabilities().maskings().stream()
            .filter(
                masking ->
                    subject
                        .mechanism()
                        .check(subject.spec().withMasking(masking), defaults)
                        .isYes())
            .toList();
    return taken.size() < 2 ? taken : List.of(taken.get(0), taken.get(taken.size() - 1));
  }

  /** A live option changed on a built layer gives what a layer built with it gives. */
  Stream<DynamicTest> liveOptions() {
    List<Option<?>> live = subject.mechanism().options().stream().filter(Option::live).toList();
    return live.isEmpty()
        ? Trials.skipped("has no live options")
        : each(
            live, option -> extremes(option).forEach(text -> assertChangesAsIfBuilt(option, text)));
  }

  private void assertChangesAsIfBuilt(Option<?> option, String text) {
    Case before = new Case(subject, subject.variants().get(0), subject.spec());
    Case after = new Case(subject, before.variant().and(option.name(), text), subject.spec());
    LayerInputs inputs = LayerInputs.gaussian(before.spec(), before.size(before.length()), 53);
    try (RunningLayer changed = before.run(before.size(before.length()));
        RunningLayer built = after.run(after.size(after.length()))) {
      changed.context(inputs); // so that nothing is left over from the old value
      changed.slot().change(option, text);
      TensorValues expected = built.context(inputs);
      assertThatTensor(changed.context(inputs))
          .as("context after %s was changed to %s", option.name(), text)
          .isCloseTo(expected, Rounding.of(before, before.length(), expected));
    }
  }

  private static Stream<DynamicTest> each(List<Option<?>> options, Consumer<Option<?>> body) {
    return options.isEmpty()
        ? Trials.skipped(NONE)
        : options.stream().map(option -> dynamicTest(option.name(), () -> body.accept(option)));
  }

  /** Values that the schema takes: the ends of the range, every choice, small numbers. */
  private static Stream<String> extremes(Option<?> option) {
    if (option.type() == Boolean.class) {
      return Stream.of("true", "false");
    }
    if (option.type().isEnum()) {
      return Stream.of(option.type().getEnumConstants())
          .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-'));
    }
    return option.lowest().isPresent()
        ? Stream.of(option.lowest().orElseThrow(), option.highest().orElseThrow())
            .map(Object::toString)
        : Stream.of("-1", "0", "1");
  }

  private static Stream<String> wrong(Option<?> option) {
    Stream<String> nonsense = Stream.of("", "what?");
    if (option.lowest().isEmpty()) {
      return nonsense;
    }
    Number low = (Number) option.lowest().orElseThrow();
    Number high = (Number) option.highest().orElseThrow();
    return Stream.concat(
        nonsense,
        option.type() == Integer.class
            ? Stream.of(low.intValue() - 1L, high.intValue() + 1L).map(Object::toString)
            : Stream.of(
                    Math.nextDown(low.doubleValue()), Math.nextUp(high.doubleValue()), Double.NaN)
                .map(Object::toString));
  }
}
