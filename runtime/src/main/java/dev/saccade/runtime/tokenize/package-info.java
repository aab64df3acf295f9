/** Text to token ids and back, exactly as the {@code tokenizer.json} beside a model says. */
@NullMarked
package dev.saccade.runtime.tokenize;

import org.jspecify.annotations.NullMarked;
