package dev.saccade.runtime.tokenize;

import java.util.Arrays;

/** UTF-8 of text that may hold halves of surrogate pairs, each of which becomes U+FFFD. */
final class Utf8 {

  private Utf8() {}

  static byte[] of(String text, int start, int end) {
    byte[] bytes = new byte[3 * (end - start)];
    int size = 0;
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        bytes[size++] = (byte) c;
      } else if (c < 0x800) {
        bytes[size++] = (byte) (0xC0 | c >> 6);
        bytes[size++] = (byte) (0x80 | (c & 0x3F));
      } else if (Character.isHighSurrogate(c)
          && i + 1 < end
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        int point = Character.toCodePoint(c, text.charAt(++i));
        bytes[size++] = (byte) (0xF0 | point >> 18);
        bytes[size++] = (byte) (0x80 | (point >> 12 & 0x3F));
        bytes[size++] = (byte) (0x80 | (point >> 6 & 0x3F));
        bytes[size++] = (byte) (0x80 | (point & 0x3F));
      } else {
        char written = Character.isSurrogate(c) ? '\uFFFD' : c;
        bytes[size++] = (byte) (0xE0 | written >> 12);
        bytes[size++] = (byte) (0x80 | (written >> 6 & 0x3F));
        bytes[size++] = (byte) (0x80 | (written & 0x3F));
      }
    }
    return Arrays.copyOf(bytes, size);
  }
}
