package dev.saccade.runtime.tasks;

import dev.saccade.runtime.SaccadeException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Induction heads: a special token stands once among random ones; when it comes again at the end,
 * what followed it is to be expected.
 *
 * <p>Of V tokens, V − 2 are ordinary; one is special and one is not used, as in the published
 * generator. {@code length} ordinary tokens are drawn, equally likely; at one of the first {@code
 * length} − 2 places the special token replaces what is there; then come the special token and the
 * answer (Fu, Dao et al., Hungry Hungry Hippos, 2023, section 3.1; {@code
 * src/dataloaders/synthetics.py} of their repository, with one trigger; the idea is Olsson et al.,
 * 2022). There a model learns every token and is measured at the answer; here it learns the answer.
 *
 * @param vocabularySize V, at least 4
 * @param shown how many tokens come before the special token's return, at least 3
 */
public record InductionHeads(int vocabularySize, int shown) implements SyntheticTask {

  /** The special token and the one that is not used. */
  private static final int SPECIAL = 2;

  public InductionHeads {
    if (vocabularySize < SPECIAL + 2) {
      throw new SaccadeException(
          "the vocabulary must be at least 4, the special token, one that is not used, and 2 to tell apart, but is "
              + vocabularySize);
    }
    if (shown < 3) {
      throw new SaccadeException(
          "the length must be at least 3, for a special token and what follows, but is " + shown);
    }
  }

  @Override
  public String name() {
    return "induction";
  }

  @Override
  public Map<String, Integer> settings() {
    Map<String, Integer> settings = new LinkedHashMap<>();
    settings.put("vocabulary", vocabularySize);
    settings.put("length", shown);
    return settings;
  }

  /** With the special token and the answer at the end. */
  @Override
  public int length() {
    return shown + 2;
  }

  /** The token that is not used. */
  @Override
  public int paddingId() {
    return vocabularySize - 1;
  }

  /** The token that comes twice. */
  int special() {
    return ordinary();
  }

  private int ordinary() {
    return vocabularySize - SPECIAL;
  }

  @Override
  public Example draw(SplittableRandom random) {
    int[] tokens = random.ints(length(), 0, ordinary()).toArray();
    int place = random.nextInt(shown - 2);
    tokens[place] = special();
    tokens[shown] = special();
    tokens[shown + 1] = tokens[place + 1];
    return Example.endingIn(1, tokens);
  }

  @Override
  public double chance() {
    return 1.0 / ordinary();
  }

  @Override
  public String guess() {
    return "any of the %d ordinary tokens".formatted(ordinary());
  }

  @Override
  public List<PublishedResult> published() {
    return PublishedResults.INDUCTION_HEADS;
  }
}
