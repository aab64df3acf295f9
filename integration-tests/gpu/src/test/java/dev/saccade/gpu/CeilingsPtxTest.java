package dev.saccade.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CeilingsPtxTest {

  @ParameterizedTest
  @ValueSource(ints = {75, 80})
  void is_made_of_the_source_as_it_is(int variant) throws Exception {
    byte[] source = Files.readAllBytes(Path.of("src/main/cuda/ceilings.cu"));
    String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(source));

    assertThat(new String(Ceilings.ptx(variant), StandardCharsets.UTF_8))
        .as("run src/main/cuda/build-ptx.sh and commit what it makes")
        .startsWith("// source sha256 " + hash + "\n");
  }
}
