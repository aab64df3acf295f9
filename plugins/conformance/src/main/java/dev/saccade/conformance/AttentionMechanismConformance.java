package dev.saccade.conformance;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Puts an attention mechanism on trial: what it declares is tried, and what it does not declare
 * must be refused. A plugin's whole test class:
 *
 * <pre>{@code
 * class PlainAttentionTest extends AttentionMechanismConformance {
 *
 *   @Override
 *   protected AttentionMechanism mechanism() {
 *     return new PlainAttention();
 *   }
 * }
 * }</pre>
 *
 * <p>The kit holds what is true of every mechanism, including those that approximate: its layers
 * run in the runtime's own engine, and are compared with themselves under changes that must not
 * matter, with finite differences, and with exact attention only if they say that they are exact.
 * Tests that a mechanism gives no occasion for are skipped and say why, such as <i>does not declare
 * INCREMENTAL</i>.
 *
 * <p>A mechanism with options names further sets to try; one that keeps a rule of its own says so
 * with the reason:
 *
 * <pre>{@code
 * @Override
 * protected List<Variant> variants() {
 *   return List.of(Variant.defaults(), Variant.of("window", "5"));
 * }
 *
 * @Override
 * protected Declarations declarations() {
 *   return Declarations.none()
 *       .attentionIsNotTheContext(masking -> true, "a layer projects the values before it mixes them");
 * }
 * }</pre>
 *
 * <p>Tolerances are derived, not chosen: see {@link Rounding}, {@link GradientTrial} and {@link
 * GrowthTrial}. {@link MutatedMechanisms} are what the kit itself is tested with.
 *
 * <p>If anything in the same JVM uses ND4J before this class does, start the JVM with {@code
 * -Dopexec=dev.saccade.runtime.engine.kernel.JavaOpExecutioner}.
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

  @BeforeAll
  static void start_the_platform() {
    Nd4jPlatform.start();
  }

  private Subject subject() {
    return new Subject(mechanism(), variants(), sizes(), declarations());
  }

  @Test
  void the_name_is_lower_case_with_hyphens() {
    new IdentityTrial(subject()).name();
  }

  @Test
  void the_summary_is_one_line() {
    new IdentityTrial(subject()).summary();
  }

  @Test
  void growth_is_explained_by_formulas() {
    new IdentityTrial(subject()).growth();
  }

  @Test
  void it_says_the_same_of_itself_at_every_call() {
    new IdentityTrial(subject()).sameAtEveryCall();
  }

  @TestFactory
  Stream<DynamicTest> what_is_declared_is_taken_by_the_default_options() {
    return new RefusalTrial(subject()).declaredIsTaken();
  }

  @TestFactory
  Stream<DynamicTest> what_is_not_declared_is_refused_with_every_reason() {
    return new RefusalTrial(subject()).undeclaredIsRefused();
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
  Stream<DynamicTest> lengths_outside_the_rule_are_refused() {
    return new ShapeTrial(subject()).lengthsOutsideTheRule();
  }

  @TestFactory
  Stream<DynamicTest> unequal_lengths_work_or_are_refused() {
    return new ShapeTrial(subject()).unequalLengths();
  }

  @TestFactory
  Stream<DynamicTest> it_works_at_the_most_positions_of_the_model() {
    return new ShapeTrial(subject()).upToTheMostPositions();
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
  Stream<DynamicTest> a_sequence_gives_the_same_alone_as_in_a_batch() {
    return new BatchTrial(subject()).aloneAsInABatch();
  }

  @TestFactory
  Stream<DynamicTest> what_is_no_number_is_not_hidden() {
    return new BatchTrial(subject()).notANumberIsNotHidden();
  }

  @TestFactory
  Stream<DynamicTest> a_bad_sequence_does_not_harm_its_neighbours() {
    return new BatchTrial(subject()).neighboursAreHarmless();
  }

  @TestFactory
  Stream<DynamicTest> equal_inputs_give_equal_bits() {
    return new RepeatabilityTrial(subject()).equalBits();
  }

  @TestFactory
  Stream<DynamicTest> a_run_leaves_no_trace() {
    return new RepeatabilityTrial(subject()).noTrace();
  }

  @TestFactory
  Stream<DynamicTest> inputs_are_never_written() {
    return new RepeatabilityTrial(subject()).inputsStay();
  }

  @TestFactory
  Stream<DynamicTest> an_exact_mechanism_is_softmax_attention() {
    return new ExactnessTrial(subject()).isSoftmaxAttention();
  }

  @TestFactory
  Stream<DynamicTest> grouped_heads_are_repeated_keys() {
    return new ExactnessTrial(subject()).groupedHeads();
  }

  @TestFactory
  Stream<DynamicTest> all_kernels_of_an_operation_agree() {
    return new KernelTrial(subject()).agree();
  }

  @TestFactory
  Stream<DynamicTest> gradients_match_finite_differences() {
    return new GradientTrial(subject()).matchDifferences();
  }

  @TestFactory
  Stream<DynamicTest> gradients_reach_every_trained_parameter() {
    return new GradientTrial(subject()).reachEveryTrainedParameter();
  }

  @TestFactory
  Stream<DynamicTest> gradients_are_finite_where_queries_see_no_key() {
    return new BlindQueryTrial(subject()).gradientsAreFinite();
  }

  @TestFactory
  Stream<DynamicTest> an_objective_is_brought_as_declared() {
    return new ObjectiveTrial(subject()).presentAsDeclared();
  }

  @TestFactory
  Stream<DynamicTest> an_objective_teaches_by_named_terms() {
    return new ObjectiveTrial(subject()).namedFiniteTermsThatTeach();
  }

  @TestFactory
  Stream<DynamicTest> decoding_is_offered_as_declared() {
    return new DecodingTrial(subject()).presentAsDeclared();
  }

  @TestFactory
  Stream<DynamicTest> decoding_in_any_portions_is_the_whole_text() {
    return new DecodingTrial(subject()).anyPortions();
  }

  @TestFactory
  Stream<DynamicTest> decoding_knows_padding() {
    return new DecodingTrial(subject()).padded();
  }

  @TestFactory
  Stream<DynamicTest> forks_of_a_decoding_are_independent() {
    return new DecodingTrial(subject()).forks();
  }

  @TestFactory
  Stream<DynamicTest> forks_outlive_the_decoding() {
    return new DecodingTrial(subject()).closing();
  }

  @TestFactory
  Stream<DynamicTest> options_are_well_formed() {
    return new OptionTrial(subject()).wellFormed();
  }

  @TestFactory
  Stream<DynamicTest> wrong_option_values_are_refused_with_the_range() {
    return new OptionTrial(subject()).wrongValues();
  }

  @Test
  void unknown_options_are_refused() {
    new OptionTrial(subject()).unknownNames();
  }

  @TestFactory
  Stream<DynamicTest> every_legal_option_value_works_or_is_refused_by_name() {
    return new OptionTrial(subject()).extremes();
  }

  @TestFactory
  Stream<DynamicTest> a_live_option_changes_a_built_layer() {
    return new OptionTrial(subject()).liveOptions();
  }

  @TestFactory
  Stream<DynamicTest> parameters_are_declared_alike_at_every_call() {
    return new ParameterTrial(subject()).declaredAlike();
  }

  @TestFactory
  Stream<DynamicTest> parameters_begin_with_values_of_the_seed_alone() {
    return new ParameterTrial(subject()).initialisersArePure();
  }

  @TestFactory
  Stream<DynamicTest> parameters_can_be_saved_and_loaded() {
    return new ParameterTrial(subject()).savedAndLoaded();
  }

  @TestFactory
  Stream<DynamicTest> random_parameters_can_be_drawn_again() {
    return new ParameterTrial(subject()).redrawn();
  }

  @TestFactory
  Stream<DynamicTest> probes_are_given_when_asked_for() {
    return new ProbeTrial(subject()).givenWhenAskedFor();
  }

  @TestFactory
  Stream<DynamicTest> probes_have_the_shape_that_they_state() {
    return new ProbeTrial(subject()).shapes();
  }

  @TestFactory
  Stream<DynamicTest> watching_changes_nothing() {
    return new ProbeTrial(subject()).watchingChangesNothing();
  }

  @TestFactory
  Stream<DynamicTest> the_attention_shown_mixes_the_values_to_the_context() {
    return new ProbeTrial(subject()).attentionMixesTheValues();
  }

  @TestFactory
  Stream<DynamicTest> keys_that_a_query_may_not_see_have_no_weight() {
    return new ProbeTrial(subject()).hiddenKeysHaveNoWeight();
  }

  @TestFactory
  Stream<DynamicTest> kept_keys_are_those_with_weight() {
    return new ProbeTrial(subject()).keptIsTheSupportOfAttention();
  }

  @TestFactory
  Stream<DynamicTest> row_sums_are_the_sums_of_rows() {
    return new ProbeTrial(subject()).rowSumsAreSums();
  }

  @TestFactory
  Stream<DynamicTest> memory_grows_no_faster_than_declared() {
    return new GrowthTrial(subject()).memory();
  }

  @TestFactory
  Stream<DynamicTest> time_grows_no_faster_than_declared() {
    return new GrowthTrial(subject()).time();
  }
}
