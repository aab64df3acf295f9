/** Trials of the baselines against published implementations, each other and finite differences. */
@NullMarked
package dev.saccade.plugins.baselines;

import org.jspecify.annotations.NullMarked;
