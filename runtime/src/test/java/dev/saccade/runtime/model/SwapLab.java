package dev.saccade.runtime.model;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.tokenize.TokenizerFile;
import dev.saccade.runtime.weights.Activation;
import dev.saccade.runtime.weights.BertConfig;
import dev.saccade.runtime.weights.ModelWeights;
import dev.saccade.runtime.weights.PretrainedModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.Version;

/** A tiny encoder of two layers, mechanisms installed without bundles, and threads that call. */
final class SwapLab implements AutoCloseable {

  static final Duration LONG = Duration.ofSeconds(20);

  private static final BertConfig TINY =
      new BertConfig(6, 2, 3, 11, 13, 5, 2, 1e-12, Activation.GELU);

  private static final String TOKENIZER =
      """
      {"normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 100,
         "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "eye": 4}}}
      """;

  final MechanismRegistry registry = new MechanismRegistry();
  private final PretrainedModel pretrained;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Deque<EncoderModel> models = new ArrayDeque<>();

  SwapLab() {
    Nd4jPlatform.start();
    try {
      byte[] json = TOKENIZER.getBytes(StandardCharsets.UTF_8);
      pretrained =
          new PretrainedModel(
              "tiny",
              Path.of("tiny"),
              TINY,
              ModelWeights.initial(TINY.layout().requiring("pooler"), 1),
              TokenizerFile.read(new ByteArrayInputStream(json), "tiny"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  InstalledMechanism install(AttentionMechanism mechanism) {
    return install(mechanism, "1.0.0");
  }

  InstalledMechanism install(AttentionMechanism mechanism, String version) {
    return registry.add(mechanism, Version.parseVersion(version), "bundle." + mechanism.name());
  }

  boolean remove(InstalledMechanism installed) {
    return registry.remove(installed, LONG);
  }

  /** A model with these mechanisms in its slots, or one in all. */
  EncoderModel model(String... mechanisms) {
    EncoderModel model = new EncoderModel(pretrained, registry, choices(mechanisms), 1);
    models.push(model);
    return model;
  }

  static List<SlotChoice> choices(String... mechanisms) {
    List<SlotChoice> choices = choiceOf(mechanisms);
    return choices.size() == 1 ? Collections.nCopies(TINY.layers(), choices.get(0)) : choices;
  }

  private static List<SlotChoice> choiceOf(String... mechanisms) {
    return List.of(mechanisms).stream().map(name -> new SlotChoice(name, Map.of())).toList();
  }

  /** The vector of a text of the tiny model. */
  static List<Float> encode(EncoderModel model) {
    float[] sentence = model.encode("eye eye").sentence(0);
    List<Float> boxed = new ArrayList<>();
    for (float x : sentence) {
      boxed.add(x);
    }
    return boxed;
  }

  <T> Future<T> start(Callable<T> work) {
    return threads.submit(work);
  }

  /** What the work returned, in good time; what it threw is thrown. */
  static <T> T result(Future<T> work) throws Exception {
    try {
      return work.get(LONG.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Whether the work goes on for a while, as work does that waits. */
  static boolean isWaiting(Future<?> work) throws Exception {
    try {
      Object unused = work.get(100, TimeUnit.MILLISECONDS);
      return false;
    } catch (TimeoutException e) {
      return true;
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    while (!models.isEmpty()) {
      models.pop().close();
    }
    pretrained.close();
  }
}
