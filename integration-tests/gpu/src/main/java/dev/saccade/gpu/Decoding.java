package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Support;
import dev.saccade.api.decode.DecodingState;
import dev.saccade.plugins.sea.SeaOnDevice;
import dev.saccade.plugins.sea.cuda.Gpu;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Causal SEA position by position, which must come to the same as the whole text at once. It finds
 * the GPU by itself, so that it loads the best PTX.
 *
 * @param attention causal
 */
record Decoding(SeaDefinition attention) implements Tried {

  static final String NAME = "sea-decoding";

  private static final int SINGLE = 4; // last positions, which are taken one by one

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<ElementType> types() {
    return List.of(ElementType.F32);
  }

  @Override
  public List<Integer> variants(Gpu gpu) {
    List<Integer> all = OpenGpu.variants(gpu);
    return all.subList(all.size() - 1, all.size());
  }

  @Override
  public Support check(Sizes sizes, ElementType type, Gpu gpu) {
    return check(sizes);
  }

  Support check(Sizes sizes) {
    SeaOnDevice layer = attention.layer(sizes);
    return layer
        .incremental()
        .check(DecodedLayer.of(layer, sizes.batch(), attention.kept(), List.of()));
  }

  @Override
  public List<Finding> compare(Trial trial, Sizes sizes, ElementType type, OpenGpu gpu) {
    NavigableSet<Integer> prompt = ends(sizes.length(), sizes.length() - SINGLE);
    NavigableSet<Integer> portions =
        ends(
            sizes.length(), 1, sizes.length() / 2, sizes.length() / 2 + 1, sizes.length() - SINGLE);
    List<Finding> findings = new ArrayList<>();
    trial
        .ofContext(decoded(trial.inputs(), sizes, prompt))
        .forEach(each -> findings.add(each.by("prompt")));
    trial
        .ofContext(decoded(trial.inputs(), sizes, portions))
        .forEach(each -> findings.add(each.by("portions")));
    return findings;
  }

  /**
   * Where portions end: at those of the given that there are, and at each of the last positions.
   */
  private static NavigableSet<Integer> ends(int length, int... given) {
    NavigableSet<Integer> ends = new TreeSet<>();
    IntStream.concat(IntStream.of(given), IntStream.rangeClosed(length - SINGLE + 1, length))
        .filter(end -> end > 0)
        .forEach(ends::add);
    return ends;
  }

  private double[] decoded(List<Numbers> inputs, Sizes sizes, NavigableSet<Integer> ends) {
    double[] contexts = new double[sizes.rows() * sizes.headSize()];
    try (DecodingState state =
        begin(sizes, attention.parameters(sizes, inputs.subList(3, inputs.size())))) {
      for (int end : ends) {
        int from = state.length();
        Positions next = Positions.of(sizes, inputs, from, end);
        state.advance(next);
        next.copyContexts(sizes, contexts, from);
      }
    }
    return contexts;
  }

  /**
   * Begins texts of no position yet.
   *
   * @param parameters of the layer, in their order
   */
  DecodingState begin(Sizes sizes, List<Numbers> parameters) {
    SeaOnDevice layer = attention.layer(sizes);
    return layer
        .incremental()
        .open(DecodedLayer.of(layer, sizes.batch(), attention.kept(), parameters));
  }
}
