/** The kit on trial: its assertions, its reference and the mistakes that it must find. */
@NullMarked
package dev.saccade.conformance;

import org.jspecify.annotations.NullMarked;
