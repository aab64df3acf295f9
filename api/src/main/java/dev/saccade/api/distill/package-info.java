/** Learning from a teacher that attends exactly. */
@Export
@Version("0.1.0")
@NullMarked
package dev.saccade.api.distill;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
