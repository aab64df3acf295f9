/** Benchmarks with harnesses and rivals that the distribution does not carry. */
@NullMarked
package dev.saccade.benchmarks;

import org.jspecify.annotations.NullMarked;
