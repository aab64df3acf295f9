package dev.saccade.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.option.Option;
import java.util.List;

/** What a mechanism says of itself: well-formed, and the same at every call. */
final class IdentityTrial {

  private final AttentionMechanism mechanism;

  IdentityTrial(Subject subject) {
    this.mechanism = subject.mechanism();
  }

  /** Users type it, files and parameters are named by it. */
  void name() {
    assertThat(mechanism.name())
        .as("name()")
        .matches("[a-z][a-z0-9]*(-[a-z0-9]+)*")
        .isEqualTo(mechanism.name());
  }

  void summary() {
    assertThat(mechanism.summary()).as("summary()").isNotBlank().doesNotContain("\n");
    assertThat(mechanism.summary()).as("summary() in one line of a table").hasSizeLessThan(120);
  }

  void sameAtEveryCall() {
    assertThat(mechanism.capabilities()).as("capabilities()").isEqualTo(mechanism.capabilities());
    List<Option<?>> options = mechanism.options();
    assertThat(mechanism.options()).as("options()").containsExactlyElementsOf(options);
    assertThat(mechanism.kernels().stream().map(AttentionKernel::name))
        .as("names of kernels()")
        .containsExactlyElementsOf(
            mechanism.kernels().stream().map(AttentionKernel::name).toList());
  }

  void growth() {
    assertThat(mechanism.capabilities().time().formula()).as("time formula").isNotBlank();
    assertThat(mechanism.capabilities().memory().formula()).as("memory formula").isNotBlank();
  }
}
