/** JSON from other programs, read strictly and with errors that name the field. */
@NullMarked
package dev.saccade.runtime.json;

import org.jspecify.annotations.NullMarked;
