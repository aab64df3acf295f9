/**
 * The OSGi framework inside this JVM that brings plugins to life, and what it has to say about
 * those that stay dead.
 */
@NullMarked
package dev.saccade.runtime.host;

import org.jspecify.annotations.NullMarked;
