package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.SeaOnDevice;
import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.DeviceProgram;
import dev.saccade.plugins.sea.cuda.FlashProgram;
import dev.saccade.plugins.sea.cuda.Gpu;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.GpuStream;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** The suite over programs that are slightly wrong, to see that it notices. */
public final class WrongSuite {

  private static final double SLIGHTLY = 1.0005;

  private WrongSuite() {}

  public static void main(String... arguments) {
    System.exit(
        GpuSuite.execute(
            plan -> {
              SeaDefinition sea = new SeaDefinition(true, plan.kept(), plan.width());
              return new Programs(
                  List.of(
                      new Program(
                          "flash",
                          new Misled(
                              new FlashProgram(),
                              told -> told.with("scale", SLIGHTLY * told.decimal("scale"))),
                          ExactAttention.CAUSAL,
                          Program.BOTH,
                          false),
                      new Program(
                          "sea",
                          new Misled(SeaOnDevice.program(), told -> told.with("scaler", false)),
                          sea,
                          Program.FORWARD,
                          true)),
                  List.of(new Misread(new Decoding(sea))));
            },
            arguments));
  }

  /** Decodes other values than the reference knows of. */
  private record Misread(Decoding decoding) implements Tried {

    @Override
    public String name() {
      return decoding.name();
    }

    @Override
    public Attention attention() {
      return decoding.attention();
    }

    @Override
    public List<ElementType> types() {
      return decoding.types();
    }

    @Override
    public List<Integer> variants(Gpu gpu) {
      return decoding.variants(gpu);
    }

    @Override
    public Support check(Sizes sizes, ElementType type, Gpu gpu) {
      return decoding.check(sizes, type, gpu);
    }

    @Override
    public List<Finding> compare(Trial trial, Sizes sizes, ElementType type, OpenGpu gpu) {
      trial.gradient(); // is found with the reference, which is known from now on
      double[] values = trial.inputs().get(2).values();
      Arrays.setAll(values, i -> SLIGHTLY * values[i]);
      return decoding.compare(trial, sizes, type, gpu);
    }
  }

  /** Runs a program, told something else than it should be. */
  private record Misled(DeviceProgram program, UnaryOperator<KernelArguments> change)
      implements DeviceProgram {

    @Override
    public String operation() {
      return program.operation();
    }

    @Override
    public int outputs() {
      return program.outputs();
    }

    @Override
    public Support check(KernelRequest request, Gpu gpu) {
      return program.check(request, gpu);
    }

    @Override
    public List<Shape> outputShapes(KernelRequest request) {
      return program.outputShapes(request);
    }

    @Override
    public long scratchBytes(KernelRequest request, Pass pass) {
      return program.scratchBytes(request, pass);
    }

    @Override
    public void run(Pass pass, DeviceCall call, GpuSession session, GpuStream stream) {
      program.run(
          pass,
          new DeviceCall(
              change.apply(call.arguments()),
              call.inputs(),
              call.outputs(),
              call.outputGradients(),
              call.inputGradients(),
              call.scratch()),
          session,
          stream);
    }
  }
}
