package dev.saccade.runtime.tasks;

/**
 * What others measured at a task.
 *
 * @param model as they call it
 * @param accuracy in percent, or as they put it where they give no number
 * @param setting at which size
 * @param source paper and place in it
 */
public record PublishedResult(String model, String accuracy, String setting, String source) {}
