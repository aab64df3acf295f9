/** That the benchmarks run, not how fast. */
@NullMarked
package dev.saccade.benchmarks;

import org.jspecify.annotations.NullMarked;
