package dev.saccade.gpu;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Parameter;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.SeaOnDevice;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Causal SEA with the default options but for these.
 *
 * @param kept k
 * @param width M
 */
record SeaDefinition(int kept, int width) implements Attention {

  private static final int CHUNK = 128; // positions that are summed up by themselves
  private static final int BEHIND_VALUE = 4; // inputs before the parameters

  private SeaOnDevice layer(Sizes sizes) {
    AttentionSpec spec =
        AttentionSpec.multiHead(sizes.heads(), sizes.headSize())
            .withMaxPositions(sizes.length())
            .withMasking(sizes.masking());
    return new SeaOnDevice(
        spec, Map.of("k", Integer.toString(kept), "width", Integer.toString(width)));
  }

  /** The layer's parameters, in their order. */
  List<String> parameterNames(Sizes sizes) {
    return layer(sizes).parameters().stream().map(Parameter::name).toList();
  }

  @Override
  public boolean takes(Sizes sizes) {
    return sizes.masking().causal() && sizes.kvHeads() == sizes.heads();
  }

  @Override
  public KernelRequest request(Sizes sizes, ElementType type) {
    return layer(sizes).request(sizes.batch(), sizes.length(), type);
  }

  @Override
  public Trial trial(Sizes sizes, ElementType type, RandomGenerator random) {
    List<Numbers> inputs = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      inputs.add(Numbers.gaussian(random, sizes.queryShape(), type));
    }
    inputs.addAll(others(sizes, random));
    Map<String, double[]> parameters = new LinkedHashMap<>();
    List<String> names = parameterNames(sizes);
    for (int i = 0; i < names.size(); i++) {
      parameters.put(names.get(i), inputs.get(BEHIND_VALUE + i).values());
    }
    SeaNumbers numbers =
        new SeaNumbers(
            sizes,
            kept,
            width,
            inputs.get(0).values(),
            inputs.get(1).values(),
            inputs.get(2).values(),
            parameters);
    List<String> trained =
        layer(sizes).parameters().stream()
            .filter(parameter -> parameter.update() instanceof Parameter.Trained)
            .map(Parameter::name)
            .toList();
    return new SeaTrial(
        numbers, trained, type, inputs, Numbers.gaussian(random, sizes.queryShape(), type));
  }

  @Override
  public List<Numbers> others(Sizes sizes, RandomGenerator random) {
    KernelRequest request = request(sizes, ElementType.F32);
    List<Numbers> others = new ArrayList<>();
    others.add(
        new Numbers(request.inputs().get(BEHIND_VALUE - 1), ElementType.F32, new double[] {kept}));
    layer(sizes).parameters().forEach(each -> others.add(Attention.noisy(each, random)));
    if (sizes.masking().padded()) {
      others.add(new Numbers(sizes.realShape(), ElementType.F32, sizes.real()));
    }
    return others;
  }

  /**
   * The stages of the way forward, as the contracts of {@code sea_*.cu} count them for one head and
   * position; of the way back nothing is written down.
   */
  @Override
  public List<Floor> floors(Sizes sizes, ElementType type, Pass pass) {
    if (pass == Pass.BACKWARD) {
      return List.of();
    }
    double stored = type.bytes();
    double d = sizes.headSize();
    double f = Math.floor(d * Math.log(d));
    double m = width;
    double w = Math.floor(m / 4);
    double channels = 2.0 * sizes.heads();
    double keys = meanKept(sizes.length());
    List<Floor> each =
        List.of(
            new Floor("average", 3 * d * stored, 3 * d),
            new Floor("features", 2 * (stored * d + 4 * f), 2 * 2 * d * f),
            new Floor(
                "rough",
                4 * (2 * f + 2 * d) + stored * d + 2 * 4 * f * (2 * d + 1) / CHUNK,
                2 * 2 * f * 2 * d + 2 * 64 * (f + 2 * d)),
            new Floor(
                "encoder",
                4 * (2 * d + 2 * w + 10 * d) + stored * d,
                2 * (6 * d * d + 2 * d * 2 * w + 4 * d)),
            new Floor(
                "painting",
                4 * (7 * 2 * w + m),
                (2 * 2 * w * channels * channels * 9 + 2 * w * channels * sizes.heads())
                    / sizes.heads()),
            new Floor("cut", 4 * m + m / 8, 0),
            new Floor("attention", 4 * d * stored + 2 * d * stored * keys, 4 * d * keys));
    return each.stream()
        .map(
            floor ->
                new Floor(floor.stage(), floor.bytes() * sizes.rows(), floor.flop() * sizes.rows()))
        .toList();
  }

  /** Keys that a query keeps on average: k, but never more than there are. */
  private double meanKept(int length) {
    double early = Math.min(kept, length);
    return (early * (early + 1) / 2 + (length - early) * kept) / length;
  }

  /** The stage of {@link #floors} that a kernel belongs to; its own name, if that is not known. */
  static String stageOf(String kernel) {
    for (Map.Entry<String, String> stage : STAGES.entrySet()) {
      if (kernel.startsWith(stage.getKey())) {
        return stage.getValue();
      }
    }
    return kernel;
  }

  private static final Map<String, String> STAGES =
      Map.ofEntries(
          Map.entry("seaValueSums", "average"),
          Map.entry("seaValueScan", "average"),
          Map.entry("seaAverage", "average"),
          Map.entry("seaFeatures", "features"),
          Map.entry("seaRough", "rough"),
          Map.entry("seaEncode", "encoder"),
          Map.entry("seaNormGelu", "encoder"),
          Map.entry("seaStrips", "encoder"),
          Map.entry("seaGates", "encoder"),
          Map.entry("seaNormalise", "painting"),
          Map.entry("seaRefine", "painting"),
          Map.entry("seaWeights", "painting"),
          Map.entry("seaCut", "cut"),
          Map.entry("seaAttention", "attention"));
}
