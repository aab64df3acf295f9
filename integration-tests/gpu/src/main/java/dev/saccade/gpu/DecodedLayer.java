package dev.saccade.gpu;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Parameter;
import dev.saccade.api.Support;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.api.option.Option;
import dev.saccade.plugins.sea.SeaOnDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a decoding on a GPU begins with.
 *
 * @param batch B
 * @param capacity the most positions
 * @param kept k, the only option that is live
 * @param parameters of the layer, by name
 */
record DecodedLayer(
    AttentionSpec spec, int batch, int capacity, int kept, Map<String, HostFloats> parameters)
    implements DecodingSetup {

  /**
   * @param values of the layer's parameters, in their order; none, to ask what can be decoded
   */
  static DecodedLayer of(SeaOnDevice layer, int batch, int kept, List<Numbers> values) {
    Map<String, HostFloats> parameters = new LinkedHashMap<>();
    List<Parameter> declared = layer.parameters();
    for (int i = 0; i < values.size(); i++) {
      parameters.put(declared.get(i).name(), HostFloats.of(values.get(i)));
    }
    return new DecodedLayer(
        layer.spec(), batch, layer.spec().maxPositions(), kept, Map.copyOf(parameters));
  }

  @Override
  public Tensor parameter(String name) {
    return Objects.requireNonNull(parameters.get(name), name);
  }

  @Override
  public double option(Option<? extends Number> option) {
    return kept;
  }

  @Override
  public KernelChoice kernel() {
    return KernelChoice.CUDA;
  }

  @Override
  public Support check(Arithmetic arithmetic) {
    return Support.no("arithmetic for blocks is a runtime's, which there is none of");
  }
}
