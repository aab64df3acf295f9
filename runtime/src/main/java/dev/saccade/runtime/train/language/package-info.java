/** Training of causal language models: packed text as data, a model with its loss as trainable. */
@NullMarked
package dev.saccade.runtime.train.language;

import org.jspecify.annotations.NullMarked;
