package dev.saccade.runtime.tokenize;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Puts byte-level tokens together: their bytes in a row, read as UTF-8. Bytes that are no UTF-8
 * become U+FFFD; the beginning of a character is held back until its end comes.
 */
final class ByteJoiner implements TokenJoiner {

  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  /** At most the first three bytes of a character. */
  private byte[] heldBack = {};

  @Override
  public String add(String token) {
    // An added token may be spelled with anything: it stands for its own text.
    return decode(ByteAlphabet.isWritten(token) ? ByteAlphabet.read(token) : Utf8.of(token), false);
  }

  @Override
  public String finish() {
    return decode(new byte[0], true);
  }

  private String decode(byte[] more, boolean last) {
    ByteBuffer bytes = ByteBuffer.allocate(heldBack.length + more.length);
    bytes.put(heldBack).put(more).flip();
    CharBuffer text = CharBuffer.allocate(bytes.remaining() + 1);
    utf8.reset().decode(bytes, text, last);
    heldBack = new byte[bytes.remaining()];
    bytes.get(heldBack);
    return requireNonNull(text.flip().toString());
  }
}
