/** That n-grams are counted and measured as they should be. */
@NullMarked
package dev.saccade.benchmarks.ngram;

import org.jspecify.annotations.NullMarked;
