@NullMarked
package dev.saccade.runtime.tasks.passkey;

import org.jspecify.annotations.NullMarked;
