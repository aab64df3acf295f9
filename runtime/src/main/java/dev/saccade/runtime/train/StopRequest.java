package dev.saccade.runtime.train;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A wish that training stops after the step it is at. Any thread may express it.
 *
 * <p>{@link #onShutdown} makes Ctrl-C such a wish: the JVM, which is about to end, then waits until
 * this is closed. That must be done by the thread that trains, after it has saved and said what it
 * has to say, and without {@code System.exit}, which would wait for the JVM in turn. The JVM exits
 * with 128 plus the signal's number, as shells expect: {@link #EXIT_CODE} for Ctrl-C.
 */
public final class StopRequest implements AutoCloseable {

  /** What a process ends with that was stopped by Ctrl-C. */
  public static final int EXIT_CODE = 130;

  private final AtomicReference<@Nullable String> reason = new AtomicReference<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private @Nullable Thread hook;

  /** Returns one that is expressed by the end of the JVM, too, and delays it until it is closed. */
  public static StopRequest onShutdown() {
    StopRequest request = new StopRequest();
    Thread hook = new Thread(request::stopAndWait, "saccade-stop");
    request.hook = hook;
    Runtime.getRuntime().addShutdownHook(hook);
    return request;
  }

  private void stopAndWait() {
    stop("interrupted");
    try {
      closed.await();
    } catch (InterruptedException e) {
      // Nobody interrupts a hook but the JVM itself, which then no longer waits either.
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Asks to stop.
   *
   * @param why in a word or two; the first reason counts
   */
  public void stop(String why) {
    reason.compareAndSet(null, why);
  }

  /** Returns why to stop; null to go on. */
  public @Nullable String reason() {
    return reason.get();
  }

  /** Lets the JVM end. */
  @Override
  public void close() {
    closed.countDown();
    Thread waiting = hook;
    if (waiting != null && reason.get() == null) {
      try {
        Runtime.getRuntime().removeShutdownHook(waiting);
      } catch (IllegalStateException e) {
        // The end of the JVM began in this very moment; the hook finds that it need not wait.
        stop("interrupted");
      }
    }
  }
}
