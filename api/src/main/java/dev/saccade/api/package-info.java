/** x. */
@Export
@Version("0.1.0")
@NullMarked
package dev.saccade.api;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
