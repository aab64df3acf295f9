/** Trials of SEA against the published implementation and against finite differences. */
@NullMarked
package dev.saccade.plugins.sea;

import org.jspecify.annotations.NullMarked;
