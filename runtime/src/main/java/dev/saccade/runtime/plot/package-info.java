/** Drawings of numbers as SVG, for files that people look at. */
@NullMarked
package dev.saccade.runtime.plot;

import org.jspecify.annotations.NullMarked;
