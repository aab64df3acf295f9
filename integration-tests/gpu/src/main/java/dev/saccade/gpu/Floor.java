package dev.saccade.gpu;

/**
 * What a stage must cost at least, by its contract at the top of its {@code .cu}.
 *
 * @param stage its name
 * @param bytes that it must read from and write to memory
 * @param flop that it must compute
 */
record Floor(String stage, double bytes, double flop) {

  /** The time below which no GPU of such ceilings can stay, in milliseconds. */
  double millis(double bytesPerSecond, double flopPerSecond) {
    return 1e3 * Math.max(bytes / bytesPerSecond, flop / flopPerSecond);
  }
}
