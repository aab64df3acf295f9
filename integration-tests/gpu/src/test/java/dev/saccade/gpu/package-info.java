/** Tests of the suite itself, on a driver that computes on the CPU. */
@NullMarked
package dev.saccade.gpu;

import org.jspecify.annotations.NullMarked;
