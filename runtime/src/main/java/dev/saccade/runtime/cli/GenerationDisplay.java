package dev.saccade.runtime.cli;

import dev.saccade.runtime.generate.GeneratedText;
import dev.saccade.runtime.generate.GenerationListener;
import dev.saccade.runtime.generate.GenerationSpeed;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.report.KernelLines;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/** What is written on standard output as it comes, and how fast on standard error at the end. */
final class GenerationDisplay implements GenerationListener {

  private final PrintWriter out;
  private final PrintWriter err;
  private final List<String> echoed;
  private GenerationSpeed speed = GenerationSpeed.NONE;

  /**
   * @param echoed prompts that go before what continues them; empty for none
   */
  GenerationDisplay(CommandSpec command, List<String> echoed) {
    this.out = command.commandLine().getOut();
    this.err = command.commandLine().getErr();
    this.echoed = echoed;
  }

  @Override
  public void began(int prompt) {
    if (prompt > 0) {
      out.println();
    }
    if (!echoed.isEmpty()) {
      wrote(prompt, echoed.get(prompt));
    }
  }

  @Override
  public void wrote(int prompt, String text) {
    out.print(text);
    out.flush();
  }

  @Override
  public void finished(int prompt, GeneratedText text, GenerationSpeed own) {
    out.println();
    out.flush();
    speed = speed.plus(own);
  }

  /** Says how it went. */
  void summarize(CausalModel model, int prompts, List<GeneratedText> texts) {
    String attention = model.choices().get(0).mechanism();
    if (!model.decodes()) {
      err.printf(
          "%s cannot continue a text token by token: every token computed the whole text again%n",
          attention);
    }
    KernelLines.of(model.kernelUses()).forEach(err::println);
    int slides = texts.stream().mapToInt(GeneratedText::slides).sum();
    if (slides > 0) {
      err.printf("the oldest half of the text was forgotten %d times%n", slides);
    }
    if (texts.size() < prompts
        || texts.stream().anyMatch(text -> text.ending() == GeneratedText.Ending.INTERRUPTED)) {
      err.printf("interrupted at text %d of %d%n", Math.max(1, texts.size()), prompts);
    }
    err.print(
        String.format(
            Locale.ROOT,
            "%s, %s: %d tokens read, %.0f a second; %d written, %.1f a second%n",
            attention,
            model.decodes() ? "decoding" : "computing anew",
            speed.readTokens(),
            speed.readPerSecond(),
            texts.stream().mapToInt(text -> text.tokens().size()).sum(),
            speed.writtenPerSecond()));
    err.flush();
  }
}
