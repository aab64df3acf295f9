/** A language model that only counts, for others to beat on the very same tokens. */
@NullMarked
package dev.saccade.benchmarks.ngram;

import org.jspecify.annotations.NullMarked;
