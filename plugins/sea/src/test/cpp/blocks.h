/*
 * Runs the blocks of a CUDA grid on the CPU. A block's threads are fibers of one thread of the
 * operating system: a fiber runs until it meets a barrier, so the order in which threads reach one
 * is ours to choose, and a program that is right only in some orders is caught in the others.
 *
 * Schedules:  0  thread after thread            2  warp after warp, each as far as it gets
 *             1  the same, last thread first    3  the same, last warp and last lane first
 *             n > 3  at random, n is the seed
 *
 * Found besides wrong numbers: barriers that not all threads reach, warp operations by lanes that
 * their mask lacks, addresses outside all allocations. Needs x86-64 and Linux, as JCuda does.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x, y, z;
  dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

namespace shim {

enum class State { RUNS, AT_BLOCK_BARRIER, AT_WARP_BARRIER, DONE };

/* 16 bytes that a thread wants copied into shared memory; zeros if `from` is missing. */
struct Copy {
  void *to;
  const void *from;
  unsigned group;
};

/* A thread of the block. */
struct Fiber {
  void *stackPointer = nullptr;
  State state = State::RUNS;
  unsigned mask = 0;   // of the warp barrier that it waits at
  int vote = 0;        // what it said at the block's barrier
  uint3 index{};       // threadIdx
  unsigned number = 0; // within the block
  std::vector<Copy> copies; // that it has not waited for
  unsigned copyGroups = 0;  // that it has committed
};

/* A block that runs. */
struct Block {
  std::vector<Fiber> fibers;
  std::vector<unsigned long long> slots; // what a thread shows to its warp at the next barrier
  std::vector<unsigned long long> shown; // what it showed at the last one
  uint3 index{};                         // blockIdx
  dim3 size, grid;                       // blockDim, gridDim
  void *schedulerStack = nullptr;
  unsigned char *dynamicShared = nullptr;
  int votes = 0;          // how many said yes at the last barrier
  bool unanimous = false; // whether all did
  void (*body)(void *) = nullptr;
  void *arguments = nullptr;
  const char *failure = nullptr; // set by a thread that cannot go on
  uintptr_t faultAddress = 0;
};

// In the ordinary way of thread_local, as the kernels' shared memory: all of a library's must be, and
// hundreds of kilobytes fit nowhere in what a JVM that runs already has left.
extern __thread Block *block;
extern __thread Fiber *fiber;

/* A kernel that went wrong; `code` is a CUresult. */
struct Failure : std::runtime_error {
  int code;
  Failure(int code_, const std::string &what) : std::runtime_error(what), code(code_) {}
};

struct Launch {
  dim3 grid, block;
  size_t dynamicShared = 0; // bytes
  unsigned schedule = 0;
  unsigned threads = std::thread::hardware_concurrency(); // each runs blocks of its own
};

/* Runs `body` once for each thread of the grid; throws Failure. */
void run(const Launch &launch, void (*body)(void *), void *arguments);

void blockBarrier(int vote);
void warpBarrier(unsigned mask);
/* Ends the launch; does not return. */
[[noreturn]] void fail(const char *why);

} // namespace shim
