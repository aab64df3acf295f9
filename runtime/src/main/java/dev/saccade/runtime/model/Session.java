package dev.saccade.runtime.model;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.model.ModelBinding.Call;
import dev.saccade.runtime.model.ModelBinding.Hold;

/**
 * The right to go on from call to call with the mechanisms that it began with, also after the model
 * was given others. It ends when it is closed, when the model is, and when a mechanism leaves, for
 * nothing of a plugin may be kept then.
 *
 * <p>Between calls nothing keeps a bundle from leaving.
 */
final class Session implements AutoCloseable {

  private final ServedModel model;
  private final Runnable end;
  private final Hold hold;

  private Session(ServedModel model, Runnable end, Hold hold) {
    this.model = model;
    this.end = end;
    this.hold = hold;
  }

  /**
   * Begins one during a call.
   *
   * @param end run by whoever closes the model or takes a mechanism away, on that thread; it must
   *     close this
   */
  static Session open(ServedModel model, Call call, Runnable end) {
    Session session = new Session(model, end, call.hold(end));
    boolean entered = false;
    try {
      model.enter(session);
      entered = true;
      return session;
    } finally {
      if (!entered) {
        session.hold.close();
      }
    }
  }

  /**
   * Begins a call.
   *
   * @throws SaccadeException if a mechanism is leaving
   */
  Call begin() {
    return hold.begin()
        .orElseThrow(
            () ->
                new SaccadeException(
                    "a mechanism of this model is being removed; begin anew when it is installed again"));
  }

  /** Ends it from outside. */
  void end() {
    end.run();
  }

  /** Ends it; closing again does nothing. */
  @Override
  public void close() {
    model.leave(this);
    hold.close();
  }
}
