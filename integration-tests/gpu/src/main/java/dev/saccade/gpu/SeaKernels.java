package dev.saccade.gpu;

import java.util.Comparator;
import java.util.Map;

/** Which of {@link SeaFloors}' stages SEA's kernels belong to. */
final class SeaKernels {

  private SeaKernels() {}

  /** The stage that a kernel belongs to; its own name, if that is not known. */
  static String stageOf(String kernel) {
    return STAGES.entrySet().stream()
        .filter(stage -> kernel.startsWith(stage.getKey()))
        .max(Comparator.comparingInt(stage -> stage.getKey().length()))
        .map(Map.Entry::getValue)
        .orElse(kernel);
  }

  /** By how kernels' names begin; the longest counts. */
  private static final Map<String, String> STAGES =
      Map.ofEntries(
          Map.entry("seaValueSums", "average"),
          Map.entry("seaValueScan", "average"),
          Map.entry("seaAverage", "average"),
          Map.entry("seaFeatures", "features"),
          Map.entry("seaRough", "rough"),
          Map.entry("seaEncode", "encoder"),
          Map.entry("seaNormGelu", "encoder"),
          Map.entry("seaStrips", "encoder"),
          Map.entry("seaGates", "encoder"),
          Map.entry("seaNormalise", "painting"),
          Map.entry("seaRefine", "painting"),
          Map.entry("seaWeights", "painting"),
          Map.entry("seaCut", "cut"),
          Map.entry("seaAttention", "attention"),
          Map.entry("seaQueryGradient", "attention back"),
          Map.entry("seaTransposeKept", "attention back"),
          Map.entry("seaKeyGradient", "attention back"),
          Map.entry("seaAverageBack", "average back"),
          Map.entry("seaGateSums", "encoder back"),
          Map.entry("seaNormBack", "encoder back"),
          Map.entry("seaEncoder", "encoder back"),
          Map.entry("seaSeenBack", "encoder back"),
          Map.entry("seaTotals", "encoder back"),
          Map.entry("seaRoughQuotient", "rough back"),
          Map.entry("seaQueryFeaturesBack", "rough back"),
          Map.entry("seaFeaturesBack", "rough back"),
          Map.entry("seaQuerySums", "rough back"),
          Map.entry("seaQueryScan", "rough back"),
          Map.entry("seaPlacedBack", "rough back"),
          Map.entry("seaKeyFeaturesBack", "rough back"),
          Map.entry("seaPlacesBack", "rough back"),
          Map.entry("seaRound", "rounding"),
          Map.entry("seaAroundSight", "sight"),
          Map.entry("seaAroundProject", "features"),
          Map.entry("seaAroundGreatest", "features"),
          Map.entry("seaAroundShift", "features"),
          Map.entry("seaAroundFeatures", "features"),
          Map.entry("seaAroundSums", "rough"),
          Map.entry("seaAroundTotals", "rough"),
          Map.entry("seaAroundContext", "rough"),
          Map.entry("seaAroundHalve", "painting"),
          Map.entry("seaAroundRefine", "painting"),
          Map.entry("seaAroundJoin", "painting"),
          Map.entry("seaAroundWeights", "painting"),
          Map.entry("seaAroundColumns", "average"),
          Map.entry("seaAroundMeans", "average"),
          Map.entry("seaAroundValue", "average"),
          Map.entry("seaAroundAverage", "average"),
          Map.entry("seaAroundCut", "cut"),
          Map.entry("seaAroundHanded", "average back"),
          Map.entry("seaAroundValuesBack", "average back"),
          Map.entry("seaAroundColumnsBack", "average back"),
          Map.entry("seaAroundScoresBack", "average back"),
          Map.entry("seaAroundJoinedBack", "painting back"),
          Map.entry("seaAroundJoinSums", "painting back"),
          Map.entry("seaAroundJoinTotals", "painting back"),
          Map.entry("seaAroundRefinedBack", "painting back"),
          Map.entry("seaAroundRefineSums", "painting back"),
          Map.entry("seaAroundHalvedBack", "painting back"),
          Map.entry("seaAroundHalveSums", "painting back"),
          Map.entry("seaAroundStripsBack", "painting back"),
          Map.entry("seaAroundRowSums", "painting back"),
          Map.entry("seaAroundWeightTotals", "painting back"),
          Map.entry("seaAroundEncodedBack", "painting back"),
          Map.entry("seaAroundStrongest", "rough back"),
          Map.entry("seaAroundQueryFeaturesBack", "rough back"),
          Map.entry("seaAroundPlacedBack", "rough back"),
          Map.entry("seaAroundKeyFeaturesBack", "rough back"),
          Map.entry("seaAroundExponentsBack", "rough back"),
          Map.entry("seaAroundShiftBack", "rough back"));
}
