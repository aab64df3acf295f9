package dev.saccade.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class StoredTest {

  @ParameterizedTest
  @CsvSource({
    "F16, 1, 3c00",
    "F16, -2.5, c100",
    "F16, 65504, 7bff",
    "F16, 65520, 7c00",
    "F16, 6.103515625e-05, 0400",
    "F16, 5.960464477539063e-08, 0001",
    "F16, 1.00048828125, 3c00",
    "F16, 1.00146484375, 3c02",
    "BF16, 1, 3f80",
    "BF16, 1.00390625, 3f80",
    "BF16, 1.01171875, 3f82",
    "BF16, -3.0e38, ff62"
  })
  void numbers_have_the_bits_of_the_standard(ElementType type, double number, String bits) {
    ByteBuffer bytes = ByteBuffer.allocate(2).order(ByteOrder.BIG_ENDIAN);

    Stored.put(number, type, bytes);

    assertThat("%04x".formatted(bytes.flip().getShort() & 0xffff)).isEqualTo(bits);
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void what_is_read_is_what_was_written_rounded(ElementType type) {
    for (double number : new double[] {0, 0.1, -1e-3, 3.14159, -777.7, 1e-6}) {
      ByteBuffer bytes = ByteBuffer.allocate(8);
      Stored.put(number, type, bytes);

      double read = Stored.next(type, bytes.flip());

      assertThat(read).isEqualTo(Stored.rounded(number, type));
      double allowed = Stored.precision(type) * Math.max(Math.abs(number), 0x1p-14);
      assertThat(Math.abs(read - number)).isLessThanOrEqualTo(allowed);
    }
  }

  @Test
  void nan_in_sixteen_bits_stays_nan() {
    ByteBuffer bytes = ByteBuffer.wrap(new byte[] {(byte) 0xff, (byte) 0xff});

    assertThat(Stored.next(ElementType.F16, bytes)).isNaN();
    assertThat(Stored.next(ElementType.BF16, bytes.rewind())).isNaN();
  }
}
