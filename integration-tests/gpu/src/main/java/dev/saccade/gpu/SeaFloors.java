package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * What SEA's stages must cost at least, as the contracts of {@code sea_*.cu} count it for one head
 * and position, with every query estimated.
 */
record SeaFloors(Sizes sizes, int kept, int width, ElementType type) {

  private static final int CHUNK = 128; // positions that are summed up by themselves
  private static final int TILE = 64; // keys of the own chunk that are met at once
  private static final int PIXELS = 9; // that a convolution sees

  /** The floors of all stages; none, if nobody has written them down. */
  List<Floor> of(Pass pass) {
    List<Floor> each =
        switch (pass) {
          case FORWARD -> sizes.masking().causal() ? past() : around();
          case BACKWARD -> sizes.masking().causal() ? pastBack() : List.of();
        };
    return each.stream()
        .map(
            floor ->
                new Floor(floor.stage(), floor.bytes() * sizes.rows(), floor.flop() * sizes.rows()))
        .toList();
  }

  private List<Floor> past() {
    double w = Math.floor(m() / 4); // of each of two strips
    double channels = 2 * heads();
    return List.of(
        new Floor("average", 3 * d() * stored(), 3 * d()),
        features(1),
        new Floor(
            "rough",
            4 * (2 * f() + 2 * d()) + stored() * d() + 2 * states(),
            2 * sums() + ownChunk(f() + 2 * d())),
        encoder(2 * w),
        new Floor(
            "painting",
            4 * (7 * 2 * w + m()),
            (2 * 2 * w * channels * channels * PIXELS + 2 * w * channels * heads()) / heads()),
        cut(),
        attention());
  }

  private List<Floor> around() {
    double w = Math.floor(m() / 2); // of each of four strips
    double channels = 4 * heads();
    // Both at every second row. What is joined has two rows of the kernel added up.
    double refining = 2 * 2 * w * channels * channels * PIXELS / 2;
    double joining = 2 * 2 * heads() * w * channels * 6 / 2;
    return List.of(
        new Floor("sight", 16 / heads(), 0),
        new Floor("features", 2 * features(1).bytes() + 4 * f(), features(1).flop()),
        new Floor("rough", 4 * (2 * f() + 2 * d()) + stored() * d() + 2 * states(), 2 * sums()),
        encoder(4 * w),
        new Floor("painting", 4 * (4 * 4 * w + m()), (refining + joining) / heads()),
        new Floor("average", 4 * m() + 2 * d() * stored(), 2 * d()),
        cut(),
        attention());
  }

  /** What the way forward does but for its end comes first, and some of it twice. */
  private List<Floor> pastBack() {
    List<Floor> all = new ArrayList<>();
    for (Floor floor : past()) {
      switch (floor.stage()) {
        case "average" -> all.add(new Floor("average", 2 * d() * stored() + 4 * d(), 3 * d()));
        case "features" -> all.add(features(2));
        case "rough" ->
            all.add(
                new Floor(
                    "rough",
                    floor.bytes() + 4 * f() + stored() * d() + states(),
                    floor.flop() + sums()));
        case "encoder" ->
            all.add(
                new Floor(
                    "encoder",
                    floor.bytes() + 4 * 4 * d() + stored() * d(),
                    floor.flop() + 12 * d() * d()));
        case "attention" -> {}
        default -> all.add(floor);
      }
    }
    double keys = meanKept();
    all.add(
        new Floor(
            "attention back",
            2 * 2 * d() * stored() * keys + 4 * d() * stored() + 4 * 4 * d(),
            16 * d() * keys));
    all.add(new Floor("average back", 2 * d() * stored() + 2 * 4 * d(), 4 * d()));
    all.add(new Floor("encoder back", 4 * 20 * d(), 3 * 12 * d() * d()));
    all.add(
        new Floor(
            "rough back",
            4 * 11 * f() + 5 * states(),
            4 * sums() + ownChunk(3 * f() + 3 * 2 * d()) + 2 * 2 * f() * d()));
    if (type != ElementType.F32) {
      all.add(new Floor("rounding", 3 * d() * (4 + stored()), 0));
    }
    return List.copyOf(all);
  }

  private Floor features(int times) {
    return new Floor("features", times * 2 * (stored() * d() + 4 * f()), times * 2 * 2 * d() * f());
  }

  /**
   * @param pixels of all strips of a row
   */
  private Floor encoder(double pixels) {
    return new Floor(
        "encoder",
        4 * (2 * d() + pixels + 10 * d()) + stored() * d(),
        2 * (6 * d() * d() + 2 * d() * pixels + 4 * d()));
  }

  private Floor cut() {
    return new Floor("cut", 4 * m() + m() / 8, 0);
  }

  private Floor attention() {
    double keys = meanKept();
    return new Floor("attention", 4 * d() * stored() + 2 * d() * stored() * keys, 4 * d() * keys);
  }

  /** A position's part of a product of features with chunks' sums, or of these sums. */
  private double sums() {
    return 2 * f() * 2 * d();
  }

  private static double ownChunk(double numbers) {
    return 2 * TILE * numbers;
  }

  /** Bytes of a position's part of chunks' sums. */
  private double states() {
    return 4 * f() * (2 * d() + 1) / CHUNK;
  }

  /** Keys that a query keeps on average: k, but never more than there are. */
  private double meanKept() {
    double length = sizes.length();
    double early = Math.min(kept, length);
    return sizes.masking().causal()
        ? (early * (early + 1) / 2 + (length - early) * kept) / length
        : early;
  }

  private double d() {
    return sizes.headSize();
  }

  private double f() {
    return Math.floor(d() * Math.log(d()));
  }

  private double m() {
    return width;
  }

  private double heads() {
    return sizes.heads();
  }

  private double stored() {
    return type.bytes();
  }

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
          Map.entry("seaAroundCut", "cut"));
}
