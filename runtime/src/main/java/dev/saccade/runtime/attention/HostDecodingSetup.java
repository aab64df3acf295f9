package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Support;
import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.api.option.Option;
import dev.saccade.runtime.blocks.BlockArithmetic;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** What the layer of a slot begins to decode with, in host memory. */
record HostDecodingSetup(AttentionSlot slot, int batch, int capacity) implements DecodingSetup {

  @Override
  public AttentionSpec spec() {
    return slot.spec();
  }

  @Override
  public Tensor parameter(String name) {
    INDArray value = slot.parameters().get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "%s has no parameter %s; it declares %s"
              .formatted(slot.mechanism(), name, slot.parameters().keySet()));
    }
    return new HostTensor(value);
  }

  @Override
  public double option(Option<? extends Number> option) {
    return slot.liveOption(option.name()).getDouble(0);
  }

  /** A mechanism without kernels leaves no choice. */
  @Override
  public KernelChoice kernel() {
    return Arrays.stream(KernelChoice.values())
        .filter(
            kernel ->
                slot.options().has(KernelChoice.OPTION)
                    && KernelLadder.asksFor(slot.kernelChoice(), kernel))
        .findFirst()
        .orElse(KernelChoice.AUTO);
  }

  /** Whoever asks for plain kernels gets plain decoding, too. */
  @Override
  public Support check(Arithmetic arithmetic) {
    boolean plain = KernelLadder.asksFor(slot.kernelChoice(), KernelChoice.PLAIN);
    return plain && arithmetic != Arithmetic.PLAIN
        ? Support.no("plain kernels are asked for")
        : BlockArithmetic.check(arithmetic);
  }
}
