/** Transformers with exchangeable attention: their graphs, and calls that survive a swap. */
@NullMarked
package dev.saccade.runtime.model;

import org.jspecify.annotations.NullMarked;
