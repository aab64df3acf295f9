/**
 * Compares mechanisms with recorded results of other programs, tensor by tensor.
 *
 * <p>A golden case is a run of another program: {@code NAME.json} says what was run, {@code
 * NAME.safetensors} holds weights, inputs and what was computed. A test reads the cases of a {@link
 * dev.saccade.conformance.golden.GoldenFolder}, computes the same, and hands the results to a
 * {@link dev.saccade.conformance.golden.GoldenReport}, which fails for what is off, and for what
 * nobody compared.
 */
@NullMarked
package dev.saccade.conformance.golden;

import org.jspecify.annotations.NullMarked;
