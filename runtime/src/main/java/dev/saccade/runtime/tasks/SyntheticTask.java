package dev.saccade.runtime.tasks;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A task that is drawn, not collected: sequences of tokens some of whose positions have one right
 * answer. Immutable; what it draws depends on the generator alone.
 */
public interface SyntheticTask {

  /** What users choose it by, such as {@code "mqar"}. */
  String name();

  /** The settings that decide what is drawn, by the names that users know them by. */
  Map<String, Integer> settings();

  /** V; tokens are 0 to V − 1. */
  int vocabularySize();

  /** The most tokens that an example has. */
  int length();

  /** What fills an example that is shorter than others of its batch. */
  int paddingId();

  /** Draws an example. */
  Example draw(SplittableRandom random);

  /** How often an answer is right that is drawn from the likeliest in view, from 0 to 1. */
  double chance();

  /** Says in a line what such an answer is drawn from. */
  String guess();

  /** What others measured. */
  List<PublishedResult> published();
}
