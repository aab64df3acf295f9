/**
 * Which mechanisms are installed at this moment, and who is using them. Knows nothing of OSGi, so
 * that a program without bundles can register mechanisms too.
 */
@NullMarked
package dev.saccade.runtime.mechanism;

import org.jspecify.annotations.NullMarked;
