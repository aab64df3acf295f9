package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.plugins.sea.SparseRows;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** SEA of a masking, and numbers that it is tried with. */
record SeaCase(Sizes sizes, SeaDefinition sea, Trial trial) {

  static SeaCase of(Masking masking) {
    Sizes sizes = Sizes.of(1, 2, 5, 7, masking);
    SeaDefinition sea = new SeaDefinition(masking.causal(), 2, 11);
    return new SeaCase(sizes, sea, sea.trial(sizes, ElementType.F32, new SplittableRandom(3)));
  }

  /** Of every input, number by number. */
  List<double[]> gradients() {
    SeaNumbers numbers = numbers();
    boolean[] kept = kept();
    List<double[]> gradients = new ArrayList<>();
    for (Numbers input : trial.inputs()) {
      double[] gradient = new double[input.values().length];
      for (int i = 0; i < gradient.length; i++) {
        double before = input.values()[i];
        double[] losses = new double[2];
        for (int side = 0; side < 2; side++) {
          input.values()[i] = before + (side == 0 ? -1e-5 : 1e-5);
          SeaReference moved = SeaReference.of(numbers, SeaArithmetic.EXACT);
          double[] context = moved.context(moved.hidden(), SeaAttended.of(moved, kept));
          for (int j = 0; j < context.length; j++) {
            losses[side] += context[j] * trial.gradient().values()[j];
          }
        }
        input.values()[i] = before;
        gradient[i] = (losses[1] - losses[0]) / 2e-5;
      }
      gradients.add(gradient);
    }
    return gradients;
  }

  private boolean[] kept() {
    SeaReference exact = exact();
    return SeaChoice.of(exact, exact.logWeights(exact.scores(exact.hidden()))).kept();
  }

  private SeaReference exact() {
    return SeaReference.of(numbers(), SeaArithmetic.EXACT);
  }

  /** Of all queries, {@code [B, H, T, D]}. */
  double[] context() {
    SeaReference exact = exact();
    return exact.context(exact.hidden(), SeaAttended.of(exact, kept()));
  }

  /** The keys that are kept, and their weights. */
  SparseRows shown() {
    SeaReference exact = exact();
    double[] hidden = exact.hidden();
    SeaAttended attended = SeaAttended.of(exact, kept());
    long[] pointers = new long[sizes.rows() + 1];
    List<Integer> columns = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    for (int row = 0; row < sizes.rows(); row++) {
      for (int i = 0; i < attended.keys()[row].length; i++) {
        columns.add(attended.keys()[row][i]);
        weights.add(exact.gate(hidden, row) * attended.weights()[row][i]);
      }
      pointers[row + 1] = columns.size();
    }
    float[] rounded = new float[weights.size()];
    for (int i = 0; i < rounded.length; i++) {
      rounded[i] = weights.get(i).floatValue();
    }
    return new SparseRows(
        pointers, columns.stream().mapToInt(Integer::intValue).toArray(), rounded);
  }

  private SeaNumbers numbers() {
    List<Numbers> inputs = trial.inputs();
    Map<String, double[]> parameters = new LinkedHashMap<>();
    List<String> names = sea.parameterNames(sizes);
    for (int i = 0; i < names.size(); i++) {
      parameters.put(names.get(i), inputs.get(4 + i).values());
    }
    return new SeaNumbers(
        sizes,
        2,
        11,
        inputs.get(0).values(),
        inputs.get(1).values(),
        inputs.get(2).values(),
        parameters);
  }
}
