/**
 * Synthetic tasks that tell attention mechanisms apart: generated from a seed, learned by a small
 * model from scratch, and measured on examples that it never saw.
 */
@NullMarked
package dev.saccade.runtime.tasks;

import org.jspecify.annotations.NullMarked;
