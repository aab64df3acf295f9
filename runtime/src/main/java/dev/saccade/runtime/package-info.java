/** Saccade for Java programs: open it, load a model, choose a mechanism, encode, compare. */
@NullMarked
package dev.saccade.runtime;

import org.jspecify.annotations.NullMarked;
