/** Files that are either whole or not there. */
@NullMarked
package dev.saccade.runtime.files;

import org.jspecify.annotations.NullMarked;
