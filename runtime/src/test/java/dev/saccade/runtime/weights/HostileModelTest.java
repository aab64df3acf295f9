package dev.saccade.runtime.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.TinyDecoder;
import dev.saccade.runtime.safetensors.TensorType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files changed at random: opened, or refused in one line; never anything else. */
@Timeout(300)
class HostileModelTest {

  private static final int MUTATIONS = 10_000;

  private static final List<String> NASTY =
      List.of(
          "-1",
          "99999999999",
          "1e400",
          "null",
          "[",
          "{",
          "\"",
          "\\u0000",
          "9223372036854775807",
          "true",
          "\"../../x\"",
          "2147483647",
          ",",
          ":",
          "0");

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"config.json", "model.safetensors", "model.safetensors.index.json"})
  void a_file_changed_at_random_is_opened_or_refused_in_one_line(String name) throws IOException {
    write(name.endsWith("index.json"));
    Path file = directory.resolve(name);
    byte[] sound = Files.readAllBytes(file);
    Random random = new Random(1);
    int refused = 0;

    for (int i = 0; i < MUTATIONS; i++) {
      byte[] changed = changed(sound, random);
      Files.write(file, changed);
      try (PretrainedDecoder opened = PretrainedDecoder.open(directory)) {
        assertThat(opened.weights().names()).isNotEmpty();
      } catch (SaccadeException e) {
        refused++;
        String message = String.valueOf(e.getMessage());
        if (message.lines().count() != 1) {
          fail("mutation %d is refused in more than one line: %s", i, message);
        }
      } catch (RuntimeException | Error e) {
        throw new AssertionError("mutation %d of %s".formatted(i, name), e);
      }
    }

    assertThat(refused).isGreaterThan(MUTATIONS / 10);
  }

  /** A model of a few hundred numbers, so that damage often hits the header. */
  private void write(boolean sharded) throws IOException {
    try (PretrainedDecoder decoder = TinyDecoder.open(OptConfig.of(5, 4, 1, 2, 3, 2))) {
      decoder.save(directory, TensorType.F16);
      if (sharded) {
        StringBuilder map = new StringBuilder();
        for (String weight : decoder.weights().names()) {
          map.append(map.length() == 0 ? "" : ",")
              .append(
                  "\"%s\":\"one.safetensors\"".formatted(HuggingFaceOpt.NAMES.torchName(weight)));
        }
        Files.writeString(
            directory.resolve("model.safetensors.index.json"),
            "{\"metadata\":{\"total_size\":1},\"weight_map\":{%s}}".formatted(map));
        Files.move(directory.resolve("model.safetensors"), directory.resolve("one.safetensors"));
      }
    }
  }

  private static byte[] changed(byte[] sound, Random random) {
    byte[] bytes = sound.clone();
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(5)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> bytes = Arrays.copyOf(bytes, at);
      case 3 -> bytes[random.nextInt(Math.min(8, bytes.length))] = (byte) random.nextInt(256);
      default -> bytes = spliced(bytes, at, NASTY.get(random.nextInt(NASTY.size())));
    }
    return bytes;
  }

  private static byte[] spliced(byte[] bytes, int at, String text) {
    byte[] middle = text.getBytes(StandardCharsets.UTF_8);
    byte[] all = Arrays.copyOf(bytes, bytes.length + middle.length);
    System.arraycopy(middle, 0, all, at, middle.length);
    System.arraycopy(bytes, at, all, at + middle.length, bytes.length - at);
    return all;
  }

  @Test
  void sizes_that_no_memory_holds_are_refused_before_memory_is_asked_for() throws IOException {
    write(false);
    Path config = directory.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("\"vocab_size\" : 5", "\"vocab_size\" : 2147483647")
            .replace(
                "\"max_position_embeddings\" : 2", "\"max_position_embeddings\" : 2147483647"));

    try (PretrainedDecoder opened = PretrainedDecoder.open(directory)) {
      fail("opened as " + opened.config());
    } catch (SaccadeException e) {
      assertThat(e).hasMessageContaining("embed_tokens.weight must be [2147483647, 4]");
    }
  }
}
