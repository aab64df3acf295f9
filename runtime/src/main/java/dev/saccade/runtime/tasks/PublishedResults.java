package dev.saccade.runtime.tasks;

import java.util.List;

/** What the literature reports, to be read beside what is measured here at other sizes. */
final class PublishedResults {

  private static final String ZOOLOGY = "Arora et al., Zoology, 2023, figure 2 and section 4";
  private static final String ZOOLOGY_SETTING =
      "V=8192, T=64 … 512, 4 … 64 pairs, 2 layers, hidden 64 … 512";
  private static final String H3 = "Fu et al., Hungry Hungry Hippos, 2023, table 2";
  private static final String H3_SETTING = "V=20, T=30, 2 layers";
  private static final String REFORMER = "Kitaev et al., Reformer, 2020, table 2";
  private static final String REFORMER_SETTING = "T=1024, 127 symbols, 1 layer, hidden 256";
  private static final String LRA = "Tay et al., Long Range Arena, 2021, table 1";
  private static final String LRA_SETTING = "500 … 2000 tokens, depth 10, 10 arguments";

  static final List<PublishedResult> ASSOCIATIVE_RECALL =
      List.of(
          new PublishedResult("attention", "about 100", ZOOLOGY_SETTING, ZOOLOGY),
          new PublishedResult(
              "gated convolutions (Hyena, H3, RWKV)",
              "falls as T grows unless hidden does",
              ZOOLOGY_SETTING,
              ZOOLOGY));

  static final List<PublishedResult> INDUCTION_HEADS =
      List.of(
          new PublishedResult("attention", "100.0", H3_SETTING, H3),
          new PublishedResult("H3", "100.0", H3_SETTING, H3),
          new PublishedResult("S4D", "35.6", H3_SETTING, H3),
          new PublishedResult("gated state spaces", "6.8", H3_SETTING, H3),
          new PublishedResult("random", "5.0", H3_SETTING, H3));

  static final List<PublishedResult> COPYING =
      List.of(
          new PublishedResult("full attention", "100", REFORMER_SETTING, REFORMER),
          new PublishedResult(
              "LSH, trained and used with 4 hashes", "99.9", REFORMER_SETTING, REFORMER));

  static final List<PublishedResult> LIST_OPS =
      List.of(
          new PublishedResult("Transformer", "36.37", LRA_SETTING, LRA),
          new PublishedResult("Local Attention", "15.82", LRA_SETTING, LRA),
          new PublishedResult("Sparse Transformer", "17.07", LRA_SETTING, LRA),
          new PublishedResult("Longformer", "35.63", LRA_SETTING, LRA),
          new PublishedResult("Linformer", "35.70", LRA_SETTING, LRA),
          new PublishedResult("Reformer", "37.27", LRA_SETTING, LRA),
          new PublishedResult("Sinkhorn Transformer", "33.67", LRA_SETTING, LRA),
          new PublishedResult("Synthesizer", "36.99", LRA_SETTING, LRA),
          new PublishedResult("BigBird", "36.05", LRA_SETTING, LRA),
          new PublishedResult("Linear Transformer", "16.13", LRA_SETTING, LRA),
          new PublishedResult("Performer", "18.01", LRA_SETTING, LRA));

  private PublishedResults() {}
}
