package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.plugins.sea.cuda.Pass;
import java.util.ArrayList;
import java.util.List;

/**
 * What SEA's stages must cost at least, as the contracts of {@code sea_*.cu} count it for one head
 * and position, with every query estimated.
 */
record SeaFloors(Sizes sizes, int kept, int width, ElementType type) {

  private static final int CHUNK = 128; // positions that are summed up by themselves
  private static final int TILE = 64; // keys of the own chunk that are met at once
  private static final int PIXELS = 9; // that a convolution sees

  /** The floors of all stages. */
  List<Floor> of(Pass pass) {
    List<Floor> each =
        switch (pass) {
          case FORWARD -> sizes.masking().causal() ? past() : around();
          case BACKWARD -> sizes.masking().causal() ? pastBack() : aroundBack();
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
        features(),
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
        new Floor("features", 2 * features().bytes() + 4 * f(), features().flop()),
        new Floor("rough", 4 * (2 * f() + 2 * d()) + stored() * d() + 2 * states(), 2 * sums()),
        encoder(4 * w),
        new Floor("painting", 4 * (4 * 4 * w + m()), (refining + joining) / heads()),
        new Floor("average", 4 * m() + 2 * d() * stored(), 2 * d()),
        cut(),
        attention());
  }

  private List<Floor> pastBack() {
    List<Floor> all = again(past(), new Floor("average", 2 * d() * stored() + 4 * d(), 3 * d()));
    all.add(new Floor("average back", 2 * d() * stored() + 2 * 4 * d(), 4 * d()));
    all.add(
        new Floor(
            "rough back",
            4 * 11 * f() + 5 * states(),
            4 * sums() + ownChunk(3 * f() + 3 * 2 * d()) + 2 * 2 * f() * d()));
    return List.copyOf(all);
  }

  private List<Floor> aroundBack() {
    double w = Math.floor(m() / 2);
    double channels = 4 * heads();
    double convolutions = 2 * w * channels * (channels + heads()) * PIXELS;
    List<Floor> all =
        again(around(), new Floor("average", 4 * m() + d() * stored() + 4 * d(), 2 * d()));
    all.add(new Floor("average back", 2 * d() * stored() + 2 * 4 * d() + 8 * m(), 6 * d()));
    all.add(
        new Floor(
            "painting back",
            4 * m() + 172 * w,
            2 * convolutions / heads() + 2 * 2 * 4 * w * 2 * d()));
    all.add(new Floor("rough back", 4 * 11 * f(), 4 * sums() - 2 * f() * d() + 2 * 2 * f() * d()));
    return List.copyOf(all);
  }

  /**
   * What the way forward does but for its end comes first on the way back, and some of it twice;
   * with it what both ways back have in common.
   *
   * @param average written as F32
   */
  private List<Floor> again(List<Floor> forward, Floor average) {
    List<Floor> all = new ArrayList<>();
    for (Floor floor : forward) {
      switch (floor.stage()) {
        case "average" -> all.add(average);
        case "features" -> all.add(new Floor("features", 2 * floor.bytes(), 2 * floor.flop()));
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
    all.add(new Floor("encoder back", 4 * 20 * d(), 3 * 12 * d() * d()));
    if (type != ElementType.F32) {
      all.add(new Floor("rounding", 3 * d() * (4 + stored()), 0));
    }
    return all;
  }

  private Floor features() {
    return new Floor("features", 2 * (stored() * d() + 4 * f()), 2 * 2 * d() * f());
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
}
