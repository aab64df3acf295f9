package dev.saccade.gpu;

import dev.saccade.plugins.sea.SeaOnDevice;
import dev.saccade.plugins.sea.cuda.FlashProgram;
import dev.saccade.plugins.sea.cuda.SoftmaxProgram;
import java.util.List;

/** All that the suite tries: a program more is a line more. */
final class Programs {

  private Programs() {}

  static List<Program> all(Plan plan) {
    Attention sea = new SeaDefinition(true, plan.kept(), plan.width());
    Attention around = new SeaDefinition(false, plan.kept(), plan.width());
    return List.of(
        new Program("sea", SeaOnDevice.program(), sea, Program.BOTH, true),
        new Program("sea-around", SeaOnDevice.program(), around, Program.FORWARD, true),
        new Program("flash", new FlashProgram(), ExactAttention.CAUSAL, Program.BOTH, false),
        new Program("flash-around", new FlashProgram(), ExactAttention.AROUND, Program.BOTH, false),
        new Program("softmax", new SoftmaxProgram(), ExactAttention.CAUSAL, Program.BOTH, false));
  }
}
