package dev.saccade.runtime.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.files.AtomicFile;
import dev.saccade.runtime.json.JsonSection;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * {@code attention.json} beside the weights of a model: which mechanism each layer had, with its
 * options, so that a model is used with the attention it was trained with.
 *
 * <pre>
 *   {"layers": [{"mechanism": "sea", "options": {"k": "16"}}, …]}
 * </pre>
 *
 * Other readers of the directory pass it over.
 */
public final class AttentionChoices {

  static final String NAME = "attention.json";

  private static final String LAYERS = "layers";
  private static final String MECHANISM = "mechanism";
  private static final String OPTIONS = "options";

  private AttentionChoices() {}

  /**
   * Returns the choices that a model was saved with, one a layer; empty if others saved it.
   *
   * @throws SaccadeException when the file is damaged or of a model with more or fewer layers
   */
  public static Optional<List<SlotChoice>> of(PretrainedDecoder model) {
    Path directory = model.source();
    Path file = directory.resolve(NAME);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    List<SlotChoice> choices = new ArrayList<>();
    for (JsonSection layer : JsonSection.read(file).only(Set.of(LAYERS)).sections(LAYERS)) {
      layer.only(Set.of(MECHANISM, OPTIONS));
      JsonSection given = layer.section(OPTIONS);
      Map<String, String> options = new LinkedHashMap<>();
      given.node().fieldNames().forEachRemaining(name -> options.put(name, given.text(name)));
      choices.add(new SlotChoice(layer.text(MECHANISM), options));
    }
    int layers = model.config().layers();
    if (choices.size() != layers) {
      throw new SaccadeException(
          "%s: there must be an entry for each of %d layers but are %d; remove the file and name an attention"
              .formatted(file, layers, choices.size()));
    }
    return Optional.of(List.copyOf(choices));
  }

  static void write(Path directory, List<SlotChoice> choices) {
    Path file = directory.resolve(NAME);
    ObjectMapper json = new ObjectMapper();
    JsonNode root = json.createObjectNode().set(LAYERS, json.valueToTree(choices));
    try {
      byte[] bytes = json.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
      AtomicFile.write(file, out -> out.write(bytes));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("names and texts are JSON", e);
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be written: %s".formatted(file, e.getMessage()), e);
    }
  }
}
