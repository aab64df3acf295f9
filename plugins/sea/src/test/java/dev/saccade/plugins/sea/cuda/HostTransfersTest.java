package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Tensors of every size beside that of a pinned buffer, one after the other. */
@OnFakeDriver
class HostTransfersTest {

  private static final int[] SIZES = {
    4,
    HostTransfers.CAPACITY - 4,
    HostTransfers.CAPACITY,
    8,
    HostTransfers.CAPACITY + 4,
    2 * HostTransfers.CAPACITY,
    12,
    3 * HostTransfers.CAPACITY + 4
  };

  @Test
  void what_goes_there_comes_back_and_the_host_may_change_it_meanwhile() {
    GpuSession session = GpuSession.open(CudaDriver.look().gpus().get(0));
    try (GpuSession.Entered entered = session.enter();
        GpuTensors tensors = new GpuTensors()) {
      List<byte[]> sent = new ArrayList<>();
      List<Long> addresses = new ArrayList<>();
      ByteBuffer reused = ByteBuffer.allocateDirect(SIZES[SIZES.length - 1]);
      for (int size : SIZES) {
        byte[] bytes = new byte[size];
        new SplittableRandom(size).nextBytes(bytes);
        sent.add(bytes);
        addresses.add(tensors.bytes(size));
        session
            .transfers()
            .upload(reused.clear().put(bytes).flip(), addresses.get(addresses.size() - 1));
      }

      for (int i = 0; i < SIZES.length; i++) {
        byte[] came = new byte[SIZES[i]];
        ByteBuffer into = ByteBuffer.allocateDirect(SIZES[i]);
        session.transfers().download(addresses.get(i), into);
        into.get(came);

        assertThat(came).as("%d bytes", SIZES[i]).isEqualTo(sent.get(i));
      }
      assertThat(FakeDriver.held()).containsEntry("host memory", 2L);
    } finally {
      session.close();
    }
  }
}
