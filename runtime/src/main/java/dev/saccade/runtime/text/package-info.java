/** Text to encode and compare on: the embedded corpus, a user's file, and passages of both. */
@NullMarked
package dev.saccade.runtime.text;

import org.jspecify.annotations.NullMarked;
