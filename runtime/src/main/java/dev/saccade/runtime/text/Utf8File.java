package dev.saccade.runtime.text;

import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A text file that is UTF-8 throughout, or refused: a model must not see replacement characters.
 */
final class Utf8File {

  /** More than anyone encodes, and a Java string holds it. */
  private static final long MAXIMUM_BYTES = 1L << 30;

  private Utf8File() {}

  static String read(Path file) {
    return decode(file, content(file));
  }

  /** Returns the bytes of the file, which are UTF-8. */
  static byte[] bytes(Path file) {
    byte[] content = content(file);
    decode(file, content);
    return content;
  }

  /** Returns how many bytes of a byte order mark are at the start. */
  static int lengthOfMark(byte[] content) {
    return content.length >= 3
            && content[0] == (byte) 0xEF
            && content[1] == (byte) 0xBB
            && content[2] == (byte) 0xBF
        ? 3
        : 0;
  }

  static boolean isEmpty(Path file) {
    try {
      return Files.size(file) == 0;
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static byte[] content(Path file) {
    if (Files.isDirectory(file)) {
      throw new SaccadeException(file + " is a directory; name a text file in it");
    }
    try {
      long size = Files.size(file);
      if (size == 0) {
        throw new SaccadeException(file + " is empty; it must hold text");
      }
      if (size > MAXIMUM_BYTES) {
        throw new SaccadeException(
            "%s must have at most %d bytes, but has %d; split it"
                .formatted(file, MAXIMUM_BYTES, size));
      }
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new SaccadeException(file + " does not exist", e);
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static String decode(Path file, byte[] content) {
    ByteBuffer bytes = ByteBuffer.wrap(content);
    CharBuffer text = CharBuffer.allocate(content.length);
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    CoderResult result = decoder.decode(bytes, text, true);
    if (result.isError()) {
      throw new SaccadeException(
          ("%s is not UTF-8 at byte %d (0x%02X); convert it, for example:"
                  + " iconv -f WINDOWS-1252 -t UTF-8 %s > converted.txt")
              .formatted(
                  file,
                  bytes.position(),
                  Byte.toUnsignedInt(content[bytes.position()]),
                  file.getFileName()));
    }
    text.flip();
    boolean startsWithByteOrderMark = text.length() > 0 && text.charAt(0) == '\uFEFF';
    return (startsWithByteOrderMark ? text.subSequence(1, text.length()) : text).toString();
  }
}
