package dev.saccade.runtime.tokenize;

import java.util.Arrays;

/** UTF-8 of text that may hold halves of surrogate pairs, each of which becomes U+FFFD. */
final class Utf8 {

  private Utf8() {}

  static byte[] of(String text) {
    byte[] bytes = new byte[3 * text.length()];
    int size = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c < 0x80) {
        bytes[size++] = (byte) c;
      } else if (c < 0x800) {
        bytes[size++] = (byte) (0xC0 | c >> 6);
        bytes[size++] = continuation(c);
      } else if (c < 0x10000) {
        int written = Character.getType(c) == Character.SURROGATE ? 0xFFFD : c;
        bytes[size++] = (byte) (0xE0 | written >> 12);
        bytes[size++] = continuation(written >> 6);
        bytes[size++] = continuation(written);
      } else {
        bytes[size++] = (byte) (0xF0 | c >> 18);
        bytes[size++] = continuation(c >> 12);
        bytes[size++] = continuation(c >> 6);
        bytes[size++] = continuation(c);
      }
    }
    return Arrays.copyOf(bytes, size);
  }

  private static byte continuation(int bits) {
    return (byte) (0x80 | (bits & 0x3F));
  }
}
