package dev.saccade.runtime.tasks.passkey;

import dev.saccade.runtime.evaluate.Interval;

/**
 * How often a model found the key behind so much filler.
 *
 * @param filler characters of it
 * @param tokens of a prompt, the mean
 * @param prompts that were asked
 * @param said the share in which the key is the first number that the model writes, 0 to 1
 * @param saidInterval at 95 %, over prompts
 * @param chosen the share in which the key is likelier than every rival, 0 to 1
 * @param chosenInterval at 95 %, over prompts
 */
public record PasskeyScore(
    int filler,
    double tokens,
    int prompts,
    double said,
    Interval saidInterval,
    double chosen,
    Interval chosenInterval) {}
