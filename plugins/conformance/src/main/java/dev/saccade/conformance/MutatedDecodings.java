package dev.saccade.conformance;

import dev.saccade.api.decode.DecodingSetup;
import dev.saccade.api.decode.DecodingState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Mechanisms that decode wrongly. */
final class MutatedDecodings {

  private MutatedDecodings() {}

  private interface Opening {
    DecodingState of(DecodingSetup setup);
  }

  static List<MutatedMechanism> all() {
    return List.of(
        MutatedMechanism.of(
            "sees one key too many within a prompt",
            decodingBy(SeesTheNext::new),
            "decoding_in_any_portions_is_the_whole_text",
            "decoding_knows_padding",
            "forks_of_a_decoding_are_independent"),
        MutatedMechanism.of(
            "forgets which positions were padding",
            decodingBy(ForgetsPadding::new),
            "decoding_knows_padding"),
        MutatedMechanism.of(
            "shares what it remembers between forks",
            decodingBy(SharesThePast::new),
            "forks_of_a_decoding_are_independent"),
        MutatedMechanism.of(
            "frees what its forks remember",
            decodingBy(FreesItsForks::new),
            "forks_outlive_the_decoding"),
        MutatedMechanism.of(
            "declares that it decodes and does not",
            new NeverDecodes(),
            "decoding_is_offered_as_declared",
            "decoding_in_any_portions_is_the_whole_text",
            "decoding_knows_padding",
            "forks_of_a_decoding_are_independent",
            "forks_outlive_the_decoding"));
  }

  private static CorrectAttention decodingBy(Opening opening) {
    return new CorrectAttention() {
      @Override
      DecodingState decoding(DecodingSetup setup) {
        return opening.of(setup);
      }
    };
  }

  private static final class NeverDecodes extends CorrectAttention {
    @Override
    boolean decodes() {
      return false;
    }
  }

  private static final class SeesTheNext extends CorrectDecoding {

    SeesTheNext(DecodingSetup setup) {
      super(setup, 1);
    }

    @Override
    int seen(int position) {
      return position + 2;
    }
  }

  private static final class ForgetsPadding extends CorrectDecoding {

    ForgetsPadding(DecodingSetup setup) {
      super(setup, 1);
    }

    @Override
    boolean visible(Past past, int position) {
      return true;
    }
  }

  private static final class SharesThePast extends CorrectDecoding {

    SharesThePast(DecodingSetup setup) {
      super(setup, 1);
    }

    @Override
    public DecodingState fork(List<Integer> chosen) {
      List<Past> same = new ArrayList<>();
      chosen.forEach(b -> same.add(sequences().get(b)));
      return new CorrectDecoding(this, same);
    }
  }

  private static final class FreesItsForks extends CorrectDecoding {

    private final List<CorrectDecoding> forks = new ArrayList<>();

    FreesItsForks(DecodingSetup setup) {
      super(setup, 1);
    }

    @Override
    public DecodingState fork(List<Integer> chosen) {
      CorrectDecoding fork = (CorrectDecoding) super.fork(chosen);
      forks.add(fork);
      return fork;
    }

    @Override
    public void close() {
      for (CorrectDecoding fork : forks) {
        fork.sequences().forEach(past -> past.values().forEach(freed -> Arrays.fill(freed, 0)));
      }
      super.close();
    }
  }
}
