package dev.saccade.conformance;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.CausalDecoding;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.Logits;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.osgi.framework.Version;

/**
 * A small causal model with one mechanism in every slot, which reads a text at once and token by
 * token. Its weights are drawn at random, and larger than those that training begins with, so that
 * attention is not flat.
 */
public final class DecodingModel implements AutoCloseable {

  private static final OptConfig CONFIG = OptConfig.of(31, 24, 2, 3, 41, 331);

  private final PretrainedDecoder weights;
  private final CausalModel model;

  public DecodingModel(AttentionMechanism mechanism, Map<String, String> options) {
    Nd4jPlatform.start();
    MechanismRegistry registry = new MechanismRegistry();
    registry.add(mechanism, Version.emptyVersion, "a test");
    SlotChoice choice = new SlotChoice(mechanism.name(), options);
    this.weights = PretrainedDecoder.untrained("random", Path.of("nowhere"), CONFIG, 7);
    weights.weights().names().stream()
        .filter(name -> name.endsWith(".kernel") || name.startsWith("embed"))
        .forEach(name -> weights.weights().get(name).muli(15));
    this.model =
        new CausalModel(weights, registry, Collections.nCopies(CONFIG.layers(), choice), 3);
  }

  /** The model itself. */
  public CausalModel model() {
    return model;
  }

  /** A random text. */
  public int[] text(int length, long seed) {
    return new Random(seed).ints(length, 3, CONFIG.vocabularySize()).toArray();
  }

  /**
   * Reads a text of as many tokens as the portions have together, portion by portion, and compares
   * what the model expects after each with what it expects there when it reads all at once.
   *
   * @return the greatest difference of two logits, over the greatest logit
   */
  public double decodingError(int... portions) {
    int[] text = text(Arrays.stream(portions).sum(), 11);
    Logits whole = model.logits(TokenBatch.ofIds(List.of(text), CONFIG.paddingId()));
    double worst = 0;
    double greatest = 0;
    int read = 0;
    try (CausalDecoding decoding = model.decode(text.length)) {
      for (int portion : portions) {
        float[] found = decoding.prefill(Arrays.copyOfRange(text, read, read + portion));
        read += portion;
        float[] expected = whole.at(0, read - 1);
        for (int i = 0; i < expected.length; i++) {
          // NaN is greater than all: max keeps it.
          worst = Math.max(worst, Math.abs((double) found[i] - expected[i]));
          greatest = Math.max(greatest, Math.abs(expected[i]));
        }
      }
    }
    return worst / greatest;
  }

  @Override
  public void close() {
    model.close();
    weights.close();
  }
}
