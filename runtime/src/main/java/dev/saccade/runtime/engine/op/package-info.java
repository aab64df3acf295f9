/**
 * The ops of transformers that ND4J 1.0.0-M2.1 computes slowly or differentiates wrongly, in plain
 * Java.
 */
@NullMarked
package dev.saccade.runtime.engine.op;

import org.jspecify.annotations.NullMarked;
