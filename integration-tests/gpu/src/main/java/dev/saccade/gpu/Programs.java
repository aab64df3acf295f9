package dev.saccade.gpu;

import dev.saccade.plugins.sea.SeaOnDevice;
import dev.saccade.plugins.sea.cuda.FlashProgram;
import dev.saccade.plugins.sea.cuda.SoftmaxProgram;
import java.util.List;

/** All that the suite tries: a program more is a line more. */
final class Programs {

  private Programs() {}

  static List<Program> all(Plan plan) {
    Attention sea = new SeaDefinition(plan.kept(), plan.width());
    Attention exact = new ExactAttention();
    return List.of(
        new Program("sea", SeaOnDevice.program(), sea, Program.BOTH, true),
        new Program("flash", new FlashProgram(), exact, Program.BOTH, false),
        new Program("softmax", new SoftmaxProgram(), exact, Program.BOTH, false));
  }
}
