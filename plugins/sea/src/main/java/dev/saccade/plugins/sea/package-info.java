/**
 * SEA: sparse linear attention with an estimated attention mask (Lee et al., ICLR 2024).
 *
 * <p>Four ideas, each a stage that {@link dev.saccade.plugins.sea.SeaSteps} puts in a row:
 *
 * <ol>
 *   <li>A {@link dev.saccade.plugins.sea.Performer} gives every query a context in linear time, in
 *       which positions travel along with the values.
 *   <li>From that context an {@link dev.saccade.plugins.sea.Estimate} paints the attention matrix,
 *       M columns wide whatever the length.
 *   <li>{@link dev.saccade.plugins.sea.KeptColumns} keeps the greatest of it, and {@link
 *       dev.saccade.plugins.sea.ColumnsToKeys} stretches what is kept over the real keys.
 *   <li>{@link dev.saccade.plugins.sea.SparseAttention} attends exactly, to the kept keys alone; an
 *       {@link dev.saccade.plugins.sea.AverageContext} fills in for the rest.
 * </ol>
 *
 * <p>With a causal mask the same stages look back only: a {@link
 * dev.saccade.plugins.sea.CausalPerformer}, {@linkplain dev.saccade.plugins.sea.PaintedPast
 * convolutions over the past}, and an average of the values so far. Such a layer also {@linkplain
 * dev.saccade.plugins.sea.SeaDecoding decodes} position by position. {@link
 * dev.saccade.plugins.sea.Distillation} is how both learn from exact attention.
 *
 * <p>Axes as in {@link dev.saccade.api}; besides, <b>W</b> is the width in which the estimate is
 * painted before it is resized to M, <b>T′</b> the number of queries it is made for, and <b>b</b>
 * and <b>R</b> are B and T where sequences and queries see different keys, and 1 where all see the
 * same.
 */
@NullMarked
package dev.saccade.plugins.sea;

import org.jspecify.annotations.NullMarked;
