/**
 * SEA: sparse linear attention with an estimated attention mask (Lee et al., ICLR 2024).
 *
 * <p>Axes as in {@link dev.saccade.api}.
 */
@NullMarked
package dev.saccade.plugins.sea;

import org.jspecify.annotations.NullMarked;
