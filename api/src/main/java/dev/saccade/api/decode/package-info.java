/** Attending to one position after another, for text generation. */
@Export
@Version("0.1.0")
@NullMarked
package dev.saccade.api.decode;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
