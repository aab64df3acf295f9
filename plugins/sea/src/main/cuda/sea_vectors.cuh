/* What the encoder sees and says, as vectors of one head or of all, for the way forward and back. */
#pragma once

#include "sea_axes.cuh"

/* The heads of a vector: v = (sequence·H/J + group)·R + row has heads group·J and following. */
struct Vectors {
  SeaAxes axes;
  int joint; // J

  __device__ __forceinline__ int count() const { return axes.B * (axes.H / joint) * axes.R; }

  __device__ __forceinline__ int row(int vector) const { return vector % axes.R; }

  /* Of B·H, the head of the i-th of J parts. */
  __device__ __forceinline__ int head(int vector, int part) const {
    return vector / axes.R * joint + part;
  }

  /* Where number i of a hidden vector lies in [B, H, R, 2D]. */
  __device__ __forceinline__ size_t hidden(int vector, int i) const {
    const int width = 2 * axes.D;
    return ((size_t) head(vector, i / width) * axes.R + row(vector)) * width + i % width;
  }
};

/* What is encoded: of every head of a vector the rough context and the value, 3D numbers. */
template <class T>
struct Seen {
  Vectors vectors;
  const float *context; // [B, H, R, 2D]
  const T *value; // [B, H, T, D]
  const int *rank; // [B, T] or null

  __device__ __forceinline__ float operator()(int vector, int i) const {
    const SeaAxes &axes = vectors.axes;
    const int width = 3 * axes.D;
    const int head = vectors.head(vector, i / width);
    const int row = vectors.row(vector);
    const int at = i % width;
    if (at < 2 * axes.D) {
      return context[((size_t) head * axes.R + row) * 2 * axes.D + at];
    }
    const int position = row * axes.n;
    return isBlind(head, position)
        ? 0.0f
        : toFloat(value[((size_t) head * axes.T + position) * axes.D + at - 2 * axes.D]);
  }

  /* Whether only padding has been seen up to a position: the value there counts as zero. */
  __device__ __forceinline__ bool isBlind(int head, int position) const {
    const SeaAxes &axes = vectors.axes;
    return rank != nullptr && rank[(size_t) (head / axes.H) * axes.T + position] == 0;
  }
};
