/**
 * Pretrained transformers as ND4J arrays, whatever file they came in.
 *
 * <h2>Names</h2>
 *
 * <p>Hugging Face's names without the leading {@code bert.} or {@code model.decoder.}: {@code
 * embeddings.word_embeddings.weight}, {@code encoder.layer.0.attention.output.LayerNorm.bias},
 * {@code layers.0.self_attn_layer_norm.weight}. The one difference: the matrix of a dense layer is
 * named {@code ….kernel} instead of {@code ….weight} and lies as {@code [in, out]}, ready for
 * {@code input.mmul(kernel)}; a PyTorch {@code weight} is {@code [out, in]}.
 */
@NullMarked
package dev.saccade.runtime.weights;

import org.jspecify.annotations.NullMarked;
