/** What a comparison of attention mechanisms found, as a file, a page and a table. */
@NullMarked
package dev.saccade.runtime.report;

import org.jspecify.annotations.NullMarked;
