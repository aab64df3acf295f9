/** Times, and the machine that they belong to. */
@NullMarked
package dev.saccade.runtime.measure;

import org.jspecify.annotations.NullMarked;
