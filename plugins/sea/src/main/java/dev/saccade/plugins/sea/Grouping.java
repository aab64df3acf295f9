package dev.saccade.plugins.sea;

/**
 * Who competes for a place among the kept columns of the estimate.
 *
 * <p>On average a query and head keeps k keys under each; the wider the group, the more freely it
 * shares them out, and the likelier that some query of some head keeps none.
 */
enum Grouping {
  /** The columns of one query of one head: everyone keeps equally much. */
  QUERY,
  /** The columns of all queries of one head. */
  HEAD,
  /** All columns of a sequence: heads and queries share freely. */
  BATCH,
  /** The columns of one query over all heads: needs no later query, so it works causally too. */
  CAUSAL_BATCH
}
