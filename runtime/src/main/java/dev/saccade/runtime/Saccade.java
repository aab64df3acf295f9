package dev.saccade.runtime;

import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.host.HostSettings;
import dev.saccade.runtime.host.PluginHost;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.AttentionChoices;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.EncoderModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.weights.ModelFolders;
import dev.saccade.runtime.weights.PretrainedDecoder;
import dev.saccade.runtime.weights.PretrainedModel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Transformers with exchangeable attention, for Java programs.
 *
 * <p>Opening it starts ND4J and a plugin host in this JVM; the mechanisms in the plugin directories
 * are then there by name, and stay in step with the directories. Open it before anything else
 * touches ND4J. Safe for use by many threads. Closing it closes the models it made and frees their
 * weights.
 */
public final class Saccade implements AutoCloseable {

  /** The system property that names the folder with {@code plugins/} and {@code models/}. */
  public static final String HOME = "saccade.home";

  private final Path modelsDirectory;
  private final MechanismRegistry mechanisms = new MechanismRegistry();
  private final PluginHost plugins;
  private final Map<String, PretrainedModel> pretrained = new LinkedHashMap<>();
  private final Deque<Runnable> closings = new ArrayDeque<>();

  private Saccade(Path modelsDirectory, HostSettings settings) {
    Nd4jPlatform.start();
    this.modelsDirectory = modelsDirectory;
    this.plugins = PluginHost.open(mechanisms, settings);
  }

  /**
   * Opens the distribution in a folder: plugins from its {@code plugins/}, models from its {@code
   * models/}.
   *
   * @param morePlugins further directories of plugins
   * @throws SaccadeException if a directory is missing
   */
  public static Saccade open(Path home, Path... morePlugins) {
    List<Path> directories = new ArrayList<>();
    directories.add(home.resolve("plugins"));
    directories.addAll(List.of(morePlugins));
    return open(home.resolve("models"), HostSettings.watching(directories.toArray(new Path[0])));
  }

  /** As {@link #open(Path, Path...)}, for programs that keep models and plugins elsewhere. */
  public static Saccade open(Path modelsDirectory, HostSettings settings) {
    return new Saccade(modelsDirectory, settings);
  }

  /** The mechanisms that are installed now. */
  public MechanismRegistry mechanisms() {
    return mechanisms;
  }

  /** The plugins, those that failed included. */
  public PluginHost plugins() {
    return plugins;
  }

  /**
   * Reads the weights, sizes and tokenizer of a model, once for each name.
   *
   * @param nameOrPath see {@link PretrainedModel#open}
   */
  public synchronized PretrainedModel pretrained(String nameOrPath) {
    PretrainedModel known = pretrained.get(nameOrPath);
    if (known == null) {
      known = PretrainedModel.open(nameOrPath, modelsDirectory);
      pretrained.put(nameOrPath, known);
    }
    return known;
  }

  /**
   * Returns a pretrained encoder with one mechanism in every attention slot.
   *
   * @param nameOrPath see {@link PretrainedModel#open}
   * @param attention the mechanism's name, such as {@code "softmax"}
   * @param options texts by option name; those not named keep their default
   * @throws SaccadeException if there is no such model or mechanism, or one refuses the other
   */
  public EncoderModel model(String nameOrPath, String attention, Map<String, String> options) {
    PretrainedModel weights = pretrained(nameOrPath);
    EncoderModel model =
        new EncoderModel(
            weights,
            mechanisms,
            Collections.nCopies(weights.config().layers(), new SlotChoice(attention, options)),
            0);
    synchronized (this) {
      closings.push(model::close);
    }
    return model;
  }

  /** As {@link #model(String, String, Map)} with the mechanism's default options. */
  public EncoderModel model(String nameOrPath, String attention) {
    return model(nameOrPath, attention, Map.of());
  }

  /**
   * Returns a causal language model with one mechanism in every attention slot.
   *
   * @param nameOrPath see {@link ModelFolders#find}
   * @param attention the mechanism's name, such as {@code "softmax"}
   * @param options texts by option name; those not named keep their default
   * @throws SaccadeException if there is no such model or mechanism, or one refuses the other
   */
  public CausalModel causalModel(String nameOrPath, String attention, Map<String, String> options) {
    SlotChoice everywhere = new SlotChoice(attention, options);
    return causalModel(
        nameOrPath, weights -> Collections.nCopies(weights.config().layers(), everywhere));
  }

  /**
   * Returns a causal language model with attention that is chosen when its sizes are known, layer
   * by layer, or as it was saved: {@link AttentionChoices#of}.
   *
   * @param nameOrPath see {@link ModelFolders#find}
   * @throws SaccadeException if there is no such model or mechanism, or one refuses the other
   */
  public CausalModel causalModel(
      String nameOrPath, Function<PretrainedDecoder, List<SlotChoice>> attention) {
    PretrainedDecoder weights = PretrainedDecoder.open(languageModels().find(nameOrPath));
    boolean opened = false;
    try {
      CausalModel model = new CausalModel(weights, mechanisms, attention.apply(weights), 0);
      synchronized (this) {
        closings.push(weights::close);
        closings.push(model::close);
      }
      opened = true;
      return model;
    } finally {
      if (!opened) {
        weights.close();
      }
    }
  }

  /** The causal language models that have a name here. */
  public ModelFolders languageModels() {
    return new ModelFolders(modelsDirectory);
  }

  @Override
  public synchronized void close() {
    while (!closings.isEmpty()) {
      closings.pop().run();
    }
    plugins.close();
    pretrained.values().forEach(PretrainedModel::close);
    pretrained.clear();
  }
}
