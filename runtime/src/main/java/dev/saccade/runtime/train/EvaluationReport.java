package dev.saccade.runtime.train;

/**
 * What an evaluation found.
 *
 * @param step after which it was made
 * @param loss on the validation data, the mean over positions
 * @param positions that it is the mean over
 * @param best whether no loss before was lower
 * @param seconds it took
 */
public record EvaluationReport(
    long step, double loss, long positions, boolean best, double seconds) {}
