/** Compares mechanisms with recorded results of other programs, tensor by tensor. */
@NullMarked
package dev.saccade.conformance.golden;

import org.jspecify.annotations.NullMarked;
