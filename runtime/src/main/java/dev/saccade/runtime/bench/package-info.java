/**
 * Measures single attention layers: how time and memory grow with length, and whether to trust it.
 */
@NullMarked
package dev.saccade.runtime.bench;

import org.jspecify.annotations.NullMarked;
