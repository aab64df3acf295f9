package dev.saccade.plugins.sea.cuda;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * All that one kernel keeps on one GPU: a share in its context, a stream, an arena, pinned buffers
 * and loaded modules. Whatever uses it does so between {@link #enter} and the end of that; only one
 * thread at a time.
 */
public final class GpuSession implements AutoCloseable {

  /** While it is open the GPU's context is current on the calling thread. */
  public interface Entered extends AutoCloseable {
    @Override
    void close();
  }

  private static final System.Logger LOG = System.getLogger(GpuSession.class.getName());

  private final Gpu gpu;
  private final PrimaryContext context;
  private final GpuStream stream;
  private final DeviceArena arena = new DeviceArena();
  private final HostTransfers transfers;
  private final Map<String, PtxModule> modules = new HashMap<>();

  private GpuSession(Gpu gpu, PrimaryContext context, GpuStream stream) {
    this.gpu = gpu;
    this.context = context;
    this.stream = stream;
    this.transfers = new HostTransfers(stream);
  }

  /**
   * Opens a GPU.
   *
   * @throws GpuException if it cannot be used; then nothing is held
   */
  public static GpuSession open(Gpu gpu) {
    PrimaryContext context = new PrimaryContext(gpu);
    try (PrimaryContext.Entered entered = context.enter()) {
      return new GpuSession(gpu, context, GpuStream.create());
    } catch (GpuException e) {
      context.close();
      throw e;
    }
  }

  /** Makes the context current on the calling thread. */
  public Entered enter() {
    return context.enter()::close;
  }

  public Gpu gpu() {
    return gpu;
  }

  /** Where this session's work is queued. */
  public GpuStream stream() {
    return stream;
  }

  public DeviceArena arena() {
    return arena;
  }

  /** Copies what remains of {@code from}, which may be changed afterwards, to an address. */
  public void upload(ByteBuffer from, long address) {
    transfers.upload(from, address);
  }

  /**
   * Fills what remains of {@code into} from an address on the GPU, as soon as this session's stream
   * has done what it was asked before.
   */
  public void download(long address, ByteBuffer into) {
    transfers.download(address, into);
  }

  /** Asks for zeros. */
  public void clear(long address, long bytes) {
    DeviceMemory.clear(address, bytes, stream);
  }

  HostTransfers transfers() {
    return transfers;
  }

  /**
   * Returns a kernel, loading its module when it is asked for first.
   *
   * @param module the {@code .cu} file's name, without its ending
   * @param name as in {@code extern "C" __global__ void name(…)}
   */
  public KernelFunction function(String module, String name) {
    return modules.computeIfAbsent(module, file -> new PtxModule(gpu, file)).function(name);
  }

  /** Frees all of it; the context too, unless somebody else holds it. */
  @Override
  public void close() {
    try (PrimaryContext.Entered entered = context.enter()) {
      modules.values().forEach(PtxModule::close);
      transfers.close();
      arena.close();
      stream.close();
    } catch (GpuException e) {
      LOG.log(System.Logger.Level.DEBUG, "a lost context takes with it what was there", e);
    } finally {
      context.close();
    }
  }
}
