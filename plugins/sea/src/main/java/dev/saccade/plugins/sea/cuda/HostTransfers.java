package dev.saccade.plugins.sea.cuda;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings numbers from host memory to a GPU and back, through two pinned buffers that take turns,
 * from tensor to tensor too: while the GPU copies one, the CPU fills or empties the other. Not safe
 * for use by many threads.
 */
final class HostTransfers implements AutoCloseable {

  /** Enough to keep the bus busy, and nothing beside the tensors. */
  static final int CAPACITY = 4 << 20;

  private static final int BUFFERS = 2;

  private final GpuStream stream;
  private final List<PinnedBuffer> buffers = new ArrayList<>();
  private int turn; // of the buffer that was idle longest

  HostTransfers(GpuStream stream) {
    this.stream = stream;
  }

  /** Copies what remains of {@code from}, which may be changed afterwards. */
  void upload(ByteBuffer from, long address) {
    for (Piece piece : pieces(from)) {
      PinnedBuffer buffer = buffer(piece);
      buffer.await();
      buffer.bytes(piece.count()).put(piece.in(from));
      buffer.upload(piece.count(), address + piece.offset(), stream);
    }
  }

  /** Fills what remains of {@code into} when the stream has done what it was asked before. */
  void download(long address, ByteBuffer into) {
    List<Piece> pieces = pieces(into);
    for (int i = 0; i < pieces.size(); i++) {
      Piece piece = pieces.get(i);
      if (i >= BUFFERS) {
        empty(pieces.get(i - BUFFERS), into);
      }
      buffer(piece).download(piece.count(), address + piece.offset(), stream);
    }
    pieces
        .subList(Math.max(0, pieces.size() - BUFFERS), pieces.size())
        .forEach(piece -> empty(piece, into));
  }

  private void empty(Piece piece, ByteBuffer into) {
    PinnedBuffer buffer = buffer(piece);
    buffer.await();
    piece.in(into).put(buffer.bytes(piece.count()));
  }

  private PinnedBuffer buffer(Piece piece) {
    while (buffers.size() < BUFFERS) {
      buffers.add(new PinnedBuffer(CAPACITY));
    }
    return buffers.get(piece.turn());
  }

  private List<Piece> pieces(ByteBuffer whole) {
    List<Piece> pieces = new ArrayList<>();
    for (long offset = 0; offset < whole.remaining(); offset += CAPACITY) {
      int count = (int) Math.min(CAPACITY, whole.remaining() - offset);
      pieces.add(new Piece(turn, (int) offset, count));
      turn = (turn + 1) % BUFFERS;
    }
    return pieces;
  }

  @Override
  public void close() {
    buffers.forEach(PinnedBuffer::close);
    buffers.clear();
  }

  /**
   * What is copied at once.
   *
   * @param turn the number of its buffer
   */
  private record Piece(int turn, int offset, int count) {

    ByteBuffer in(ByteBuffer whole) {
      return whole.slice(whole.position() + offset, count);
    }
  }
}
