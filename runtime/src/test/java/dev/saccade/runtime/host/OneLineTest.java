package dev.saccade.runtime.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class OneLineTest {

  private final Exception wrapped =
      new IllegalStateException(
          "outer", new UnsupportedOperationException("needs CUDA:\nnone found"));

  @Test
  void the_innermost_cause_counts_without_its_package_and_its_further_lines() {
    assertThat(OneLine.of(wrapped)).isEqualTo("UnsupportedOperationException: needs CUDA:");
  }

  @Test
  void a_printed_stack_trace_gives_the_same_line() {
    StringWriter printed = new StringWriter();
    wrapped.printStackTrace(new PrintWriter(printed, true));

    assertThat(OneLine.ofStackTrace(printed.toString())).isEqualTo(OneLine.of(wrapped));
  }

  @Test
  void an_exception_without_message_is_named() {
    assertThat(OneLine.of(new ArithmeticException())).isEqualTo("ArithmeticException");
  }

  @Test
  void a_cause_that_is_its_own_cause_ends() {
    Exception first = new Exception("first");
    Exception second = new Exception("second", first);
    first.initCause(second);

    assertThat(OneLine.of(first)).isEqualTo("Exception: second");
  }
}
