/** Mechanisms side by side: one model, one text, one machine. */
@NullMarked
package dev.saccade.runtime.compare;

import org.jspecify.annotations.NullMarked;
