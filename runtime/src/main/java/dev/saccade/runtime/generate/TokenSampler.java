package dev.saccade.runtime.generate;

import dev.saccade.runtime.SaccadeException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;

/** Chooses the tokens of one text, one after the other. For one thread. */
final class TokenSampler {

  private final Sampling sampling;
  private final int vocabulary;
  private final BitSet seen = new BitSet();
  private final Random random;

  /**
   * @param prompt the tokens that the text has already
   * @param vocabulary only tokens below this are chosen: a model may have more rows than its
   *     tokenizer has tokens
   */
  TokenSampler(Sampling sampling, int[] prompt, int vocabulary) {
    this.sampling = sampling;
    this.vocabulary = vocabulary;
    for (int token : prompt) {
      seen.set(token);
    }
    // Seeds that differ by one give almost the same first number; those drawn from them do not.
    this.random = new Random(new Random(sampling.seed()).nextLong());
  }

  /**
   * Chooses the next token and counts it as seen.
   *
   * @param logits V or more numbers before the softmax
   * @throws SaccadeException if none of them is finite, or one is not a number
   */
  int next(float[] logits) {
    int token = sampling.isGreedy() ? likeliest(penalised(logits)) : draw(probabilities(logits));
    seen.set(token);
    return token;
  }

  /**
   * What {@link #next} draws from unless it is greedy: the probability of every token; zero for
   * those left out.
   */
  double[] probabilities(float[] logits) {
    float[] penalised = penalised(logits);
    double greatest = penalised[likeliest(penalised)];
    double[] probabilities = new double[penalised.length];
    for (int token = 0; token < probabilities.length; token++) {
      // The difference first: a tiny temperature would make both infinite.
      probabilities[token] = Math.exp((penalised[token] - greatest) / sampling.temperature());
    }
    if (sampling.topK() > 0 || sampling.topP() < 1) {
      keepLikeliest(probabilities, penalised);
    }
    double sum = Arrays.stream(probabilities).sum();
    for (int token = 0; token < probabilities.length; token++) {
      probabilities[token] /= sum;
    }
    return probabilities;
  }

  private float[] penalised(float[] logits) {
    float[] penalised = Arrays.copyOf(logits, Math.min(logits.length, vocabulary));
    float penalty = (float) sampling.repetitionPenalty();
    if (penalty != 1) {
      seen.stream()
          .filter(token -> token < penalised.length)
          .forEach(
              token ->
                  penalised[token] =
                      penalised[token] < 0
                          ? penalised[token] * penalty
                          : penalised[token] / penalty);
    }
    return penalised;
  }

  private static int likeliest(float[] logits) {
    int likeliest = 0;
    for (int token = 0; token < logits.length; token++) {
      if (Float.isNaN(logits[token])) {
        throw new SaccadeException(
            "the model expects not-a-number of token %d; its weights or its attention are broken"
                .formatted(token));
      }
      if (logits[token] > logits[likeliest]) {
        likeliest = token;
      }
    }
    if (Float.isInfinite(logits[likeliest])) {
      throw new SaccadeException(
          "the model's greatest expectation must be finite, but is %f, of token %d"
              .formatted(logits[likeliest], likeliest));
    }
    return likeliest;
  }

  /** Sets all but the likeliest to zero: first by number, then by what they have together. */
  private void keepLikeliest(double[] probabilities, float[] logits) {
    int[] order = likeliestFirst(logits);
    int kept = sampling.topK() > 0 ? Math.min(sampling.topK(), order.length) : order.length;
    double all = 0;
    for (int rank = 0; rank < kept; rank++) {
      all += probabilities[order[rank]];
    }
    double together = 0;
    int nucleus = 0;
    while (nucleus < kept && (nucleus == 0 || together < sampling.topP() * all)) {
      together += probabilities[order[nucleus++]];
    }
    for (int rank = nucleus; rank < order.length; rank++) {
      probabilities[order[rank]] = 0;
    }
  }

  /** Of equals the lower id first. */
  private static int[] likeliestFirst(float[] logits) {
    long[] keys = new long[logits.length];
    for (int token = 0; token < keys.length; token++) {
      int bits = Float.floatToIntBits(logits[token] + 0f); // −0 becomes 0
      int ascending = bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
      keys[token] = ((long) ~ascending << Integer.SIZE) | token;
    }
    Arrays.sort(keys);
    return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
  }

  private int draw(double[] probabilities) {
    double left = random.nextDouble();
    int last = 0;
    for (int token = 0; token < probabilities.length; token++) {
      if (probabilities[token] > 0) {
        last = token;
        left -= probabilities[token];
        if (left < 0) {
          return token;
        }
      }
    }
    // All probabilities together may be a rounding less than one.
    return last;
  }
}
