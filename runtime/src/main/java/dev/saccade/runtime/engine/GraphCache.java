package dev.saccade.runtime.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Runners kept ready by key, such as the shape of a batch, for many callers at once.
 *
 * <p>A caller takes a runner out, uses it alone and gives it back by closing the loan; callers of
 * one key at one time get runners of their own. Of the runners nobody uses, only so many are kept:
 * those of the keys used last. A runner in use is never closed.
 *
 * @param <K> immutable, with equals and hashCode
 */
public final class GraphCache<K> implements AutoCloseable {

  private final int capacity;
  private final Function<K, GraphRunner> builder;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition returned = lock.newCondition();

  /** Idle runners; the key used longest ago comes first. */
  private final Map<K, Deque<GraphRunner>> idle = new LinkedHashMap<>(16, 0.75f, true);

  private final List<Loan> loans = new ArrayList<>();
  private int idleCount;
  private boolean closed;

  /**
   * @param capacity how many idle runners to keep, over all keys
   * @param builder makes a runner for a key; called outside any lock, by several threads
   */
  public GraphCache(int capacity, Function<K, GraphRunner> builder) {
    if (capacity < 0) {
      throw new IllegalArgumentException("capacity must not be negative: capacity=" + capacity);
    }
    this.capacity = capacity;
    this.builder = builder;
  }

  /** A runner that is the caller's until closed; closing twice is harmless. */
  public final class Loan implements AutoCloseable {
    private final K key;
    private final GraphRunner runner;
    private boolean outdated;
    private boolean ended;

    private Loan(K key, GraphRunner runner) {
      this.key = key;
      this.runner = runner;
    }

    public GraphRunner runner() {
      return runner;
    }

    @Override
    public void close() {
      giveBack(this);
    }
  }

  /**
   * Takes a runner out, building one when none of that key is idle.
   *
   * @throws IllegalStateException when this cache is closed
   */
  public Loan borrow(K key) {
    lock.lock();
    try {
      requireOpen();
      Deque<GraphRunner> ready = idle.get(key);
      @Nullable GraphRunner runner = ready == null ? null : ready.pollLast();
      if (runner != null) {
        idleCount--;
        return lend(key, runner);
      }
    } finally {
      lock.unlock();
    }
    GraphRunner built = builder.apply(key);
    lock.lock();
    try {
      if (!closed) {
        return lend(key, built);
      }
    } finally {
      lock.unlock();
    }
    built.close();
    throw new IllegalStateException("this cache is closed");
  }

  private Loan lend(K key, GraphRunner runner) {
    Loan loan = new Loan(key, runner);
    loans.add(loan);
    return loan;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this cache is closed");
    }
  }

  private void giveBack(Loan loan) {
    List<GraphRunner> surplus = new ArrayList<>();
    lock.lock();
    try {
      if (loan.ended) {
        return;
      }
      loan.ended = true;
      if (closed || loan.outdated) {
        surplus.add(loan.runner);
      } else {
        idle.computeIfAbsent(loan.key, k -> new ArrayDeque<>()).addLast(loan.runner);
        idleCount++;
        takeSurplus(surplus);
      }
    } finally {
      lock.unlock();
    }
    surplus.forEach(GraphRunner::close);
    lock.lock();
    try {
      // Only now: whoever waits for the loan to end may rely on its memory being free.
      loans.remove(loan);
      returned.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void takeSurplus(List<GraphRunner> surplus) {
    var oldestFirst = idle.entrySet().iterator();
    while (idleCount > capacity) {
      Deque<GraphRunner> runners = oldestFirst.next().getValue();
      while (idleCount > capacity && !runners.isEmpty()) {
        surplus.add(runners.pollFirst());
        idleCount--;
      }
      if (runners.isEmpty()) {
        oldestFirst.remove();
      }
    }
  }

  /**
   * Drops the runners of some keys: idle ones now, those in use when they are given back.
   *
   * <p>For graphs that are out of date, such as those of a mechanism that was replaced.
   */
  public void discard(Predicate<K> keys) {
    List<GraphRunner> dropped = new ArrayList<>();
    lock.lock();
    try {
      drop(keys, dropped);
    } finally {
      lock.unlock();
    }
    dropped.forEach(GraphRunner::close);
  }

  private void drop(Predicate<K> keys, List<GraphRunner> dropped) {
    idle.entrySet()
        .removeIf(
            entry -> {
              if (!keys.test(entry.getKey())) {
                return false;
              }
              dropped.addAll(entry.getValue());
              idleCount -= entry.getValue().size();
              return true;
            });
    for (Loan loan : loans) {
      loan.outdated |= keys.test(loan.key);
    }
  }

  /** Returns how many runners wait for a caller. */
  public int idleRunners() {
    lock.lock();
    try {
      return idleCount;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the native memory that idle runners hold, in bytes. */
  public long idleBytes() {
    lock.lock();
    try {
      return idle.values().stream()
          .flatMap(Deque::stream)
          .mapToLong(GraphRunner::pooledBytes)
          .sum();
    } finally {
      lock.unlock();
    }
  }

  /** Lends no more, closes every runner, and returns when the last one in use was given back. */
  @Override
  public void close() {
    List<GraphRunner> dropped = new ArrayList<>();
    lock.lock();
    try {
      closed = true;
      drop(key -> true, dropped);
    } finally {
      lock.unlock();
    }
    dropped.forEach(GraphRunner::close);
    lock.lock();
    try {
      while (!loans.isEmpty()) {
        returned.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }
}
