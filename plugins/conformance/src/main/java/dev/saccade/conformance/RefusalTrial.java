package dev.saccade.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Feature;
import dev.saccade.api.Masking;
import dev.saccade.api.Source;
import dev.saccade.api.UnsupportedSpecException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** What is not declared is refused by name, with every reason at once. */
final class RefusalTrial {

  private final Subject subject;

  RefusalTrial(Subject subject) {
    this.subject = subject;
  }

  /** A declared masking, source and element type is taken by the default options. */
  Stream<DynamicTest> declaredIsTaken() {
    return subject.declaredSpecs().stream()
        .map(
            spec ->
                dynamicTest(
                    "%s, %s, %s".formatted(spec.masking(), spec.source(), spec.elementType()),
                    () ->
                        assertThat(reasons(spec))
                            .as("reasons against what capabilities() declares")
                            .isEmpty()));
  }

  Stream<DynamicTest> undeclaredIsRefused() {
    Map<AttentionSpec, List<String>> undeclared = undeclared();
    return undeclared.isEmpty()
        ? Trials.skipped("declares all that there is")
        : undeclared.entrySet().stream()
            .map(
                each ->
                    dynamicTest(
                        String.join(", ", each.getValue()),
                        () -> assertRefused(each.getKey(), each.getValue())));
  }

  private void assertRefused(AttentionSpec spec, List<String> mentions) {
    assertThat(reasons(spec))
        .as("reasons against %s", spec)
        .hasSizeGreaterThanOrEqualTo(mentions.size());
    for (String mention : mentions) {
      assertThat(reasons(spec))
          .as("reasons against %s", spec)
          .anySatisfy(reason -> assertThat(reason).contains(mention));
    }
    UnsupportedSpecException refusal =
        catchThrowableOfType(
            UnsupportedSpecException.class,
            () -> subject.mechanism().layer(spec, subject.options(Variant.defaults())));
    assertThat(refusal)
        .as("layer() must refuse what check() refuses: %s", reasons(spec))
        .isNotNull();
    assertThat(refusal.reasons()).containsExactlyElementsOf(reasons(spec));
    assertThat(refusal).hasMessageContaining(subject.mechanism().name());
  }

  private List<String> reasons(AttentionSpec spec) {
    return subject.mechanism().check(spec, subject.options(Variant.defaults())).reasons();
  }

  /** Everything that is not declared, one by one, and at last all that can be asked together. */
  private Map<AttentionSpec, List<String>> undeclared() {
    Map<AttentionSpec, List<String>> specs = new LinkedHashMap<>();
    AttentionSpec all = subject.spec().withSource(Source.SELF);
    List<String> mentions = new ArrayList<>();
    for (ElementType type : ElementType.values()) {
      if (!subject.capabilities().elementTypes().contains(type)) {
        specs.put(subject.spec().withElementType(type), List.of(type.name()));
        all = all.withElementType(type);
      }
    }
    if (!all.elementType().equals(subject.spec().elementType())) {
      mentions.add(all.elementType().name());
    }
    if (!subject.has(Feature.GROUPED_HEADS)) {
      specs.put(grouped(subject.spec()), List.of("kvHeads"));
      all = grouped(all);
      mentions.add("kvHeads");
    }
    for (Source source : Source.values()) {
      if (!subject.capabilities().sources().contains(source)) {
        AttentionSpec unmasked = subject.spec().withMasking(firstWithoutCausality());
        if (unmasked.masking().causal() && source == Source.CROSS) {
          continue;
        }
        specs.put(unmasked.withSource(source), List.of(source.name()));
        all = all.withMasking(unmasked.masking()).withSource(source);
        mentions.add(source.name());
      }
    }
    for (Masking masking : Masking.values()) {
      if (!subject.capabilities().maskings().contains(masking)) {
        specs.put(
            subject.spec().withSource(Source.SELF).withMasking(masking),
            subject.capabilities().sources().contains(Source.SELF)
                ? List.of(masking.name())
                : List.of(masking.name(), Source.SELF.name()));
        if (!(masking.causal() && all.source() == Source.CROSS)
            && subject.capabilities().maskings().contains(all.masking())) {
          all = all.withMasking(masking);
          mentions.add(masking.name());
        }
      }
    }
    if (mentions.size() > 1) {
      specs.put(all, mentions);
    }
    return specs;
  }

  private Masking firstWithoutCausality() {
    return subject.capabilities().maskings().stream()
        .filter(masking -> !masking.causal())
        .findFirst()
        .orElse(subject.spec().masking());
  }

  /** Twice the heads, with keys for every other. */
  private static AttentionSpec grouped(AttentionSpec spec) {
    return new AttentionSpec(
        2 * spec.heads(),
        spec.heads(),
        spec.headSize(),
        2 * spec.hiddenSize(),
        spec.maxPositions(),
        spec.masking(),
        spec.source(),
        spec.elementType());
  }
}
