/**
 * Arithmetic on blocks of numbers: in plain Java, and with Java's vector API where {@code
 * jdk.incubator.vector} is enabled.
 */
@NullMarked
package dev.saccade.runtime.blocks;

import org.jspecify.annotations.NullMarked;
