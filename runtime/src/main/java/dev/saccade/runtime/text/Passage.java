package dev.saccade.runtime.text;

/**
 * Consecutive sentences of one document.
 *
 * @param document the name of the document
 * @param text the sentences, with a space between them
 * @param tokens tokens of the text, special ones not counted
 */
public record Passage(String document, String text, int tokens) {}
