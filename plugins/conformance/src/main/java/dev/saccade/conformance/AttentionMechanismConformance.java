package dev.saccade.conformance;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Puts an attention mechanism on trial: everything that it declares is tried, and what it does not
 * declare must be refused.
 */
public abstract class AttentionMechanismConformance {

  /** Returns the mechanism on trial. */
  protected abstract AttentionMechanism mechanism();

  /** Returns the option sets to try; the defaults, unless overridden. */
  protected List<Variant> variants() {
    return List.of(Variant.defaults());
  }

  /** Returns the sizes to try; small primes, unless overridden. */
  protected Sizes sizes() {
    return Sizes.small();
  }

  /** Returns where the usual rules do not hold, and why; nowhere, unless overridden. */
  protected Declarations declarations() {
    return Declarations.none();
  }

  private Subject subject() {
    return new Subject(mechanism(), variants(), sizes(), declarations());
  }

  @BeforeAll
  static void start_the_platform() {
    Nd4jPlatform.start();
  }

  @TestFactory
  Stream<DynamicTest> everything_declared_is_taken_by_the_default_options() {
    return new ShapeTrial(subject()).declarations();
  }

  @TestFactory
  Stream<DynamicTest> the_context_has_the_shape_of_the_query_and_is_finite() {
    return new ShapeTrial(subject()).everythingDeclared();
  }

  @TestFactory
  Stream<DynamicTest> lengths_around_tile_edges_work() {
    return new ShapeTrial(subject()).edges();
  }

  @TestFactory
  Stream<DynamicTest> a_later_position_does_not_change_an_earlier_result() {
    return new CausalityTrial(subject()).nothingLaterMatters();
  }

  @TestFactory
  Stream<DynamicTest> the_values_of_padding_have_no_weight() {
    return new PaddingTrial(subject()).valuesOfPadding();
  }

  @TestFactory
  Stream<DynamicTest> what_stands_in_padding_does_not_matter() {
    return new PaddingTrial(subject()).anythingInPadding();
  }

  @TestFactory
  Stream<DynamicTest> a_sequence_gives_the_same_alone_as_padded() {
    return new PaddingTrial(subject()).aloneAsPadded();
  }

  @TestFactory
  Stream<DynamicTest> a_query_that_sees_no_key_gets_zero() {
    return new BlindQueryTrial(subject()).nothingSeenIsZero();
  }

  @TestFactory
  Stream<DynamicTest> gradients_are_finite_where_queries_see_no_key() {
    return new BlindQueryTrial(subject()).gradientsAreFinite();
  }

  @TestFactory
  Stream<DynamicTest> gradients_match_finite_differences() {
    return new GradientTrial(subject()).matchDifferences();
  }

  @TestFactory
  Stream<DynamicTest> gradients_reach_every_trained_parameter() {
    return new GradientTrial(subject()).reachEveryTrainedParameter();
  }
}
