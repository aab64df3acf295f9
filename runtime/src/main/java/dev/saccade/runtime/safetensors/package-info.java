/**
 * Reading and writing {@code .safetensors}, the file format in which Hugging Face keeps weights.
 */
@NullMarked
package dev.saccade.runtime.safetensors;

import org.jspecify.annotations.NullMarked;
