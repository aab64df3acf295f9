/**
 * What users can set about a mechanism: one schema feeds command-line help, validation and reports.
 */
@Export
@Version("0.1.0")
@NullMarked
package dev.saccade.api.option;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
