/** The command line. */
@NullMarked
package dev.saccade.runtime.cli;

import org.jspecify.annotations.NullMarked;
