/** Training: from a model that gives gradients to checkpoints that can be resumed bit for bit. */
@NullMarked
package dev.saccade.runtime.train;

import org.jspecify.annotations.NullMarked;
