package dev.saccade.conformance;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.ElementType;
import dev.saccade.api.Feature;
import dev.saccade.api.Masking;
import dev.saccade.api.Source;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.attention.SlotFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** A mechanism on trial and what its author says about it. */
record Subject(
    AttentionMechanism mechanism, List<Variant> variants, Sizes sizes, Declarations declarations) {

  Capabilities capabilities() {
    return mechanism.capabilities();
  }

  boolean has(Feature feature) {
    return capabilities().has(feature);
  }

  /** What every trial begins with: no mask, self attention if declared, the widest numbers. */
  AttentionSpec spec() {
    int shortest = Math.toIntExact(capabilities().lengths().shortest());
    Source source = capabilities().sources().contains(Source.SELF) ? Source.SELF : Source.CROSS;
    return AttentionSpec.multiHead(sizes.heads(), sizes.headSize())
        .withMaxPositions(Math.max(sizes.maxPositions(), 8 * shortest))
        .withSource(source)
        .withElementType(widest())
        .withMasking(capabilities().maskings().iterator().next());
  }

  /** The declared element type with the most digits. */
  ElementType widest() {
    return capabilities().elementTypes().stream()
        .max((a, b) -> Double.compare(Rounding.unit(b), Rounding.unit(a)))
        .orElseThrow();
  }

  /** Every variant with every declared masking, in self attention and the widest numbers. */
  List<Case> cases(Predicate<Masking> which) {
    List<Case> cases = new ArrayList<>();
    for (Variant variant : variants) {
      for (Masking masking : capabilities().maskings()) {
        if (which.test(masking) && !(masking.causal() && spec().source() == Source.CROSS)) {
          cases.add(new Case(this, variant, spec().withMasking(masking)));
        }
      }
    }
    cases.removeIf(each -> !each.isTaken());
    return cases;
  }

  /** Every variant with all that is declared together: masking, source and element type. */
  List<Case> everyCase() {
    List<Case> cases = new ArrayList<>();
    for (Variant variant : variants) {
      for (AttentionSpec spec : declaredSpecs()) {
        cases.add(new Case(this, variant, spec));
      }
    }
    cases.removeIf(each -> !each.isTaken());
    return cases;
  }

  /** Every declared combination of masking, source and element type that makes sense. */
  List<AttentionSpec> declaredSpecs() {
    List<AttentionSpec> specs = new ArrayList<>();
    for (Masking masking : capabilities().maskings()) {
      for (Source source : capabilities().sources()) {
        for (ElementType type : capabilities().elementTypes()) {
          if (!(masking.causal() && source == Source.CROSS)) {
            // The masking first: a spec never is causal and across, not even on the way.
            specs.add(
                spec()
                    .withSource(Source.SELF)
                    .withMasking(masking)
                    .withSource(source)
                    .withElementType(type));
          }
        }
      }
    }
    return specs;
  }

  Options options(Variant variant) {
    return SlotFactory.options(mechanism, variant.options());
  }
}
