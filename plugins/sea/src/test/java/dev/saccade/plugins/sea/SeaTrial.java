package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.RecipeErrors.assertKernelErrsLikeTheRecipe;
import static dev.saccade.plugins.sea.RecipeErrors.assertKernelsErrLikeTheRecipe;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.plugins.sea.cuda.FakeDriver;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One layer on one set of numbers, computed by this one and that.
 *
 * @param masking of a sequence without padding
 */
record SeaTrial(Masking masking, int length, Padding padding, Map<String, String> options) {

  static final int B = 2;
  static final int H = 3;
  private static final int D = 7;

  /** Of which no two estimates are as near at a cut that rounding could choose another. */
  static final long SEED = 5;

  /**
   * One position; below, at and above a block; several windows, segments or tiles of keys; and
   * spans.
   */
  private static final List<Integer> LENGTHS = List.of(1, 31, 32, 33, 207, 513);

  /** That of a sequence with padding, and a width at which every column is one key. */
  private static final int MIDDLE = 207;

  private static final List<Map<String, String>> OF_EITHER =
      List.of(
          Map.of("width", "32", "k", "5"),
          Map.of("width", "207", "k", "3", "grouping", "query"),
          Map.of("width", "24", "k", "5", "joint-encoder", "true", "scaler", "false"),
          Map.of("width", "32", "k", "3", "oversample", "1.5", "scale", "queries"),
          Map.of("width", "32", "k", "4", "estimate-every", "3"),
          Map.of("width", "11", "k", "4", "estimate-every", "64"),
          Map.of("width", "70", "k", "4", "scale", "nothing", "feature-divisor", "3"));

  private static final List<Map<String, String>> OF_CAUSAL =
      List.of(Map.of("width", "12", "k", "5", "deeper", "true", "keys", "at-most-k"));

  private static final List<Map<String, String>> OF_OTHERS =
      List.of(
          Map.of("width", "32", "k", "3", "grouping", "head", "oversample", "2"),
          Map.of("width", "16", "k", "3", "grouping", "batch", "estimate-every", "3"),
          Map.of("width", "9", "k", "5", "keys", "at-most-k", "constant-shift", "true"));

  /** Every option at every length and with padding, and a sequence of nothing but padding. */
  static Stream<SeaTrial> all(Masking masking) {
    List<SeaTrial> trials = new ArrayList<>();
    List<Map<String, String>> variants = new ArrayList<>(OF_EITHER);
    variants.addAll(masking.causal() ? OF_CAUSAL : OF_OTHERS);
    for (Map<String, String> options : variants) {
      LENGTHS.forEach(length -> trials.add(new SeaTrial(masking, length, Padding.NONE, options)));
      trials.add(new SeaTrial(masking, MIDDLE, Padding.BEHIND, options));
      trials.add(new SeaTrial(masking, MIDDLE, Padding.ANYWHERE, options));
    }
    trials.add(new SeaTrial(masking, MIDDLE, Padding.EVERYWHERE, OF_EITHER.get(0)));
    return trials.stream();
  }

  static AttentionSpec spec(Masking masking) {
    return AttentionSpec.multiHead(H, D).withMaxPositions(601).withMasking(masking);
  }

  /** The kernel that computes where there is no GPU; there is none from now on. */
  static String fastestOnCpu(Masking masking, Map<String, String> options) {
    FakeDriver.set("FAKE_CUDA_DEVICES", 0);
    try (KernelTrial layer = new KernelTrial(spec(masking), options, B, 33, SEED, null)) {
      return layer.ranBy();
    }
  }

  AttentionSpec spec(ElementType type) {
    Masking padded = masking.causal() ? Masking.CAUSAL_PADDING : Masking.PADDING;
    return spec(padding == Padding.NONE ? masking : padded).withElementType(type);
  }

  private Map<String, String> options(String kernel) {
    Map<String, String> chosen = new LinkedHashMap<>(options);
    chosen.put("kernel", kernel);
    return chosen;
  }

  void assertContextErrsLikeTheRecipe() {
    assertKernelsErrLikeTheRecipe(
        neighbour -> exact().beside(neighbour).contexts(),
        neighbour -> of("recipe").beside(neighbour).contexts(),
        arithmetic -> of(arithmetic).contexts());
  }

  void assertContextErrsLikeTheRecipe(String kernel) {
    assertKernelErrsLikeTheRecipe(
        neighbour -> exact().beside(neighbour).contexts(),
        neighbour -> of("recipe").beside(neighbour).contexts(),
        kernel,
        () -> of(kernel).contexts());
  }

  void assertGradientsErrLikeTheRecipe() {
    assertKernelsErrLikeTheRecipe(
        neighbour -> exact().beside(neighbour).gradients(),
        neighbour -> of("recipe").beside(neighbour).gradients(),
        arithmetic -> of(arithmetic).gradients());
  }

  void assertGradientsErrLikeTheRecipe(String kernel) {
    assertKernelErrsLikeTheRecipe(
        neighbour -> exact().beside(neighbour).gradients(),
        neighbour -> of("recipe").beside(neighbour).gradients(),
        kernel,
        () -> of(kernel).gradients());
  }

  Computed exact() {
    return new Computed(this, ElementType.F64, "recipe", 0);
  }

  Computed of(String kernel) {
    return new Computed(this, ElementType.F32, kernel, 0);
  }

  Computed of(Arithmetic arithmetic) {
    return of(arithmetic.name().toLowerCase(Locale.ROOT));
  }

  KernelTrial open(Arithmetic arithmetic) {
    return open(arithmetic.name().toLowerCase(Locale.ROOT));
  }

  KernelTrial open(String kernel) {
    return open(ElementType.F32, kernel);
  }

  KernelTrial open(ElementType type, String kernel) {
    KernelTrial layer =
        new KernelTrial(spec(type), options(kernel), B, length, SEED, padding.real(B, length));
    assertThat(layer.ranBy()).isEqualTo(kernel);
    return layer;
  }

  /** The same layer, learning from a teacher. */
  DistillationTrial teach(ElementType type, String kernel) {
    DistillationTrial layer =
        new DistillationTrial(
            spec(type), options(kernel), B, length, SEED, padding.real(B, length));
    assertThat(layer.ranBy()).isEqualTo(kernel);
    return layer;
  }

  /** What one of them computes. */
  record Computed(SeaTrial trial, ElementType type, String kernel, int neighbour) {

    /** The same for numbers beside those that go in; for them, if 0. */
    Computed beside(int number) {
      return new Computed(trial, type, kernel, number);
    }

    INDArray context() {
      try (KernelTrial layer = trial.open(type, kernel)) {
        layer.installed().nudge(neighbour);
        return layer.context();
      }
    }

    Map<String, INDArray> contexts() {
      return Map.of(SingleLayer.CONTEXT, context());
    }

    Map<String, INDArray> gradients() {
      try (KernelTrial layer = trial.open(type, kernel)) {
        layer.installed().nudge(neighbour);
        return layer.gradients();
      }
    }

    /** All numbers of all gradients; ND4J takes those for equal that are near. */
    List<Double> bits() {
      return gradients().values().stream()
          .flatMapToDouble(gradient -> Arrays.stream(TensorDifference.doubles(gradient)))
          .boxed()
          .toList();
    }

    Map<String, INDArray> everything() {
      Map<String, INDArray> everything = new LinkedHashMap<>(gradients());
      everything.put(SingleLayer.CONTEXT, context());
      return everything;
    }
  }
}
