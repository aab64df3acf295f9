/** Tests of what users run before any Java of ours runs: the launchers and the folder. */
@NullMarked
package dev.saccade.distribution;

import org.jspecify.annotations.NullMarked;
