package dev.saccade.runtime.report;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one comparison found, and all that is needed to repeat it.
 *
 * <p>The components are the fields of {@code report.json}, see {@link ReportJson}. Values only:
 * immutable, and equal when their parts are.
 *
 * @param command the command line that made this report and makes it again
 * @param seed what every random choice was drawn from
 * @param teacher the name of the mechanism that the others are measured against
 * @param mechanisms in the order in which they are shown; the teacher is one of them
 */
@JsonIgnoreProperties(value = "crossover", allowGetters = true)
public record Report(
    String saccadeVersion,
    Instant created,
    String command,
    long seed,
    Environment environment,
    Model model,
    Text text,
    String teacher,
    Sample sample,
    List<MechanismResult> mechanisms) {

  public Report {
    mechanisms = List.copyOf(mechanisms);
  }

  /**
   * The machine and the software that the times belong to.
   *
   * @param memoryBytes the machine's memory
   * @param threads how many threads the computation used
   * @param gpu the name of the GPU that took part, if one did
   */
  public record Environment(
      String java,
      String vm,
      String os,
      String processor,
      int cores,
      long memoryBytes,
      String nd4j,
      int threads,
      @Nullable String gpu) {}

  /**
   * The model whose attention was exchanged.
   *
   * @param source where its weights came from
   * @param weights their storage, such as {@code "int8"} or {@code "f32"}
   */
  public record Model(
      String name,
      String source,
      String weights,
      int layers,
      int hidden,
      int heads,
      int headSize,
      int maxPositions,
      int vocabulary,
      long parameters) {}

  /** The text on which the mechanisms were compared. */
  public record Text(String name, String split, int passages, long tokens) {}

  /**
   * The sentence that the attention maps are drawn over.
   *
   * @param tokens as the tokenizer cut them; row and column {@code i} of a map is token {@code i}
   */
  public record Sample(List<String> tokens) {
    public Sample {
      tokens = List.copyOf(tokens);
    }
  }

  /** Returns from which length on each mechanism beats the teacher; see {@link Crossover}. */
  @JsonProperty
  public List<Crossover> crossover() {
    return Crossover.of(this);
  }

  /** Returns the teacher's own result, if the teacher is among the mechanisms. */
  public Optional<MechanismResult> teacherResult() {
    return mechanisms.stream().filter(m -> m.name().equals(teacher)).findFirst();
  }

  /** Returns the mechanisms, other than the teacher, that were compared to the end. */
  public List<MechanismResult> students() {
    return mechanisms.stream()
        .filter(m -> m.status() == MechanismResult.Status.COMPARED && !m.name().equals(teacher))
        .toList();
  }
}
