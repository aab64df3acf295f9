/**
 * Exact softmax attention, and the mechanisms that SEA is compared with.
 *
 * <p>Axes as in {@link dev.saccade.api}.
 */
@NullMarked
package dev.saccade.plugins.baselines;

import org.jspecify.annotations.NullMarked;
