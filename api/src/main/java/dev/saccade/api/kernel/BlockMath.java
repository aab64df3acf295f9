package dev.saccade.api.kernel;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Arithmetic on blocks, as fast as the processor can. Kernels are written in it, so that one source
 * serves every processor.
 *
 * <p>Stateless and safe for use by many threads. A call is for one thread and works on some
 * thousand numbers: kernels split their work by {@link KernelCall#parallel}. Blocks that are
 * written must not overlap those that are read. Where nothing else is said, rows must be
 * {@linkplain Block#hasDenseRows dense}; an {@link IllegalArgumentException} says when they are
 * not, or when sizes do not fit.
 */
@ProviderType
public interface BlockMath {

  Arithmetic arithmetic();

  /**
   * into = a·b.
   *
   * @param a {@code [R, N]}, with any strides: a transpose costs nothing
   * @param b {@code [N, C]}
   * @param into {@code [R, C]}
   */
  void product(Block a, Block b, Block into);

  /** into = into + a·b; see {@link #product}. */
  void addProduct(Block a, Block b, Block into);

  /**
   * Copies {@code a}.
   *
   * @param a of any strides
   * @param into of the same rows and columns, of any strides
   */
  void copy(Block a, Block into);

  /** Replaces every x by eˣ. */
  void exp(Block x);

  /** Replaces every x by eˣ⁻ˢ, with a shift s for every row, and adds rows up: sums += Σ eˣ⁻ˢ. */
  void exp(Block x, float[] shifts, float[] sums);

  /** Replaces every x by the error function erf(x). */
  void erf(Block x);

  /** Replaces every x by x·Φ(x), Φ the normal distribution (Hendrycks and Gimpel, GELU, 2016). */
  void gelu(Block x);

  /**
   * Gives every row a mean of zero and a variance of one, then gain and bias (Ba et al., Layer
   * Normalization, 2016).
   *
   * @param gain {@code [1, C]}
   * @param bias {@code [1, C]}
   * @param epsilon added to the variance
   */
  void normalise(Block x, Block gain, Block bias, double epsilon);

  /**
   * Gives every row a mean of zero and a variance of one.
   *
   * @param epsilon added to the variance
   * @param rates what each row's deviations from its mean were multiplied with, written
   */
  void standardise(Block x, double epsilon, float[] rates);

  /** Raises {@code maxima[row]} to the greatest of each row. */
  void rowMaxima(Block x, float[] maxima);

  /** Adds the sum of each row to {@code sums[row]}. */
  void rowSums(Block x, float[] sums);

  /** Adds Σ x·y over each row to {@code sums[row]}. */
  void rowProducts(Block x, Block y, float[] sums);

  /** Multiplies each row by {@code factors[row]}. */
  void scaleRows(Block x, float[] factors);

  /**
   * Products of one vector with chosen rows: {@code into[at + i] = Σ x·rows[index[from + i]]} for
   * all i below {@code to − from}.
   *
   * @param x as long as a row, from {@code xOffset} on
   */
  void gatherProducts(
      float[] x, int xOffset, Block rows, int[] index, int from, int to, float[] into, int at);

  /**
   * Adds chosen rows, weighted, to a vector: {@code sum += Σ weights[at + i]·rows[index[from +
   * i]]}.
   *
   * @param sum as long as a row, from {@code sumOffset} on
   */
  void addGathered(
      float[] weights,
      int at,
      Block rows,
      int[] index,
      int from,
      int to,
      float[] sum,
      int sumOffset);

  /**
   * Adds a vector, weighted, to chosen rows: {@code rows[index[from + i]] += weights[at + i]·x}.
   *
   * @param x as long as a row, from {@code xOffset} on
   */
  void scatter(
      float[] weights, int at, float[] x, int xOffset, Block rows, int[] index, int from, int to);
}
