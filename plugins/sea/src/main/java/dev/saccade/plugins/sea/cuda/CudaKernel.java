package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.kernel.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DeviceProgram} as the kernel {@code "cuda"} of its operation.
 *
 * <p>Tensors in host memory are uploaded and what was computed is downloaded; tensors on the GPU
 * are used where they are. What the runs need on the GPU, {@link #check} reserves already: a lack
 * of memory is then a reason to take another kernel, rather than a failure under way. The memory is
 * kept for the next run, until {@link #close}.
 *
 * <p>Runs of one kernel follow each other; those of several kernels share the GPU. After a failure
 * that lost the context, it says no for good.
 */
public final class CudaKernel implements AttentionKernel {

  /** Which GPU, by its ordinal; the first, if it is not set. */
  public static final String GPU_PROPERTY = "saccade.gpu";

  private final DeviceProgram program;

  private @Nullable CudaDriver driver; // asked once
  private @Nullable GpuSession session; // opened when it is needed
  private @Nullable String lost; // why nothing can be computed any more

  public CudaKernel(DeviceProgram program) {
    this.program = program;
  }

  @Override
  public String operation() {
    return program.operation();
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public int outputs() {
    return program.outputs();
  }

  @Override
  public List<Shape> outputShapes(KernelRequest request) {
    return program.outputShapes(request);
  }

  @Override
  public synchronized Support check(KernelRequest request, Device device) {
    CudaDriver asked = driver();
    if (!asked.support().isYes()) {
      return System.getProperty(GPU_PROPERTY) == null
          ? asked.support()
          : Support.unless(asked.support().reasons()); // somebody wants a GPU, so it is news
    }
    List<String> reasons = new ArrayList<>();
    if (lost != null) {
      reasons.add(lost);
    }
    GpuChoice choice = GpuChoice.among(asked.gpus(), System.getProperty(GPU_PROPERTY));
    reasons.addAll(choice.reasons());
    choice.gpu().ifPresent(gpu -> reasons.addAll(program.check(request, gpu).reasons()));
    if (reasons.isEmpty() && device.kind() == Device.Kind.CPU) {
      addLarge(request, reasons);
    }
    return reasons.isEmpty()
        ? reserve(request, device.kind(), Pass.FORWARD)
        : Support.unless(reasons);
  }

  /**
   * Says whether the way back of a request that {@link #check} said yes to can be run as well and,
   * if not, why: it takes more memory, which this reserves.
   */
  public synchronized Support checkBackward(KernelRequest request, Device.Kind kind) {
    return lost == null ? reserve(request, kind, Pass.BACKWARD) : Support.no(lost);
  }

  private void addLarge(KernelRequest request, List<String> reasons) {
    visitors(request).stream()
        .filter(tensor -> tensor.bytes() > Integer.MAX_VALUE)
        .findFirst()
        .ifPresent(
            tensor ->
                reasons.add(
                    "tensors in host memory must be below 2 GiB to be uploaded but one is %s in %s"
                        .formatted(tensor.shape(), tensor.elementType())));
  }

  /** What would go to the GPU and come back, nowhere yet. */
  private List<DeviceTensor> visitors(KernelRequest request) {
    List<DeviceTensor> visitors = new ArrayList<>();
    for (int i = 0; i < request.inputs().size(); i++) {
      visitors.add(new DeviceTensor(0, request.inputs().get(i), request.inputTypes().get(i)));
    }
    List<Shape> shapes = program.outputShapes(request);
    for (int i = 0; i < shapes.size(); i++) {
      visitors.add(new DeviceTensor(0, shapes.get(i), program.outputType(request, i)));
    }
    return visitors;
  }

  /** When it is asked for the way forward, whether there will be one back is not known yet. */
  private Support reserve(KernelRequest request, Device.Kind kind, Pass pass) {
    ArenaLayout layout = new ArenaLayout();
    int copies = kind != Device.Kind.CPU ? 0 : pass == Pass.FORWARD ? 1 : 2; // with gradients
    for (int copy = 0; copy < copies; copy++) {
      visitors(request).forEach(tensor -> layout.take(tensor.bytes()));
    }
    layout.take(program.scratchBytes(request, pass));
    try {
      GpuSession opened = session();
      try (GpuSession.Entered entered = opened.enter()) {
        opened.arena().reserve(layout.bytes());
      }
      return Support.yes();
    } catch (GpuException e) {
      return Support.no(remember(e).getMessage());
    }
  }

  @Override
  public void forward(KernelCall call) {
    run(Pass.FORWARD, call, List.of(), List.of());
  }

  @Override
  public void backward(KernelGradientCall call) {
    run(Pass.BACKWARD, call, call.outputGradients(), call.inputGradients());
  }

  private synchronized void run(
      Pass pass, KernelCall call, List<Tensor> outputGradients, List<Tensor> inputGradients) {
    if (lost != null) {
      throw new IllegalStateException(lost);
    }
    KernelRequest request = request(call);
    ArenaLayout layout = new ArenaLayout();
    Residents inputs = Residents.plan(call.inputs(), layout);
    Residents outputs = Residents.plan(call.outputs(), layout);
    Residents arriving = Residents.plan(outputGradients, layout);
    Residents leaving = Residents.plan(inputGradients, layout);
    long scratch = layout.take(program.scratchBytes(request, pass));
    try {
      GpuSession opened = session();
      try (GpuSession.Entered entered = opened.enter()) {
        DeviceArena arena = opened.arena();
        arena.reserve(layout.bytes());
        inputs.upload(opened);
        if (pass == Pass.BACKWARD) {
          outputs.upload(opened);
          arriving.upload(opened);
        }
        program.run(
            pass,
            new DeviceCall(
                call.arguments(),
                inputs.in(arena),
                outputs.in(arena),
                arriving.in(arena),
                leaving.in(arena),
                arena.address() + scratch),
            opened,
            opened.stream());
        (pass == Pass.FORWARD ? outputs : leaving).download(opened);
        opened.stream().await();
      }
    } catch (GpuException e) {
      throw remember(e);
    }
  }

  private static KernelRequest request(KernelCall call) {
    return new KernelRequest(
        call.inputs().stream().map(Tensor::shape).toList(),
        call.inputs().stream().map(Tensor::elementType).toList(),
        call.inputs().get(0).elementType(),
        call.arguments());
  }

  private CudaDriver driver() {
    if (driver == null) {
      driver = CudaDriver.look();
    }
    return driver;
  }

  private GpuSession session() {
    if (session == null) {
      session =
          GpuSession.open(
              GpuChoice.among(driver().gpus(), System.getProperty(GPU_PROPERTY)).require());
    }
    return session;
  }

  private GpuException remember(GpuException e) {
    if (e.contextLost()) {
      lost = "the GPU failed before: " + e.getMessage();
      close();
    }
    return e;
  }

  /** Frees what it has on the GPU; it opens it again when it is asked to run again. */
  @Override
  public synchronized void close() {
    if (session != null) {
      session.close();
      session = null;
    }
  }
}
