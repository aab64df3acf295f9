package dev.saccade.api.decode;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.api.option.Option;
import org.osgi.annotation.versioning.ProviderType;

/** What decoding begins with. Its tensors stay valid until every state made from it is closed. */
@ProviderType
public interface DecodingSetup {

  AttentionSpec spec();

  /** B, the sequences decoded side by side. */
  int batch();

  /** The most positions that will be decoded; a hint to size caches by. */
  int capacity();

  /** A parameter of the layer, by its declared name. */
  Tensor parameter(String name);

  /** What a live option is set to now. A later change is for decodings that begin later. */
  double option(Option<? extends Number> option);

  /**
   * Which implementation the user asks for. {@link KernelChoice#AUTO} leaves it to the layer; of
   * the others a layer heeds those that it knows and {@link IncrementalAttention#check} refuses
   * {@link KernelChoice#CUDA} for the rest.
   */
  KernelChoice kernel();

  /** Says whether {@link DecodingStep#math} gives this arithmetic or, if not, why. */
  Support check(Arithmetic arithmetic);

  /** The fastest arithmetic that {@link DecodingStep#math} gives. */
  default Arithmetic fastest() {
    return check(Arithmetic.SIMD).isYes() ? Arithmetic.SIMD : Arithmetic.PLAIN;
  }
}
