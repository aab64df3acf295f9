package dev.saccade.conformance.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoldenFolderTest {

  @TempDir private Path folder;

  @Test
  void cases_come_in_the_order_of_their_names() {
    write("second", "scores");
    write("first", "scores");

    assertThat(GoldenFolder.at(folder).cases())
        .extracting(GoldenCase::name)
        .containsExactly("first", "second");
  }

  @Test
  void a_missing_folder_is_an_error_that_says_what_to_give() {
    assertThatThrownBy(() -> GoldenFolder.at(folder.resolve("sea")).cases())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("sea is no folder")
        .hasMessageContaining("-Dgolden.dir=DIR");
  }

  @Test
  void an_empty_folder_is_an_error() {
    assertThatThrownBy(() -> GoldenFolder.at(folder).cases())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining("there are no golden cases");
  }

  @Test
  void half_a_case_is_an_error_whichever_half_it_is() throws IOException {
    write("whole", "scores");
    Files.writeString(folder.resolve("described.json"), "{}");
    Files.writeString(folder.resolve("computed.safetensors"), "");

    assertThatThrownBy(() -> GoldenFolder.at(folder).cases())
        .hasMessageContaining("described.json has no tensors")
        .hasMessageContaining("computed.safetensors has no manifest");
  }

  @Test
  void the_float64_twin_of_a_case_is_no_case() throws IOException {
    write("one", "scores");
    Files.copy(folder.resolve("one.safetensors"), folder.resolve("one.f64.safetensors"));

    assertThat(GoldenFolder.at(folder).cases()).hasSize(1);
  }

  @Test
  void a_case_of_an_unknown_kind_is_an_error() {
    write("one", "scores");
    write("other", "riddle");

    assertThatThrownBy(() -> GoldenFolder.at(folder).ofKinds("scores").cases())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("other is of kind 'riddle'");
  }

  @Test
  void cases_of_another_module_are_left_to_it() {
    write("one", "scores");
    write("model_a", "riddle");

    assertThat(
            GoldenFolder.at(folder).ofKinds("scores").leaving("model_", "saccade-runtime").cases())
        .extracting(GoldenCase::name)
        .containsExactly("one");
  }

  @Test
  void a_folder_of_nothing_but_other_modules_cases_is_an_error() {
    write("model_a", "scores");

    assertThatThrownBy(() -> GoldenFolder.at(folder).leaving("model_", "saccade-runtime").cases())
        .hasMessageContaining("there are no golden cases");
  }

  private void write(String name, String kind) {
    new GoldenFiles()
        .floats("x.a", new long[] {1}, 1)
        .write(folder, name, "{\"kind\": \"%s\"}".formatted(kind));
  }
}
