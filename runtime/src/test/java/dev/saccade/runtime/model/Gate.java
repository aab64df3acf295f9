package dev.saccade.runtime.model;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Where a test holds calls up. Open until {@link #shut}. */
final class Gate {

  private static final long PATIENCE_SECONDS = 20;

  private volatile CountDownLatch closed = new CountDownLatch(0);
  private volatile CountDownLatch arrived = new CountDownLatch(0);
  private final AtomicInteger closedKernels = new AtomicInteger();

  /** Holds up calls from now on. */
  void shut() {
    arrived = new CountDownLatch(1);
    closed = new CountDownLatch(1);
  }

  /** Lets all calls through. */
  void open() {
    closed.countDown();
  }

  /** Returns when a call is held up here. */
  void awaitArrival() {
    await(arrived);
  }

  void pass() {
    arrived.countDown();
    await(closed);
  }

  void kernelClosed() {
    closedKernels.incrementAndGet();
  }

  /** How many kernels that go through here were closed. */
  int closedKernels() {
    return closedKernels.get();
  }

  private static void await(CountDownLatch latch) {
    if (latch.getCount() == 0) {
      return;
    }
    try {
      if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the test left the gate shut");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
