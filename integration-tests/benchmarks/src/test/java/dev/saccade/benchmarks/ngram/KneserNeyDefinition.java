package dev.saccade.benchmarks.ngram;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@link KneserNey} by the letter of its definition: lists, sets, sums over the vocabulary. */
final class KneserNeyDefinition {

  private final List<int[]> texts;
  private final int order;
  private final int vocabulary;
  private final Map<List<Integer>, Integer> counts = new HashMap<>();
  private final List<Discounts> discounts = new ArrayList<>();

  KneserNeyDefinition(List<int[]> texts, int order, int vocabulary) {
    this.texts = texts;
    this.order = order;
    this.vocabulary = vocabulary;
    for (int length = 1; length <= order; length++) {
      int n = length;
      occurrences(n).forEach(gram -> counts.computeIfAbsent(gram, this::countOf));
      discounts.add(
          Discounts.of(
              counts.entrySet().stream()
                  .filter(entry -> entry.getKey().size() == n)
                  .mapToInt(Map.Entry::getValue)));
    }
  }

  /** All n-grams that end with something that is predicted. */
  private List<List<Integer>> occurrences(int length) {
    List<List<Integer>> found = new ArrayList<>();
    for (int[] text : texts) {
      for (int end = Math.max(2, length); end <= text.length; end++) {
        found.add(gram(text, end - length, end));
      }
    }
    return found;
  }

  private static List<Integer> gram(int[] text, int start, int end) {
    List<Integer> gram = new ArrayList<>();
    for (int t = start; t < end; t++) {
      gram.add(text[t]);
    }
    return gram;
  }

  private int countOf(List<Integer> gram) {
    Set<Integer> before = new HashSet<>();
    int atBeginning = 0;
    int all = 0;
    for (int[] text : texts) {
      for (int start = 0; start + gram.size() <= text.length; start++) {
        if (start + gram.size() > 1 && gram(text, start, start + gram.size()).equals(gram)) {
          all++;
          if (start == 0) {
            atBeginning++;
          } else {
            before.add(text[start - 1]);
          }
        }
      }
    }
    return gram.size() == order ? all : before.size() + atBeginning;
  }

  double probability(int[] before, int token) {
    return probability(gram(before, Math.max(0, before.length - order + 1), before.length), token);
  }

  private double probability(List<Integer> context, int token) {
    Discounts discount = discounts.get(context.size());
    double lower =
        context.isEmpty()
            ? 1.0 / vocabulary
            : probability(context.subList(1, context.size()), token);
    double total = 0;
    double taken = 0;
    for (int w = 0; w < vocabulary; w++) {
      total += count(context, w);
      taken += discount.of(count(context, w));
    }
    if (total == 0) {
      return lower;
    }
    int count = count(context, token);
    return (count - discount.of(count)) / total + taken / total * lower;
  }

  private int count(List<Integer> context, int token) {
    List<Integer> gram = new ArrayList<>(context);
    gram.add(token);
    return counts.getOrDefault(gram, 0);
  }
}
