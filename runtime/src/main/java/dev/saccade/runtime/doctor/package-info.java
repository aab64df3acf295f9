/** What of the machine is as Saccade needs it, and what to do about the rest. */
@NullMarked
package dev.saccade.runtime.doctor;

import org.jspecify.annotations.NullMarked;
