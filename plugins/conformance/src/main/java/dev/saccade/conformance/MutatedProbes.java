package dev.saccade.conformance;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;

/** Mechanisms that show something else than they do. */
final class MutatedProbes {

  private MutatedProbes() {}

  static List<MutatedMechanism> all() {
    return List.of(
        MutatedMechanism.of(
            "shows other weights than it mixes by",
            new ShowsOthers(),
            "the_attention_shown_mixes_the_values_to_the_context"),
        MutatedMechanism.of(
            "shows weights before they were masked",
            new ShowsUnmasked(),
            "keys_that_a_query_may_not_see_have_no_weight",
            "the_attention_shown_mixes_the_values_to_the_context"),
        MutatedMechanism.of(
            "shows another shape than it states",
            new ShowsOneAxisMore(),
            "probes_have_the_shape_that_they_state"),
        MutatedMechanism.of(
            "shows all keys as kept", new ShowsAllKept(), "kept_keys_are_those_with_weight"),
        MutatedMechanism.of(
            "shows the mean of a row as its sum",
            new ShowsMeans(),
            "row_sums_are_the_sums_of_rows"),
        MutatedMechanism.of(
            "shows what nobody asked for", new ShowsUnasked(), "probes_are_given_when_asked_for"),
        MutatedMechanism.of(
            "computes otherwise while it is watched", new IsShy(), "watching_changes_nothing"));
  }

  private abstract static class Showing extends PlainAttention {

    Showing() {
      super(Masking.NONE, Masking.CAUSAL);
    }

    @Override
    List<Probe> probes() {
      return List.of(Probe.ATTENTION, Probe.KEPT, Probe.ROW_SUMS);
    }
  }

  private static final class ShowsOthers extends Showing {
    @Override
    List<Probe> probes() {
      return List.of(Probe.ATTENTION);
    }

    @Override
    SDVariable shown(LayerGraph graph, Probe probe, SDVariable weights, AttentionMask mask) {
      return super.shown(graph, probe, weights.mul(weights), mask);
    }
  }

  private static final class ShowsUnmasked extends Showing {
    @Override
    List<Probe> probes() {
      return List.of(Probe.ATTENTION);
    }

    @Override
    SDVariable shown(LayerGraph graph, Probe probe, SDVariable weights, AttentionMask mask) {
      return weights.add(mask.visible().rsub(1.0).mul(0.1));
    }
  }

  private static final class ShowsOneAxisMore extends Showing {
    @Override
    List<Probe> probes() {
      return List.of(new Probe("greatest", "[B, H, T]", "the greatest weight of every row"));
    }

    @Override
    SDVariable shown(LayerGraph graph, Probe probe, SDVariable weights, AttentionMask mask) {
      return graph.math().max(weights, 3);
    }
  }

  private static final class ShowsAllKept extends Showing {
    @Override
    SDVariable shown(LayerGraph graph, Probe probe, SDVariable weights, AttentionMask mask) {
      SDVariable shown = super.shown(graph, probe, weights, mask);
      return probe.equals(Probe.KEPT) ? shown.mul(0.0).add(1.0) : shown;
    }
  }

  private static final class ShowsMeans extends Showing {
    @Override
    SDVariable shown(LayerGraph graph, Probe probe, SDVariable weights, AttentionMask mask) {
      SDVariable shown = super.shown(graph, probe, weights, mask);
      return probe.equals(Probe.ROW_SUMS) ? shown.div((double) graph.keys()) : shown;
    }
  }

  private static final class ShowsUnasked extends Showing {
    @Override
    boolean shows(LayerGraph graph, Probe probe) {
      return true;
    }
  }

  private static final class IsShy extends Showing {
    @Override
    List<Probe> probes() {
      return List.of(Probe.KEPT);
    }

    @Override
    SDVariable context(LayerGraph graph, SDVariable weights, SDVariable value, AttentionMask mask) {
      SDVariable context = super.context(graph, weights, value, mask);
      return graph.wants(Probe.KEPT) ? context.mul(1.001) : context;
    }
  }
}
