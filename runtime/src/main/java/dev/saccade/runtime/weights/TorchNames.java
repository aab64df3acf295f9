package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What PyTorch calls the weights of a model family, and the way back.
 *
 * @param prefixes that a name may begin with, the longest first; what is saved has the first
 * @param unprefixed which names of ours stand beside the model proper and are saved without prefix
 * @param ignored what a file may hold besides: copies of other weights, and buffers
 */
record TorchNames(List<String> prefixes, Predicate<String> unprefixed, Pattern ignored) {

  private static final String KERNEL = ".kernel";
  private static final String WEIGHT = ".weight";

  /**
   * Renames and transposes what a file holds. A name that the layout does not know stays as PyTorch
   * spells it, for the message that refuses it.
   *
   * @throws SaccadeException when two tensors have one name
   */
  Map<String, StoredTensor> ours(
      WeightLayout layout, Map<String, StoredTensor> stored, String source) {
    Map<String, StoredTensor> ours = new LinkedHashMap<>();
    stored.forEach(
        (torchName, tensor) -> {
          String name = withoutPrefix(torchName);
          if (ignored.matcher(name).matches()) {
            return;
          }
          String kernel = replaceEnd(name, WEIGHT, KERNEL);
          boolean dense = layout.knows(kernel);
          if (ours.put(dense ? kernel : name, dense ? tensor.transposed() : tensor) != null) {
            throw new SaccadeException(
                "%s holds %s twice, with another prefix".formatted(source, torchName));
          }
        });
    return ours;
  }

  private String withoutPrefix(String torchName) {
    return prefixes.stream()
        .filter(torchName::startsWith)
        .findFirst()
        .map(prefix -> torchName.substring(prefix.length()))
        .orElse(torchName);
  }

  /** How a weight of ours is saved. */
  String torchName(String name) {
    return (unprefixed.test(name) ? "" : prefixes.get(0)) + replaceEnd(name, KERNEL, WEIGHT);
  }

  /** Whether a weight of ours is saved with its axes exchanged. */
  boolean isTransposed(String name) {
    return name.endsWith(KERNEL);
  }

  private static String replaceEnd(String name, String end, String other) {
    return name.endsWith(end) ? name.substring(0, name.length() - end.length()) + other : name;
  }
}
