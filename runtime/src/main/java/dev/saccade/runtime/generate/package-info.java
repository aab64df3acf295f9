/** Text that a causal language model writes on: how tokens are chosen, when it ends. */
@NullMarked
package dev.saccade.runtime.generate;

import org.jspecify.annotations.NullMarked;
