package dev.saccade.plugins.sea;

/**
 * What is left of the estimate when it is made.
 *
 * @param kept the kept columns and the gates
 * @param average what stands in for the keys that are not kept
 * @param <A> of which kind
 */
record Estimated<A extends Average>(KeptBits kept, A average) {}
