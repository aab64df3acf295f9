/** Puts any attention mechanism on trial: everything that it declares is tried. */
@NullMarked
package dev.saccade.conformance;

import org.jspecify.annotations.NullMarked;
