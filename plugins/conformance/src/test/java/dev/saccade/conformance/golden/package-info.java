/** Tests of the golden reader on cases that are written for them. */
@NullMarked
package dev.saccade.conformance.golden;

import org.jspecify.annotations.NullMarked;
