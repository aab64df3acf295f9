package dev.saccade.runtime.tokenize;

import java.util.Arrays;

/**
 * GPT-2's way to write any byte as a visible character, so that a vocabulary of byte strings is
 * text: printable Latin-1 stands for itself, the other 68 bytes are the characters from U+0100 on.
 * A space is written {@code Ġ}.
 */
final class ByteAlphabet {

  private static final char[] CHARACTERS = new char[256];
  private static final short[] BYTES = new short[256 + 68];

  static {
    Arrays.fill(BYTES, (short) -1);
    int others = 0;
    for (int value = 0; value < 256; value++) {
      boolean printable = (value >= '!' && value <= '~') || (value >= 0xA1 && value != 0xAD);
      CHARACTERS[value] = (char) (printable ? value : 0x100 + others++);
      BYTES[CHARACTERS[value]] = (short) value;
    }
  }

  private ByteAlphabet() {}

  /** Returns the character that a byte, from 0 to 255, is written as. */
  static char character(int value) {
    return CHARACTERS[value];
  }

  /** Returns all 256 characters, the lowest code point first. */
  static char[] inOrder() {
    char[] characters = CHARACTERS.clone();
    Arrays.sort(characters);
    return characters;
  }

  /** Writes bytes as characters. */
  static String write(byte[] bytes) {
    char[] written = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      written[i] = CHARACTERS[Byte.toUnsignedInt(bytes[i])];
    }
    return new String(written);
  }

  /** Says whether every character of the token is a byte. */
  static boolean isWritten(String token) {
    for (int i = 0; i < token.length(); i++) {
      char c = token.charAt(i);
      if (c >= BYTES.length || BYTES[c] < 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns the bytes of a token for which {@link #isWritten} holds. */
  static byte[] read(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) BYTES[token.charAt(i)];
    }
    return bytes;
  }
}
