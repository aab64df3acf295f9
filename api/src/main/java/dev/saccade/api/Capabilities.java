package dev.saccade.api;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a mechanism can compute and how it grows, as data: the runtime selects by it, reports print
 * it, and the conformance kit puts every line of it on trial.
 *
 * @param maskings the masks that it honours; any other is refused, never ignored
 * @param sources self attention, cross attention or both
 * @param elementTypes the number formats that it computes in
 * @param features what it has beyond the minimum
 * @param lengths the sequence lengths that it takes with default options
 * @param time how long one layer takes
 * @param memory what one layer holds at most, inputs, outputs and parameters aside
 */
public record Capabilities(
    Set<Masking> maskings,
    Set<Source> sources,
    Set<ElementType> elementTypes,
    Set<Feature> features,
    LengthRule lengths,
    Growth time,
    Growth memory) {

  public Capabilities {
    maskings = atLeastOne(Masking.class, maskings, "maskings");
    sources = atLeastOne(Source.class, sources, "sources");
    elementTypes = atLeastOne(ElementType.class, elementTypes, "elementTypes");
    features = inOrder(Feature.class, features);
  }

  /** Self attention in float32 and float64 with any mask, without special features. */
  public static Capabilities growing(Growth time, Growth memory) {
    return new Capabilities(
        EnumSet.allOf(Masking.class),
        EnumSet.of(Source.SELF),
        EnumSet.of(ElementType.F32, ElementType.F64),
        Set.of(),
        LengthRule.any(),
        time,
        memory);
  }

  public Capabilities withMaskings(Masking first, Masking... more) {
    return new Capabilities(
        EnumSet.of(first, more), sources, elementTypes, features, lengths, time, memory);
  }

  public Capabilities withSources(Source first, Source... more) {
    return new Capabilities(
        maskings, EnumSet.of(first, more), elementTypes, features, lengths, time, memory);
  }

  public Capabilities withElementTypes(ElementType first, ElementType... more) {
    return new Capabilities(
        maskings, sources, EnumSet.of(first, more), features, lengths, time, memory);
  }

  public Capabilities withFeatures(Feature first, Feature... more) {
    return new Capabilities(
        maskings, sources, elementTypes, EnumSet.of(first, more), lengths, time, memory);
  }

  public Capabilities withLengths(LengthRule lengths) {
    return new Capabilities(maskings, sources, elementTypes, features, lengths, time, memory);
  }

  public boolean has(Feature feature) {
    return features.contains(feature);
  }

  /** Says whether {@code spec} is within these capabilities and, if it is not, every reason why. */
  public Support check(AttentionSpec spec) {
    List<String> reasons = new ArrayList<>();
    if (!maskings.contains(spec.masking())) {
      reasons.add("masking %s is not one of %s".formatted(spec.masking(), maskings));
    }
    if (!sources.contains(spec.source())) {
      reasons.add("attention source %s is not one of %s".formatted(spec.source(), sources));
    }
    if (!elementTypes.contains(spec.elementType())) {
      reasons.add("element type %s is not one of %s".formatted(spec.elementType(), elementTypes));
    }
    if (spec.kvHeads() != spec.heads() && !has(Feature.GROUPED_HEADS)) {
      reasons.add(
          "every query head needs keys of its own: heads=%d, kvHeads=%d"
              .formatted(spec.heads(), spec.kvHeads()));
    }
    if (spec.maxPositions() < lengths.shortest()) {
      reasons.add(
          "sequences must have at least %d positions but the model admits %d"
              .formatted(lengths.shortest(), spec.maxPositions()));
    }
    return Support.unless(reasons);
  }

  private static <E extends Enum<E>> Set<E> atLeastOne(Class<E> type, Set<E> values, String name) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException(name + " must name at least one " + type.getSimpleName());
    }
    return inOrder(type, values);
  }

  private static <E extends Enum<E>> Set<E> inOrder(Class<E> type, Set<E> values) {
    EnumSet<E> copy = EnumSet.noneOf(type);
    copy.addAll(values);
    return Collections.unmodifiableSet(copy);
  }
}
