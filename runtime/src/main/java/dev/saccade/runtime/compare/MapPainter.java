package dev.saccade.runtime.compare;

import dev.saccade.api.Probe;
import dev.saccade.runtime.model.EncoderModel;
import dev.saccade.runtime.model.Trace;
import dev.saccade.runtime.report.AttentionMap;
import dev.saccade.runtime.tokenize.TokenSequence;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Attention maps of a few heads over one sentence.
 *
 * <p>Heads are chosen by the teacher: in the first, the middle and the last layer those that point
 * most sharply at content. A head that looks at [CLS] and [SEP] only has little to show.
 */
final class MapPainter {

  private static final int HEADS_PER_LAYER = 4;

  private record Head(int layer, int head) {}

  private final TokenSequence sentence;
  private final List<Head> heads;

  private MapPainter(TokenSequence sentence, List<Head> heads) {
    this.sentence = sentence;
    this.heads = heads;
  }

  static MapPainter choosingHeadsOf(EncoderModel teacher, TokenSequence sentence) {
    Trace trace = teacher.trace(List.of(sentence), Set.of(Probe.ATTENTION));
    List<Head> chosen = new ArrayList<>();
    int last = trace.layers().size() - 1;
    for (int layer : new TreeSet<>(List.of(0, last / 2, last))) {
      float[] weights = trace.layers().get(layer).probe(Probe.ATTENTION).orElse(null);
      if (weights != null) {
        IntStream.range(0, teacher.spec().heads())
            .boxed()
            .sorted(Comparator.comparingDouble(head -> -pointedness(weights, head, sentence)))
            .limit(HEADS_PER_LAYER)
            .sorted()
            .forEach(head -> chosen.add(new Head(layer, head)));
      }
    }
    return new MapPainter(sentence, chosen);
  }

  /** The mean over content tokens of the greatest weight on another content token. */
  private static double pointedness(float[] weights, int head, TokenSequence sentence) {
    int length = sentence.length();
    double sum = 0;
    for (int t = 0; t < length; t++) {
      double greatest = 0;
      for (int s = 0; s < length; s++) {
        if (s != t && !sentence.isSpecial(s) && !sentence.isSpecial(t)) {
          greatest = Math.max(greatest, weights[(head * length + t) * length + s]);
        }
      }
      sum += greatest;
    }
    return sum;
  }

  /** The maps of the chosen heads; none if the model's mechanism cannot show its matrix. */
  List<AttentionMap> of(EncoderModel model) {
    Trace trace = model.trace(List.of(sentence), Set.of(Probe.ATTENTION));
    List<AttentionMap> maps = new ArrayList<>();
    for (Head head : heads) {
      float[] weights = trace.layers().get(head.layer()).probe(Probe.ATTENTION).orElse(null);
      if (weights != null) {
        maps.add(AttentionMap.of(head.layer(), head.head(), square(weights, head.head())));
      }
    }
    return maps;
  }

  private float[][] square(float[] weights, int head) {
    int length = sentence.length();
    float[][] rows = new float[length][length];
    for (int t = 0; t < length; t++) {
      System.arraycopy(weights, (head * length + t) * length, rows[t], 0, length);
    }
    return rows;
  }
}
