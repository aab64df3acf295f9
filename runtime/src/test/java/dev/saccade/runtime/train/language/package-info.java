@NullMarked
package dev.saccade.runtime.train.language;

import org.jspecify.annotations.NullMarked;
