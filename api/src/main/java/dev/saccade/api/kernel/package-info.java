/** Fused operations on raw memory, forward and backward, and the values they work on. */
@Export
@Version("0.1.0")
@NullMarked
package dev.saccade.api.kernel;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
