/** The built distribution end to end. */
@NullMarked
package dev.saccade.it;

import org.jspecify.annotations.NullMarked;
