package dev.saccade.runtime.tasks.passkey;

import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number in the midst of much text that says nothing, and the question for it at the end; word
 * for word the published prompt (Mohtashami and Jaggi, Landmark Attention, 2023; {@code
 * llama/run_test.py} of their repository).
 *
 * @param text five lines: the task, filler, the number twice, filler, the question
 * @param key 1 to 50,000
 */
record PasskeyPrompt(String text, int key) {

  static final int MOST = 50_000;

  private static final String TASK =
      "There is an important info hidden inside a lot of irrelevant text. Find it and memorize them."
          + " I will quiz you about the important information there.";
  private static final String FILLER =
      "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.";
  private static final String QUESTION = "What is the pass key? The pass key is";

  private static final Pattern NUMBER = Pattern.compile("\\d+");

  /**
   * Draws a prompt.
   *
   * @param filler characters of filler, of which some, each number as likely, come before the key
   */
  static PasskeyPrompt draw(int filler, SplittableRandom random) {
    int before = random.nextInt(filler + 1);
    int key = 1 + random.nextInt(MOST);
    String information = "The pass key is %d. Remember it. %d is the pass key.".formatted(key, key);
    String text =
        String.join("\n", TASK, filler(before), information, filler(filler - before), QUESTION);
    return new PasskeyPrompt(text, key);
  }

  /** The beginning of the sentences over and over, with a space between. */
  private static String filler(int characters) {
    String sentences = FILLER + " ";
    return sentences.repeat(characters / sentences.length() + 1).substring(0, characters);
  }

  /** The text as it goes on with a number. */
  String answeredWith(int number) {
    return text + " " + number;
  }

  /** Whether the first number of what a model writes after the text is the key. */
  boolean isAnsweredBy(String written) {
    Matcher number = NUMBER.matcher(written);
    return number.find() && number.group().replaceFirst("^0+", "").equals(String.valueOf(key));
  }

  /**
   * Draws numbers other than the key, all different.
   *
   * @param count fewer than 100; if there are not as many others with as many digits, they are the
   *     least numbers instead, in random order
   */
  int[] rivals(int count, SplittableRandom random) {
    int least = (int) Math.pow(10, String.valueOf(key).length() - 1);
    int most = Math.min(MOST, 10 * least - 1);
    boolean enough = most - least >= count;
    int from = enough ? least : 1;
    int to = enough ? most : Math.max(most, count + 1);
    int[] drawn = new int[count];
    for (int i = 0; i < count; i++) {
      int next;
      do {
        next = random.nextInt(from, to + 1);
      } while (next == key || isAmong(drawn, i, next));
      drawn[i] = next;
    }
    return drawn;
  }

  private static boolean isAmong(int[] drawn, int count, int number) {
    for (int i = 0; i < count; i++) {
      if (drawn[i] == number) {
        return true;
      }
    }
    return false;
  }
}
