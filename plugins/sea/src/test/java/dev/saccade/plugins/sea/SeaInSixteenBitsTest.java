package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.api.option.Options;
import dev.saccade.plugins.sea.cuda.CudaKernel;
import dev.saccade.plugins.sea.cuda.FakeDriver;
import dev.saccade.plugins.sea.cuda.HostNumbers;
import dev.saccade.plugins.sea.cuda.HostTrialCall;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import dev.saccade.plugins.sea.cuda.StoredNumbers;
import dev.saccade.plugins.sea.cuda.TestHost;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * SEA of queries, keys and values that are stored in 16 bits, with parameters in F32: from host
 * memory through JCuda to the kernels, on ordinary cores (7.5) and on tensor cores (9.0).
 */
@OnFakeDriver
class SeaInSixteenBitsTest {

  private static final int B = 2;
  private static final int H = 3;

  /** Of which no two estimates are as near at a cut that split products could choose another. */
  private static final long SEED = 7;

  private static final List<String> PRODUCTS =
      List.of(
          "seaFeaturesTensor_f16",
          "seaRoughSumsTensor_f16",
          "seaRoughContextTensor_f16",
          "seaEncodeTensor_f16",
          "seaStripsTensor",
          "seaRefineTensor");

  private static final Map<String, String> OPTIONS = Map.of("width", "32", "k", "5");

  /**
   * How far gates and, by them, a context may be off in parts of the greatest value: a handful of
   * products of split numbers, each off by 3·2⁻¹⁸ of the sum of its magnitudes, behind norms that
   * enlarge that tenfold at most.
   */
  private static final double ESTIMATE = 1e-3;

  /**
   * @param headSize read number by number, if it is odd
   */
  record Case(ElementType type, int capability, int length, int headSize, Padding padding) {}

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (ElementType type : List.of(ElementType.F16, ElementType.BF16)) {
      for (int capability : new int[] {75, 90}) {
        cases.add(new Case(type, capability, 1, 8, Padding.NONE));
        cases.add(new Case(type, capability, 31, 7, Padding.NONE));
        cases.add(new Case(type, capability, 32, 8, Padding.NONE));
        cases.add(new Case(type, capability, 33, 8, Padding.ANYWHERE));
      }
      cases.add(new Case(type, 90, 207, 8, Padding.BEHIND));
    }
    return cases.stream();
  }

  private final CudaKernel kernel = new CudaKernel(new SeaProgram());

  @ParameterizedTest
  @MethodSource("cases")
  void the_context_is_that_of_the_numbers_as_they_are_stored(Case given) {
    try (KernelTrial recipe = recipe(given)) {
      double[] expected = doubles(recipe.context());

      double[] context = context(given, recipe);

      // The average is stored, and then the context of which it is a part.
      double greatest = greatest(recipe.input(SingleLayer.VALUE));
      double allowed = greatest * (2 * StoredNumbers.precision(given.type()) + ESTIMATE);
      for (int i = 0; i < expected.length; i++) {
        assertThat(Math.abs(context[i] - expected[i]))
            .as("number %d, which should be %s", i, expected[i])
            .isLessThanOrEqualTo(allowed);
      }
    } finally {
      kernel.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"75, false", "80, true", "86, true", "90, true"})
  void products_are_on_tensor_cores_where_the_gpu_has_them(int capability, boolean expected) {
    Case given = new Case(ElementType.F16, capability, 1, 8, Padding.NONE);
    List<Long> before = launches();
    try (KernelTrial recipe = recipe(given)) {
      context(given, recipe);
    } finally {
      kernel.close();
    }

    List<Long> after = launches();

    for (int i = 0; i < PRODUCTS.size(); i++) {
      assertThat(after.get(i) > before.get(i)).as(PRODUCTS.get(i)).isEqualTo(expected);
    }
  }

  private static List<Long> launches() {
    return PRODUCTS.stream().map(FakeDriver::launched).toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5})
  void bits_do_not_depend_on_the_order_of_threads(int schedule) {
    Case given = new Case(ElementType.BF16, 90, 33, 8, Padding.NONE);
    try (KernelTrial recipe = recipe(given)) {
      double[] first = context(given, recipe);

      FakeDriver.set("FAKE_CUDA_SCHEDULE", schedule);
      double[] again = context(given, recipe);

      assertThat(again).containsExactly(first);
    } finally {
      kernel.close();
    }
  }

  @Test
  void what_check_reserves_is_enough_for_the_run() {
    Case given = new Case(ElementType.BF16, 90, 33, 8, Padding.ANYWHERE);
    FakeDriver.set("FAKE_CUDA_CAPABILITY", given.capability());
    try (KernelTrial recipe = recipe(given)) {
      HostTrialCall call = call(given, recipe);
      assertThat(kernel.check(request(call), TestHost.INSTANCE).reasons()).isEmpty();
      FakeDriver.fail("cuMemAlloc=2");

      kernel.forward(call);

      assertThat(((HostNumbers) call.outputs().get(0)).numbers()).isNotEmpty();
    } finally {
      kernel.close();
    }
  }

  @Test
  void parameters_in_sixteen_bits_are_refused_in_words() {
    Case given = new Case(ElementType.F16, 75, 31, 7, Padding.NONE);
    try (KernelTrial recipe = recipe(given)) {
      KernelRequest mixed = request(call(given, recipe));
      KernelRequest all =
          new KernelRequest(
              mixed.inputs(),
              Collections.nCopies(mixed.inputs().size(), ElementType.F16),
              ElementType.F16,
              mixed.arguments());

      assertThat(kernel.check(all, TestHost.INSTANCE).reasons())
          .containsExactly(
              "query, key and value must be of one type, and k, parameters and what says which keys"
                  + " are real F32, but input 3 is F16, not F32");
    } finally {
      kernel.close();
    }
  }

  /** In double precision, of numbers that 16 bits can hold. */
  private static KernelTrial recipe(Case given) {
    Masking masking = given.padding() == Padding.NONE ? Masking.CAUSAL : Masking.CAUSAL_PADDING;
    AttentionSpec spec =
        AttentionSpec.multiHead(H, given.headSize())
            .withMaxPositions(211)
            .withMasking(masking)
            .withElementType(ElementType.F64);
    Map<String, String> options = new HashMap<>(OPTIONS);
    options.put("kernel", "recipe");
    KernelTrial recipe =
        new KernelTrial(
            spec, options, B, given.length(), SEED, given.padding().real(B, given.length()));
    for (String name : List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE)) {
      INDArray input = recipe.input(name);
      double[] rounded = StoredNumbers.rounded(doubles(input), given.type());
      for (int i = 0; i < rounded.length; i++) {
        input.putScalar(i, rounded[i]);
      }
    }
    return recipe;
  }

  private double[] context(Case given, KernelTrial recipe) {
    FakeDriver.set("FAKE_CUDA_CAPABILITY", given.capability());
    HostTrialCall call = call(given, recipe);
    kernel.forward(call);
    return ((HostNumbers) call.outputs().get(0)).numbers();
  }

  private static KernelRequest request(HostTrialCall call) {
    return new KernelRequest(
        call.inputs().stream().map(Tensor::shape).toList(),
        call.inputs().stream().map(Tensor::elementType).toList(),
        call.inputs().get(0).elementType(),
        call.arguments());
  }

  private static HostTrialCall call(Case given, KernelTrial recipe) {
    SeaOptions options = SeaOptions.from(Options.parse(SeaOptions.SCHEMA, OPTIONS));
    KernelArguments arguments = options.arguments(true);
    Shape shape = Shape.of(B, H, given.length(), given.headSize());
    List<Tensor> inputs = new ArrayList<>();
    for (String name : List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE)) {
      inputs.add(HostNumbers.of(shape, given.type(), doubles(recipe.input(name))));
    }
    inputs.add(HostNumbers.of(Shape.of(), ElementType.F32, new double[] {options.kept()}));
    AttentionSpec spec =
        AttentionSpec.multiHead(H, given.headSize())
            .withMaxPositions(211)
            .withMasking(Masking.CAUSAL);
    for (Parameter parameter : SeaParameters.of(spec, options)) {
      inputs.add(
          HostNumbers.of(
              parameter.shape(), ElementType.F32, doubles(recipe.parameter(parameter.name()))));
    }
    if (given.padding() != Padding.NONE) {
      Shape ofReal = Shape.of(B, given.length());
      inputs.add(HostNumbers.of(ofReal, ElementType.F32, doubles(recipe.input(SingleLayer.REAL))));
    }
    return new HostTrialCall(
        arguments, inputs, List.of(HostNumbers.empty(shape, given.type())), List.of(), List.of());
  }

  private static double[] doubles(INDArray array) {
    return array.dup('c').data().asDouble();
  }

  private static double greatest(INDArray array) {
    return Arrays.stream(doubles(array)).map(Math::abs).max().orElseThrow();
  }
}
