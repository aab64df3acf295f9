#include "blocks.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

// Saves what a function call must keep (System V ABI, x86-64) and goes on on the other stack.
asm(R"(
.text
.globl shim_switch
.type shim_switch,@function
shim_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size shim_switch,.-shim_switch
)");
extern "C" void shim_switch(void **save, void *to);

namespace shim {

__thread Block *block = nullptr;
__thread Fiber *fiber = nullptr;

static const size_t STACK = 128 * 1024;
static const size_t PAGE = 4096;
static const unsigned WARP = 32;
static const int ILLEGAL_ADDRESS = 700, LAUNCH_FAILED = 719;

/* Stacks for the fibers of one thread, each behind a page that must not be touched. A thread lives as
 * long as its launch, so the stacks go to the next one. */
struct Stacks {
  std::vector<unsigned char *> bottoms;

  Stacks() {
    std::lock_guard<std::mutex> lock(guard);
    if (!spare.empty()) {
      bottoms.swap(spare.back());
      spare.pop_back();
    }
  }

  ~Stacks() {
    std::lock_guard<std::mutex> lock(guard);
    spare.push_back(std::move(bottoms));
  }

  unsigned char *top(size_t i) {
    while (bottoms.size() <= i) {
      void *memory = mmap(nullptr, STACK + PAGE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (memory == MAP_FAILED) throw Failure(LAUNCH_FAILED, "no memory for a thread's stack");
      mprotect(memory, PAGE, PROT_NONE);
      bottoms.push_back(static_cast<unsigned char *>(memory) + PAGE);
    }
    return bottoms[i] + STACK;
  }

private:
  static std::mutex guard;
  static std::vector<std::vector<unsigned char *>> spare;
};
std::mutex Stacks::guard;
std::vector<std::vector<unsigned char *>> Stacks::spare;

static thread_local Stacks stacks;

static void leave() { shim_switch(&fiber->stackPointer, block->schedulerStack); }

void blockBarrier(int vote) {
  fiber->vote = vote;
  fiber->state = State::AT_BLOCK_BARRIER;
  leave();
}

void warpBarrier(unsigned mask) {
  fiber->state = State::AT_WARP_BARRIER;
  fiber->mask = mask;
  leave();
}

void fail(const char *why) {
  block->failure = why;
  leave();
  __builtin_unreachable(); // the scheduler gives the block up
}

static void fiberMain() {
  block->body(block->arguments);
  fiber->state = State::DONE;
  leave();
}

// --- Addresses outside all allocations: the fiber is left where it is, on its stack, and never run
// again. What is not a kernel's fault goes to whoever handled it before, in tests the JVM.

static struct sigaction handlerBefore;

static void onFault(int signal, siginfo_t *info, void *context) {
  if (fiber != nullptr) {
    block->faultAddress = reinterpret_cast<uintptr_t>(info->si_addr);
    fail("illegal address");
  }
  if (handlerBefore.sa_flags & SA_SIGINFO) {
    handlerBefore.sa_sigaction(signal, info, context);
  } else {
    sigaction(signal, &handlerBefore, nullptr); // the instruction is tried again, and dies
  }
}

static void catchFaults() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action = {};
    action.sa_sigaction = onFault;
    action.sa_flags = SA_SIGINFO | SA_NODEFER; // nothing to restore when a fiber is given up
    sigaction(SIGSEGV, &action, &handlerBefore);
  });
}

/* Who runs next, until all threads of the block are done. */
class Scheduler {
public:
  Scheduler(Block &b, unsigned schedule)
      : block_(b), schedule_(schedule), count_(static_cast<unsigned>(b.fibers.size())),
        random_(schedule * 7919u + b.index.x + 31u * b.index.y + 1021u * b.index.z) {
    for (unsigned i = 0; i < count_; i++) order_.push_back(i);
    for (unsigned w = 0; w < count_; w += WARP) warps_.push_back(w);
    if (schedule == 1) std::reverse(order_.begin(), order_.end());
    if (schedule == 3) std::reverse(warps_.begin(), warps_.end());
  }

  void run() {
    while (done_ < count_) {
      bool greedy = schedule_ == 2 || schedule_ == 3;
      if (schedule_ > 3) {
        std::shuffle(order_.begin(), order_.end(), random_);
        std::shuffle(warps_.begin(), warps_.end(), random_);
        greedy = random_() & 1;
      }
      bool moved = greedy ? warpAfterWarp() : threadAfterThread();
      moved |= releaseBlock();
      if (!moved && done_ < count_) throw Failure(LAUNCH_FAILED, deadlock());
    }
  }

private:
  bool threadAfterThread() {
    bool moved = false;
    for (unsigned i : order_) moved |= step(i);
    for (unsigned w : warps_) moved |= releaseWarp(w);
    return moved;
  }

  bool warpAfterWarp() {
    bool moved = false;
    for (unsigned w : warps_) {
      for (bool more = true; more; moved |= more) {
        more = false;
        unsigned lanes = std::min(WARP, count_ - w);
        for (unsigned l = 0; l < lanes; l++) more |= step(w + (schedule_ == 3 ? lanes - 1 - l : l));
        more |= releaseWarp(w);
      }
    }
    return moved;
  }

  bool step(unsigned i) {
    Fiber &next = block_.fibers[i];
    if (next.state != State::RUNS) return false;
    fiber = &next;
    shim_switch(&block_.schedulerStack, next.stackPointer);
    fiber = nullptr;
    if (block_.failure != nullptr) throw Failure(code(), describe(next));
    if (next.state == State::DONE) done_++;
    return true;
  }

  int code() const { return block_.faultAddress != 0 ? ILLEGAL_ADDRESS : LAUNCH_FAILED; }

  std::string describe(const Fiber &at) const {
    char text[200];
    snprintf(text, sizeof text, "%s%s%p in block (%u,%u,%u), thread (%u,%u,%u)", block_.failure,
             block_.faultAddress != 0 ? " " : " at ", reinterpret_cast<void *>(block_.faultAddress),
             block_.index.x, block_.index.y, block_.index.z, at.index.x, at.index.y, at.index.z);
    return text;
  }

  /* Lets those go on who wait with the same mask and are all there. Each of them takes a step before
   * its warp is asked again, so that it finds what was shown here. */
  bool releaseWarp(unsigned w) {
    bool released = false;
    unsigned lanes = std::min(WARP, count_ - w);
    for (unsigned l = 0; l < lanes; l++) {
      Fiber &waiting = block_.fibers[w + l];
      if (waiting.state == State::AT_WARP_BARRIER && complete(w, lanes, waiting.mask)) {
        unsigned mask = waiting.mask;
        for (unsigned j = 0; j < lanes; j++) {
          Fiber &other = block_.fibers[w + j];
          if ((mask >> j & 1) && other.state == State::AT_WARP_BARRIER) {
            other.state = State::RUNS;
            block_.shown[w + j] = block_.slots[w + j];
          }
        }
        released = true;
      }
    }
    return released;
  }

  bool complete(unsigned w, unsigned lanes, unsigned mask) const {
    for (unsigned j = 0; j < lanes; j++) {
      const Fiber &other = block_.fibers[w + j];
      bool there = other.state == State::AT_WARP_BARRIER && other.mask == mask;
      if ((mask >> j & 1) && !there && other.state != State::DONE) return false;
    }
    return true;
  }

  bool releaseBlock() {
    unsigned waiting = at(State::AT_BLOCK_BARRIER);
    if (waiting == 0 || waiting + done_ != count_) return false;
    block_.votes = 0;
    block_.unanimous = true;
    for (Fiber &each : block_.fibers) {
      if (each.state == State::AT_BLOCK_BARRIER) {
        block_.votes += each.vote;
        block_.unanimous &= each.vote != 0;
        each.state = State::RUNS;
      }
    }
    return true;
  }

  unsigned at(State state) const {
    return static_cast<unsigned>(
        std::count_if(block_.fibers.begin(), block_.fibers.end(),
                      [state](const Fiber &each) { return each.state == state; }));
  }

  std::string deadlock() const {
    char text[200];
    snprintf(text, sizeof text,
             "deadlock in block (%u,%u,%u): of %u threads %u wait for the block, %u for their warp, "
             "%u are done",
             block_.index.x, block_.index.y, block_.index.z, count_, at(State::AT_BLOCK_BARRIER),
             at(State::AT_WARP_BARRIER), done_);
    return text;
  }

  Block &block_;
  unsigned schedule_, count_, done_ = 0;
  std::vector<unsigned> order_, warps_; // threads; the first thread of each warp
  std::mt19937 random_;
};

static void start(Block &b) {
  b.failure = nullptr;
  b.faultAddress = 0;
  for (unsigned i = 0; i < b.fibers.size(); i++) {
    Fiber &each = b.fibers[i];
    each = Fiber();
    each.number = i;
    each.index = {i % b.size.x, i / b.size.x % b.size.y, i / (b.size.x * b.size.y)};
    void **stack = reinterpret_cast<void **>(stacks.top(i));
    *--stack = nullptr;                              // where fiberMain would return to; aligns
    *--stack = reinterpret_cast<void *>(&fiberMain); // where the first switch goes
    for (int saved = 0; saved < 6; saved++) *--stack = nullptr;
    each.stackPointer = stack;
  }
}

/* Dynamic shared memory: full of rubbish, and it ends where a forbidden page begins. */
class SharedMemory {
public:
  explicit SharedMemory(size_t bytes) : capacity_((bytes + PAGE - 1) / PAGE * PAGE) {
    memory_ = static_cast<unsigned char *>(mmap(nullptr, capacity_ + PAGE, PROT_READ | PROT_WRITE,
                                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(memory_ + capacity_, PAGE, PROT_NONE);
    begin_ = memory_ + ((capacity_ - bytes) & ~static_cast<size_t>(15));
  }
  ~SharedMemory() { munmap(memory_, capacity_ + PAGE); }

  unsigned char *fresh() {
    memset(memory_, 0xCD, capacity_);
    return begin_;
  }

private:
  size_t capacity_;
  unsigned char *memory_, *begin_;
};

void run(const Launch &launch, void (*body)(void *), void *arguments) {
  catchFaults();
  const dim3 &grid = launch.grid;
  unsigned long long total = 1ull * grid.x * grid.y * grid.z;
  std::atomic<unsigned long long> next{0};
  std::mutex guard;
  std::vector<Failure> failures;
  auto work = [&] {
    Block mine;
    mine.fibers.resize(1ull * launch.block.x * launch.block.y * launch.block.z);
    mine.slots.resize(mine.fibers.size());
    mine.shown.resize(mine.fibers.size());
    mine.size = launch.block;
    mine.grid = grid;
    mine.body = body;
    mine.arguments = arguments;
    SharedMemory shared(launch.dynamicShared);
    block = &mine;
    try {
      for (unsigned long long i; (i = next++) < total;) {
        if (launch.schedule % 2 == 1) i = total - 1 - i;
        mine.index = {static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y),
                      static_cast<unsigned>(i / (1ull * grid.x * grid.y))};
        mine.dynamicShared = shared.fresh();
        start(mine);
        Scheduler(mine, launch.schedule).run();
      }
    } catch (const Failure &failure) {
      next = total;
      std::lock_guard<std::mutex> lock(guard);
      failures.push_back(failure);
    }
    block = nullptr;
    fiber = nullptr;
  };
  std::vector<std::thread> helpers;
  for (unsigned i = 1; i < std::min<unsigned long long>(launch.threads, total); i++) helpers.emplace_back(work);
  work();
  for (std::thread &helper : helpers) helper.join();
  if (!failures.empty()) throw failures.front();
}

} // namespace shim
