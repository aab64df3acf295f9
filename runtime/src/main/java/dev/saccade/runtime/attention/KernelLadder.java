package dev.saccade.runtime.attention;

import dev.saccade.api.Support;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.runtime.SaccadeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The kernels of one operation, fastest first, and who of them runs: the one that is asked for, or
 * else the first that says yes.
 *
 * <p>Asked for are they by a mechanism's {@link KernelChoice#OPTION} or, for all mechanisms, by the
 * system property {@value #PROPERTY}; the option counts more.
 *
 * @param operation what they all compute
 */
record KernelLadder(String operation, List<AttentionKernel> fastestFirst) {

  /** Names a kernel, or "recipe". */
  static final String PROPERTY = "saccade.kernel";

  /** What the ordinary operations of a graph are called among kernels. */
  static final String RECIPE = "recipe";

  KernelLadder {
    fastestFirst = List.copyOf(fastestFirst);
  }

  /** A choice as graphs keep it. */
  static String wanted(KernelChoice choice) {
    return choice.name().toLowerCase(Locale.ROOT);
  }

  /** Whether a kernel is asked for, by a mechanism's choice or for all mechanisms. */
  static boolean asksFor(KernelChoice choice, KernelChoice kernel) {
    return forced(wanted(choice)).equals(wanted(kernel));
  }

  /** The kernel's name that counts, or "auto". */
  private static String forced(String wanted) {
    return wanted.equals(wanted(KernelChoice.AUTO))
        ? System.getProperty(PROPERTY, wanted).strip().toLowerCase(Locale.ROOT)
        : wanted;
  }

  /**
   * Says who runs a request.
   *
   * @param wanted see {@link #wanted(KernelChoice)}
   * @throws SaccadeException if a kernel is asked for by name and cannot
   */
  Decision decide(KernelRequest request, String wanted) {
    String forced = forced(wanted);
    return forced.equals(RECIPE)
        ? new Decision(null, List.of("the recipe is asked for"), List.of())
        : among(request, forced);
  }

  /**
   * Says who runs a request that is in a graph, even if the recipe is asked for: then this
   * operation has none, or its mechanism would not have added it.
   *
   * @throws SaccadeException as {@link #decide}
   */
  Decision decideInGraph(KernelRequest request, String wanted) {
    String forced = forced(wanted);
    return among(request, forced.equals(RECIPE) ? wanted(KernelChoice.AUTO) : forced);
  }

  /** An operation with a single kernel leaves no choice. */
  private Decision among(KernelRequest request, String forced) {
    boolean any = forced.equals(wanted(KernelChoice.AUTO)) || fastestFirst.size() == 1;
    List<String> passedOver = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (AttentionKernel kernel : fastestFirst) {
      if (!any && !kernel.name().equals(forced)) {
        continue;
      }
      Support support = kernel.check(request, HostDevice.INSTANCE);
      if (support.isYes()) {
        return new Decision(kernel, passedOver, missing);
      }
      List<String> which = support instanceof Support.Missing ? missing : passedOver;
      which.add(kernel.name() + ": " + String.join("; ", support.reasons()));
    }
    Decision none = new Decision(null, passedOver, missing);
    if (!any) {
      throw new SaccadeException(
          "kernel %s of operation %s is asked for but cannot run: %s; kernels: %s"
              .formatted(
                  forced,
                  operation,
                  none.reasons().isEmpty() ? "there is none of this name" : none.reasons(),
                  fastestFirst.stream().map(AttentionKernel::name).toList()));
    }
    return none;
  }
}
