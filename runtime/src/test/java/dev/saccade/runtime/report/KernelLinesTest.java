package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KernelLinesTest {

  @Test
  void mechanisms_with_the_same_choice_and_reasons_share_a_line() {
    Map<String, List<KernelUse>> uses = new LinkedHashMap<>();
    uses.put("flash", List.of(new KernelUse("flash", "simd", List.of())));
    uses.put("linear", List.of(new KernelUse("mixing", "simd", List.of())));
    uses.put("softmax", List.of());
    uses.put("sea", List.of(new KernelUse("sea", "recipe", List.of("simd: only causal"))));

    assertThat(KernelLines.of(uses))
        .containsExactly(
            "computed by simd: flash, linear", "computed by recipe (simd: only causal): sea");
  }

  @Test
  void what_the_machine_does_not_have_is_no_news() {
    KernelUse use =
        new KernelUse("sea", "simd", List.of(), List.of("cuda: there is no NVIDIA driver"));

    assertThat(KernelLines.of(Map.of("sea", List.of(use))))
        .containsExactly("computed by simd: sea");
  }

  @Test
  void of_several_operations_each_is_named() {
    KernelUse forward = new KernelUse("sea", "simd", List.of());
    KernelUse learning = new KernelUse("sea-distillation", "plain", List.of("simd: no vectors"));

    assertThat(KernelLines.of(Map.of("sea", List.of(forward, learning))))
        .containsExactly(
            "computed by simd: sea (sea)",
            "computed by plain (simd: no vectors): sea (sea-distillation)");
  }
}
