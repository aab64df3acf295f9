/**
 * Ops of a SameDiff graph that Java code computes, found by a name at execution so that the code
 * may come and go while the graph stays.
 */
@NullMarked
package dev.saccade.runtime.engine.kernel;

import org.jspecify.annotations.NullMarked;
