package dev.saccade.runtime.mechanism;

import dev.saccade.api.AttentionMechanism;

/**
 * The right to use a mechanism until closed. While a lease is open its bundle cannot finish
 * leaving, so a call in flight ends on the code that it began with.
 */
public final class MechanismLease implements AutoCloseable {

  private final InstalledMechanism installed;
  private final AttentionMechanism mechanism;
  private boolean open = true;

  MechanismLease(InstalledMechanism installed, AttentionMechanism mechanism) {
    this.installed = installed;
    this.mechanism = mechanism;
  }

  public AttentionMechanism mechanism() {
    return mechanism;
  }

  /** Gives the mechanism back; a second call does nothing. Not for use by several threads. */
  @Override
  public void close() {
    if (open) {
      open = false;
      installed.giveBack();
    }
  }
}
