package dev.saccade.runtime.generate;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.generate.GeneratedText.Ending;
import dev.saccade.runtime.generate.GenerationSettings.Beyond;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.tokenize.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Continues texts with a causal language model: token by token from what each attention layer
 * remembers, or, where a mechanism cannot decode ({@link CausalModel#decodes}), by computing the
 * whole text again for every token.
 *
 * <p>A prompt begins with the model's beginning token, as the documents that it learned from; an
 * empty prompt is that token alone. Safe for use by many threads.
 */
public final class Generator {

  private static final double NANOS = 1e9;

  private final CausalModel model;
  private final Tokenizer tokenizer;

  /**
   * @param model stays open while texts are continued
   * @param tokenizer that the model was trained with
   */
  public Generator(CausalModel model, Tokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /**
   * Continues one text that nobody interrupts; see {@link #generate(List, GenerationSettings,
   * GenerationListener, BooleanSupplier)}.
   */
  public GeneratedText generate(
      String prompt, GenerationSettings settings, GenerationListener listener) {
    return generate(List.of(prompt), settings, listener, () -> false).get(0);
  }

  /**
   * Continues texts, one after the other. Each has its own random numbers from the same seed, so
   * that it becomes the same whatever comes with it.
   *
   * @param stopped asked before every token; when it says yes, or the thread is interrupted, the
   *     text ends where it is, and those after it are not begun
   * @return in the order of the prompts; fewer if interrupted
   * @throws SaccadeException if there is no prompt, one is too long and not to slide, or the
   *     tokenizer has tokens that the model does not know; then nothing is written
   * @throws IllegalStateException if the bundle of a mechanism leaves meanwhile, or the model is
   *     closed
   */
  public List<GeneratedText> generate(
      List<String> prompts,
      GenerationSettings settings,
      GenerationListener listener,
      BooleanSupplier stopped) {
    if (prompts.isEmpty()) {
      throw new SaccadeException("there is no prompt; give at least one, which may be empty");
    }
    List<int[]> read = prompts.stream().map(prompt -> model.tokens(prompt, tokenizer)).toList();
    if (settings.beyond() == Beyond.REFUSE) {
      read.forEach(tokens -> requireFits(tokens.length, settings.maximumTokens()));
    }
    BooleanSupplier over = () -> stopped.getAsBoolean() || Thread.currentThread().isInterrupted();
    List<GeneratedText> texts = new ArrayList<>();
    for (int prompt = 0; prompt < read.size() && !over.getAsBoolean(); prompt++) {
      listener.began(prompt);
      texts.add(generate(prompt, read.get(prompt), settings, listener, over));
    }
    return texts;
  }

  /** The last token that is written need not be read. */
  private void requireFits(int prompt, int more) {
    int positions = model.spec().maxPositions();
    if (prompt > positions) {
      throw new SaccadeException(
          "the prompt has %d tokens, but the model has %d positions; shorten it, or let the window slide (--beyond slide)"
              .formatted(prompt, positions));
    }
    if (more - 1 > positions - prompt) {
      throw new SaccadeException(
          "%d tokens of the prompt and %d more do not fit the model's %d positions; ask for at most %d, or let the window slide (--beyond slide)"
              .formatted(prompt, more, positions, positions - prompt + 1));
    }
  }

  private GeneratedText generate(
      int index,
      int[] prompt,
      GenerationSettings settings,
      GenerationListener listener,
      BooleanSupplier over) {
    long positions = model.spec().maxPositions();
    int capacity = (int) Math.min(positions, (long) prompt.length + settings.maximumTokens());
    StopStrings stops = new StopStrings(settings.stops());
    try (ContextWindow window = new ContextWindow(model, capacity)) {
      Text text =
          new Text(
              window,
              new TokenSampler(settings.sampling(), prompt, tokenizer.vocabularySize()),
              new WrittenText(tokenizer.streamingDecoder(), stops, listener, index));
      long began = System.nanoTime();
      float[] expected = window.read(prompt);
      long read = System.nanoTime();
      Ending ending = text.write(expected, settings.maximumTokens(), over);
      double writing = (System.nanoTime() - read) / NANOS;
      GeneratedText whole =
          new GeneratedText(
              text.written.finish(), prompt.length, text.tokens, ending, window.slides());
      listener.finished(
          index,
          whole,
          new GenerationSpeed(prompt.length, (read - began) / NANOS, text.steps, writing));
      return whole;
    }
  }

  /** A text that is being written. */
  private final class Text {

    private final ContextWindow window;
    private final TokenSampler sampler;
    private final WrittenText written;
    private final List<Integer> tokens = new ArrayList<>();
    private int steps;

    Text(ContextWindow window, TokenSampler sampler, WrittenText written) {
      this.window = window;
      this.sampler = sampler;
      this.written = written;
    }

    /**
     * Writes until something ends it.
     *
     * @param first what the model expects after the prompt
     */
    Ending write(float[] first, int maximumTokens, BooleanSupplier over) {
      int end = model.pretrained().config().endId();
      float[] expected = first;
      while (true) {
        int token = sampler.next(expected);
        if (token == end) {
          return Ending.END_TOKEN;
        }
        tokens.add(token);
        if (!written.goesOnAfter(token)) {
          return Ending.STOP_STRING;
        }
        if (tokens.size() == maximumTokens) {
          return Ending.LENGTH;
        }
        if (over.getAsBoolean()) {
          return Ending.INTERRUPTED;
        }
        expected = window.read(token);
        steps++;
      }
    }
  }
}
