/**
 * The contract between an attention plugin and the runtime that loads it.
 *
 * <p>A plugin implements {@link dev.saccade.api.AttentionMechanism} and registers it as an OSGi
 * service. The runtime asks what it can do ({@link dev.saccade.api.Capabilities}), builds a {@link
 * dev.saccade.api.AttentionLayer} for every attention slot of a model, stores the layer's
 * parameters, and has it add itself to a SameDiff graph.
 *
 * <h2>Axes</h2>
 *
 * <p>Shapes are written with these letters, in this order, here and in every plugin:
 *
 * <ul>
 *   <li><b>B</b> sequences in the batch
 *   <li><b>H</b> query heads
 *   <li><b>K</b> key/value heads; H is a multiple of K
 *   <li><b>T</b> query positions
 *   <li><b>S</b> key positions; equals T in self attention
 *   <li><b>D</b> features per head
 *   <li><b>M</b> width of SEA's estimate of a row of the attention matrix
 *   <li><b>k</b> keys kept per query and head by a sparse mechanism
 *   <li><b>F</b> random features of a kernelised mechanism
 * </ul>
 *
 * <p>A type marked {@link org.osgi.annotation.versioning.ConsumerType} is implemented by plugins
 * and does not gain abstract methods within a major version. A type marked {@link
 * org.osgi.annotation.versioning.ProviderType} is implemented by the runtime alone and may gain
 * methods in a minor version.
 */
@Export
@Version("0.1.0")
@NullMarked
package dev.saccade.api;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
