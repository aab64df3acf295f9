package dev.saccade.gpu;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
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
 * SEA with the default options but for these.
 *
 * @param causal whether it is that for causal attention
 * @param kept k
 * @param width M
 */
record SeaDefinition(boolean causal, int kept, int width) implements Attention {

  private static final int KEPT = 3; // which input k is; parameters are behind it

  @Override
  public Masking timed() {
    return causal ? Masking.CAUSAL : Masking.NONE;
  }

  SeaOnDevice layer(Sizes sizes) {
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

  /** The parameters' values among what goes in behind the value. */
  List<Numbers> parameters(Sizes sizes, List<Numbers> others) {
    return others.subList(1, 1 + parameterNames(sizes).size());
  }

  @Override
  public boolean takes(Sizes sizes) {
    return sizes.masking().causal() == causal && sizes.kvHeads() == sizes.heads();
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
    List<Numbers> values = parameters(sizes, inputs.subList(KEPT, inputs.size()));
    for (int i = 0; i < names.size(); i++) {
      parameters.put(names.get(i), values.get(i).values());
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
    others.add(new Numbers(request.inputs().get(KEPT), ElementType.F32, new double[] {kept}));
    layer(sizes).parameters().forEach(each -> others.add(Attention.noisy(each, random)));
    if (sizes.masking().padded()) {
      others.add(new Numbers(sizes.realShape(), ElementType.F32, sizes.real()));
    }
    return others;
  }

  @Override
  public List<Floor> floors(Sizes sizes, ElementType type, Pass pass) {
    return new SeaFloors(sizes, kept, width, type).of(pass);
  }
}
