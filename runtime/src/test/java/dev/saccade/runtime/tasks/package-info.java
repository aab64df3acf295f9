@NullMarked
package dev.saccade.runtime.tasks;

import org.jspecify.annotations.NullMarked;
