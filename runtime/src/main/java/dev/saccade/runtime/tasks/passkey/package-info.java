/** Passkey retrieval: whether a language model finds a number that a long text hides. */
@NullMarked
package dev.saccade.runtime.tasks.passkey;

import org.jspecify.annotations.NullMarked;
