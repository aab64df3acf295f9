package dev.saccade.runtime.engine;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * Has SameDiff derive the graph of gradients, which contains the forward graph too.
 *
 * <p>Deriving prints a line for each op to standard output, where a report may be going; lines of
 * the deriving thread are dropped meanwhile.
 */
final class GradientFunction {

  private static final String NAME = "grad";

  private GradientFunction() {}

  static synchronized SameDiff build(SameDiff graph, String loss, Collection<String> wrt) {
    graph.setLossVariables(loss);
    PrintStream before = System.out;
    PrintStream filter =
        new PrintStream(
            new WithoutThread(before, Thread.currentThread()), true, StandardCharsets.UTF_8);
    System.setOut(filter);
    try {
      graph.createGradFunction(wrt.toArray(new String[0]));
    } finally {
      if (System.out == filter) {
        System.setOut(before);
      }
    }
    return graph.getFunction(NAME);
  }

  /** Passes on what other threads print. */
  private static final class WithoutThread extends OutputStream {
    private final PrintStream target;
    private final Thread silenced;

    WithoutThread(PrintStream target, Thread silenced) {
      this.target = target;
      this.silenced = silenced;
    }

    @Override
    public void write(int b) {
      if (Thread.currentThread() != silenced) {
        target.write(b);
      }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      if (Thread.currentThread() != silenced) {
        target.write(bytes, offset, length);
      }
    }

    @Override
    public void flush() {
      target.flush();
    }
  }
}
