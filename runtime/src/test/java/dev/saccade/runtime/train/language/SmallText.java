package dev.saccade.runtime.train.language;

import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.tokenize.BpeTrainer;
import dev.saccade.runtime.tokenize.Tokenizer;
import dev.saccade.runtime.tokenize.TrainedBpe;
import java.util.List;

/** The beginnings of some addresses, and a tokenizer of few words learned from them. */
final class SmallText {

  private static final int VOCABULARY = 331;
  private static final int CHARACTERS = 701;

  private SmallText() {}

  static Corpus corpus(int documents) {
    List<Document> beginnings =
        Corpus.stateOfTheUnion().documents().stream()
            .limit(documents)
            .map(each -> new Document(each.name(), each.text().substring(0, CHARACTERS)))
            .toList();
    return new Corpus("beginnings", beginnings);
  }

  static TrainedBpe trained() {
    BpeTrainer trainer = new BpeTrainer(BpeTrainer.Settings.opt(VOCABULARY), Progress.NONE);
    corpus(40).documents().forEach(document -> trainer.add(document.text()));
    return trainer.train();
  }

  static Tokenizer tokenizer() {
    return trained().tokenizer();
  }
}
