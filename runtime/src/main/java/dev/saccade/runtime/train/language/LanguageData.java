package dev.saccade.runtime.train.language;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.text.BlockOrder;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.text.Split;
import dev.saccade.runtime.text.TokenBlocks;
import dev.saccade.runtime.text.TokenBlocks.Remainder;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.train.TrainingData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * A text as batches {@code [B, T]} of full blocks, which a causal language model is trained on.
 *
 * <p>Trained on is what {@link Split#TRAIN} has, in an order of its own each epoch; evaluated on is
 * what {@link Split#VALIDATION} has, in order, all full blocks of it. A corpus with too few
 * documents for that gives up the last twentieth of its blocks, at least one. For one thread.
 */
public final class LanguageData implements TrainingData<TokenBatch> {

  /** Of a text that is in one piece, this part is evaluated on: as much as of many documents. */
  private static final int VALIDATION_PART = 20;

  private final int[][] blocks;
  private final int batchSize;
  private final BlockOrder order;
  private final List<TokenBatch> validation;
  private final String fingerprint;
  private int epoch = -1;
  private int[] shuffled = {};

  private LanguageData(int[][] blocks, int[][] validationBlocks, int batchSize, long seed) {
    this.blocks = blocks;
    this.batchSize = batchSize;
    this.order = new BlockOrder(blocks.length, seed);
    this.validation =
        IntStream.iterate(0, from -> from < validationBlocks.length, from -> from + batchSize)
            .mapToObj(
                from -> {
                  int to = Math.min(from + batchSize, validationBlocks.length);
                  return batch(Arrays.copyOfRange(validationBlocks, from, to));
                })
            .toList();
    this.fingerprint =
        "tokens %08x and %08x, batches of %d, order %d"
            .formatted(hash(blocks), hash(validationBlocks), batchSize, seed);
  }

  /**
   * Packs a corpus; see {@link TokenBlocks}.
   *
   * @param length T, tokens of a block
   * @param batchSize B, blocks of a batch
   * @param seed of the order
   * @throws SaccadeException when the text does not fill a batch and a block to evaluate on
   */
  public static LanguageData of(
      Corpus corpus, Tokenizer tokenizer, int length, int batchSize, long seed) {
    if (batchSize < 1) {
      throw new SaccadeException("a batch must have at least 1 block, not " + batchSize);
    }
    int[][] training = blocks(corpus.documents(Split.TRAIN), tokenizer, length);
    List<Document> heldBack = corpus.documents(Split.VALIDATION);
    int validationBlocks = Math.max(1, training.length / VALIDATION_PART);
    int[][] validation;
    if (heldBack.isEmpty()) {
      int kept = training.length - validationBlocks;
      validation = Arrays.copyOfRange(training, kept, training.length);
      training = Arrays.copyOf(training, kept);
    } else {
      validation = blocks(heldBack, tokenizer, length);
    }
    if (training.length < batchSize) {
      throw new SaccadeException(
          "%s has %d blocks of %d tokens to train on, but a batch needs %d; give more text, shorter blocks or a smaller batch"
              .formatted(corpus.name(), training.length, length, batchSize));
    }
    return new LanguageData(training, validation, batchSize, seed);
  }

  private static int[][] blocks(List<Document> documents, Tokenizer tokenizer, int length) {
    TokenBlocks packed = TokenBlocks.of(documents, tokenizer, length, Remainder.DROPPED);
    return IntStream.range(0, packed.count()).mapToObj(packed::block).toArray(int[][]::new);
  }

  private static TokenBatch batch(int[][] rows) {
    // All blocks are full: nothing is padded, whatever the padding would be.
    return TokenBatch.ofIds(List.of(rows), 0);
  }

  private static int hash(int[][] blocks) {
    CRC32C hash = new CRC32C();
    for (int[] block : blocks) {
      for (int token : block) {
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
          hash.update(token >>> shift);
        }
      }
    }
    return (int) hash.getValue();
  }

  /** Whole batches; the blocks that remain are others in every epoch. */
  @Override
  public int batches() {
    return blocks.length / batchSize;
  }

  @Override
  public TokenBatch batch(int epoch, int index) {
    if (epoch != this.epoch) {
      shuffled = order.epoch(epoch);
      this.epoch = epoch;
    }
    List<int[]> rows = new ArrayList<>();
    for (int i = index * batchSize; i < (index + 1) * batchSize; i++) {
      rows.add(blocks[shuffled[i]]);
    }
    return TokenBatch.ofIds(rows, 0);
  }

  @Override
  public List<TokenBatch> validation() {
    return validation;
  }

  @Override
  public String fingerprint() {
    return fingerprint;
  }

  /** Says in a line how much there is, for people. */
  @Override
  public String toString() {
    int length = blocks[0].length;
    int held = validation.stream().mapToInt(TokenBatch::sequences).sum();
    return String.format(
        Locale.ROOT,
        "%,d tokens to train on and %,d to evaluate on, in blocks of %,d; %,d batches an epoch",
        (long) blocks.length * length,
        (long) held * length,
        length,
        batches());
  }
}
