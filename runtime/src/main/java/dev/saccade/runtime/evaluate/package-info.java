/** How well a causal language model does: on text, with an exact account of its tokens. */
@NullMarked
package dev.saccade.runtime.evaluate;

import org.jspecify.annotations.NullMarked;
