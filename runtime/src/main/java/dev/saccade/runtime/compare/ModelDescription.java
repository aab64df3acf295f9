package dev.saccade.runtime.compare;

import dev.saccade.runtime.report.Report;
import dev.saccade.runtime.weights.BertConfig;
import dev.saccade.runtime.weights.PretrainedModel;
import java.util.Locale;

/** What a report says about the model. */
final class ModelDescription {

  private ModelDescription() {}

  static Report.Model of(PretrainedModel pretrained) {
    BertConfig config = pretrained.config();
    return new Report.Model(
        pretrained.name(),
        String.valueOf(pretrained.source().getFileName()),
        pretrained.name().toLowerCase(Locale.ROOT).contains("int8") ? "int8" : "f32",
        config.layers(),
        config.hiddenSize(),
        config.heads(),
        config.headSize(),
        config.maximumPositions(),
        config.vocabularySize(),
        pretrained.weights().names().stream()
            .mapToLong(name -> pretrained.weights().get(name).length())
            .sum());
  }
}
