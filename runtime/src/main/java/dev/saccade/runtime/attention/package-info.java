/**
 * How a mechanism's layer gets into a graph: its mask, its parameters, its options, its kernels.
 */
@NullMarked
package dev.saccade.runtime.attention;

import org.jspecify.annotations.NullMarked;
