package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.Support;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A GPU for several that come and go, such as the layers of a model that decode: opened for the
 * first of them, freed with the last. They share its stream, its arena and the loaded kernels, so
 * that one works at a time. Safe for use by many threads.
 */
public final class SharedGpu {

  private static final System.Logger LOG = System.getLogger(SharedGpu.class.getName());

  private @Nullable CudaDriver driver; // asked once
  private @Nullable GpuSession session; // while there are shares
  private @Nullable String lost; // why nothing can be computed any more
  private int shares;

  /** Says whether there is a GPU that can do what {@code asked} asks of it and, if not, why. */
  public synchronized Support check(Function<Gpu, Support> asked) {
    CudaDriver found = driver();
    if (!found.support().isYes()) {
      return found.support();
    }
    List<String> reasons = new ArrayList<>();
    if (lost != null) {
      reasons.add(lost);
    }
    GpuChoice choice = choice(found);
    reasons.addAll(choice.reasons());
    choice.gpu().ifPresent(gpu -> reasons.addAll(asked.apply(gpu).reasons()));
    return Support.unless(reasons);
  }

  /**
   * Takes a share, which the caller closes.
   *
   * @throws IllegalStateException if the GPU cannot be used; then nothing is held
   */
  public synchronized Share join() {
    requireNotLost();
    if (session == null) {
      session = GpuSession.open(choice(driver()).require());
    }
    shares++;
    return new Share(session);
  }

  private static GpuChoice choice(CudaDriver driver) {
    return GpuChoice.among(driver.gpus(), System.getProperty(CudaKernel.GPU_PROPERTY));
  }

  private CudaDriver driver() {
    if (driver == null) {
      driver = CudaDriver.look();
    }
    return driver;
  }

  private void requireNotLost() {
    if (lost != null) {
      throw new IllegalStateException(lost);
    }
  }

  /** One user's part. To close once. */
  public final class Share implements AutoCloseable {

    private final GpuSession opened;

    private Share(GpuSession opened) {
      this.opened = opened;
    }

    /**
     * Works on the GPU, while nobody else does.
     *
     * @throws IllegalStateException if it failed before, for whomever, so that its context was lost
     * @throws GpuException if it fails now
     */
    public void use(Consumer<GpuSession> work) {
      synchronized (SharedGpu.this) {
        requireNotLost();
        try (GpuSession.Entered entered = opened.enter()) {
          work.accept(opened);
        } catch (GpuException e) {
          if (e.contextLost()) {
            lost = "the GPU failed before: " + e.getMessage();
          }
          throw e;
        }
      }
    }

    /** Frees memory, as far as a lost context did not. */
    public void free(DeviceArena... memory) {
      synchronized (SharedGpu.this) {
        try (GpuSession.Entered entered = opened.enter()) {
          List.of(memory).forEach(DeviceArena::close);
        } catch (GpuException e) {
          LOG.log(System.Logger.Level.DEBUG, "a lost context takes with it what was there", e);
        }
      }
    }

    @Override
    public void close() {
      synchronized (SharedGpu.this) {
        shares--;
        if (shares == 0) {
          session = null;
          opened.close();
        }
      }
    }
  }
}
