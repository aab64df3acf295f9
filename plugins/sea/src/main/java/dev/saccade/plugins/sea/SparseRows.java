package dev.saccade.plugins.sea;

/**
 * The keys that SEA kept, as compressed sparse rows on the heap; a row is one query of one head of
 * one sequence, in the order B, H, T. The arrays are not copied, so do not change them.
 *
 * @param rowPointers where each row begins in the other two, {@code [B·H·T + 1]}
 * @param columns key positions, ascending within a row, {@code [entries]}
 * @param weights what each has in the sparse attention, {@code [entries]}
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them as records
public record SparseRows(long[] rowPointers, int[] columns, float[] weights) {}
