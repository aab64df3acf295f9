package dev.saccade.plugins.sea;

import dev.saccade.api.GraphMath;
import dev.saccade.api.distill.DistillationObjective;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.api.distill.TeacherAttention;
import dev.saccade.api.kernel.KernelArguments;
import java.util.List;
import java.util.stream.Stream;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * The terms of {@link Distillation} without any of its matrices, by {@link DistillationKernel}.
 *
 * @param arguments of the kernel
 * @param context the student's, {@code [B, H, T, D]}
 */
record FusedDistillation(SeaCall call, KernelArguments arguments, SDVariable context)
    implements DistillationObjective {

  @Override
  public List<LossTerm> terms(TeacherAttention teacher) {
    SDVariable[] inputs =
        Stream.concat(call.inputs().stream(), Stream.of(teacher.query(), teacher.key()))
            .toArray(SDVariable[]::new);
    List<SDVariable> terms = call.graph().kernel(DistillationKernel.OPERATION, arguments, inputs);
    GraphMath math = call.graph().math();
    SDVariable off = context.sub(teacher.context()); // [B, H, T, D]
    SDVariable square = math.mean(off.mul(off), 3).mean();
    return Distillation.terms(
        call.options().losses(), terms.get(0), terms.get(1), terms.get(2), terms.get(3), square);
  }
}
