package dev.saccade.runtime.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.fail;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.measure.Progress;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damages {@code tokenizer.json}: the answer is one line or a tokenizer that works. */
class TokenizerFuzzTest {

  private static final int MUTATIONS = 10_000;
  private static final int BATCH = 500;
  private static final String TEXT = "The eyes\u00E9 \uD83D\uDE42 \n\t</s><fill> 123 ''s \uD83D";
  private static final Pattern FIELD = Pattern.compile("\"(\\w+)\" ?: ?");
  private static final Pattern NUMBER = Pattern.compile("-?\\d+");
  private static final List<String> VALUES =
      List.of(
          "1e999999999",
          "-1",
          "2147483648",
          "99999999999999999999999",
          "1.5",
          "null",
          "\"\"",
          "[]",
          "{}",
          "true",
          "[[]]",
          "\"\\u0000\\n\\ud800\"",
          "9".repeat(5000),
          "[".repeat(3000),
          "{\"a\":".repeat(3000),
          "\"" + "e".repeat(3000) + "\"");

  private final List<String> files;
  private int working;
  private int refused;

  TokenizerFuzzTest(@TempDir Path directory) throws IOException {
    files = List.of(BpeFileTest.SMALL, TokenizerFileTest.SMALL, trained(directory));
  }

  @Test
  void ten_thousand_damaged_files_never_crash_or_hang() {
    for (int first = 0; first < MUTATIONS; first += BATCH) {
      int batch = first;
      assertTimeoutPreemptively(
          Duration.ofMinutes(1),
          () -> IntStream.range(batch, batch + BATCH).forEach(this::useDamaged),
          "from seed " + batch);
    }

    assertThat(working).isGreaterThan(MUTATIONS / 100);
    assertThat(refused).isGreaterThan(MUTATIONS / 2);
  }

  private void useDamaged(int seed) {
    Random random = new Random(seed);
    byte[] damaged = damage(files.get(random.nextInt(20) == 0 ? 2 : random.nextInt(2)), random);
    try {
      use(damaged);
      working++;
    } catch (SaccadeException e) {
      assertThat(e.getMessage()).startsWith("tokenizer.json").hasLineCount(1).hasSizeLessThan(2000);
      refused++;
    } catch (IOException | RuntimeException | Error e) {
      fail("seed " + seed + ": " + new String(damaged, StandardCharsets.UTF_8), e);
    }
  }

  private static void use(byte[] json) throws IOException {
    Tokenizer tokenizer = TokenizerFile.read(new ByteArrayInputStream(json), "tokenizer.json");
    TokenSequence tokens = tokenizer.encode(TEXT);
    assertThat(tokens.tokens()).hasSize(tokens.length());
    assertThat(tokenizer.decode(tokens.ids()).length()).isLessThan(5000);
    assertThat(tokenizer.specialTokens()).isNotNull();
  }

  private static String trained(Path directory) throws IOException {
    BpeTrainer trainer = new BpeTrainer(BpeTrainer.Settings.opt(290), Progress.NONE);
    trainer.add("the eye of the eyes jumps to the few points that deserve a look ".repeat(2));
    Path file = directory.resolve("tokenizer.json");
    trainer.train().write(file);
    return Files.readString(file);
  }

  private static byte[] damage(String file, Random random) {
    byte[] bytes = file.getBytes(StandardCharsets.UTF_8);
    return switch (random.nextInt(8)) {
      case 0 -> flipped(bytes, random);
      case 1 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 2 -> without(bytes, random.nextInt(bytes.length), 1 + random.nextInt(40));
      case 3 -> twice(bytes, random.nextInt(bytes.length), 1 + random.nextInt(200));
      case 4 -> replaced(file, NUMBER, random, "").getBytes(StandardCharsets.UTF_8);
      case 5 -> replaced(file, FIELD, random, ":").getBytes(StandardCharsets.UTF_8);
      case 6 -> duplicateKey(file, random).getBytes(StandardCharsets.UTF_8);
      default -> swapped(file, random).getBytes(StandardCharsets.UTF_8);
    };
  }

  private static byte[] flipped(byte[] bytes, Random random) {
    for (int i = random.nextInt(4); i >= 0; i--) {
      bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return bytes;
  }

  private static byte[] without(byte[] bytes, int from, int count) {
    int to = Math.min(bytes.length, from + count);
    byte[] shorter = Arrays.copyOf(bytes, bytes.length - to + from);
    System.arraycopy(bytes, to, shorter, from, bytes.length - to);
    return shorter;
  }

  private static byte[] twice(byte[] bytes, int from, int count) {
    int to = Math.min(bytes.length, from + count);
    byte[] longer = Arrays.copyOf(bytes, bytes.length + to - from);
    System.arraycopy(bytes, from, longer, to, bytes.length - from);
    return longer;
  }

  /** Replaces a number, or puts a value before that of a field. */
  private static String replaced(String file, Pattern what, Random random, String keep) {
    MatchResult found = any(file, what, random);
    String value = VALUES.get(random.nextInt(VALUES.size()));
    return keep.isEmpty()
        ? file.substring(0, found.start()) + value + file.substring(found.end())
        : file.substring(0, found.end()) + value + ", \"x\": " + file.substring(found.end());
  }

  private static String duplicateKey(String file, Random random) {
    MatchResult found = any(file, FIELD, random);
    return file.substring(0, found.start())
        + "\"%s\": %s, ".formatted(found.group(1), VALUES.get(random.nextInt(12)))
        + file.substring(found.start());
  }

  /** Exchanges one quoted word for another of the file. */
  private static String swapped(String file, Random random) {
    Pattern quoted = Pattern.compile("\"[^\"\n]*\"");
    MatchResult found = any(file, quoted, random);
    return file.substring(0, found.start())
        + any(file, quoted, random).group()
        + file.substring(found.end());
  }

  private static MatchResult any(String file, Pattern what, Random random) {
    List<MatchResult> all = new ArrayList<>(what.matcher(file).results().toList());
    return all.get(random.nextInt(all.size()));
  }
}
