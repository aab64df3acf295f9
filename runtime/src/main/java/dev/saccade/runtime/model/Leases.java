package dev.saccade.runtime.model;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.mechanism.InstalledMechanism;
import dev.saccade.runtime.mechanism.MechanismLease;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The right to use several mechanisms, each leased once. Not for use by several threads. */
final class Leases implements AutoCloseable {

  private final Map<InstalledMechanism, MechanismLease> leases = new LinkedHashMap<>();

  private Leases() {}

  /** Leases all of them, or none if one is leaving. */
  static Optional<Leases> acquire(Collection<InstalledMechanism> installed) {
    Leases leases = new Leases();
    for (InstalledMechanism each : installed) {
      Optional<MechanismLease> lease = each.tryAcquire();
      if (lease.isEmpty()) {
        leases.close();
        return Optional.empty();
      }
      leases.leases.put(each, lease.get());
    }
    return Optional.of(leases);
  }

  AttentionMechanism of(InstalledMechanism installed) {
    MechanismLease lease = leases.get(installed);
    if (lease == null) {
      throw new IllegalArgumentException("not leased: " + installed);
    }
    return lease.mechanism();
  }

  @Override
  public void close() {
    leases.values().forEach(MechanismLease::close);
    leases.clear();
  }
}
