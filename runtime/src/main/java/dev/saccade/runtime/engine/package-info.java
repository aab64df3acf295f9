/**
 * Runs SameDiff graphs on ND4J 1.0.0-M2.1, and owns every workaround that takes: the rest of the
 * runtime calls this package and never a SameDiff session.
 */
@NullMarked
package dev.saccade.runtime.engine;

import org.jspecify.annotations.NullMarked;
