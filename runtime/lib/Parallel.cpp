//===- Parallel.cpp - A pool of threads for parallel loops ----------------===//
//
// One loop at a time. All that is shared about it is in one word: whether it is
// open, how many workers may take part, how many are inside. The caller fills
// in the loop, opens it, takes part itself, closes it, and waits for those who
// are inside: a worker that wakes late finds it closed and costs nothing.
//
// Only what the header needs of C++ is used, so that a C program links this
// without the C++ library: no exceptions, no guarded statics, no allocation.
//
//===----------------------------------------------------------------------===//

#include "quantopt-runtime/Parallel.h"

#include <atomic>
#include <pthread.h>
#include <sched.h>

namespace {

constexpr int kMaximalWorkers = 255;
/// Pieces of the loop for each thread: who is late leaves them to the others.
constexpr int64_t kPiecesOfThread = 4;
/// Looks at the word before sleeping: some 30 us.
constexpr int kSpins = 1000;

/// The word: bits 0-15 workers inside, 16-30 workers that may come in, 31 open,
/// 32-63 the number of the loop.
constexpr uint64_t kInside = 0xffff;
constexpr unsigned kLimitShift = 16;
constexpr uint64_t kLimit = uint64_t(0x7fff) << kLimitShift;
constexpr uint64_t kOpen = uint64_t(1) << 31;
constexpr unsigned kNumberShift = 32;

struct Pool {
  /// Held by the thread whose loop runs.
  std::atomic<bool> busy{false};
  std::atomic<uint64_t> word{0};
  std::atomic<int> callerProcessor{-1};

  // The loop; written while it is closed and nobody is inside.
  qopt_parallel_body body = nullptr;
  void *context = nullptr;
  int64_t count = 0;
  int64_t pieces = 0;
  std::atomic<int64_t> nextPiece{0};

  /// Started so far; only the thread that is busy changes it.
  int workers = 0;
  bool handlesFork = false;
  std::atomic<int> sleepers{0};
  std::atomic<bool> callerSleeps{false};
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
  pthread_cond_t left = PTHREAD_COND_INITIALIZER;
};

Pool pool;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("isb");
#endif
}

#ifdef __linux__
/// Processors that a worker may run on.
using Processors = cpu_set_t;

Processors getProcessors() {
  Processors all;
  CPU_ZERO(&all);
  (void)sched_getaffinity(0, sizeof all, &all);
  return all;
}

int getProcessor() { return sched_getcpu(); }

/// Where other programs keep all processors busy, the system wakes a worker
/// beside the caller and leaves it there: waiting busily, it would only keep
/// the caller from running. It takes another processor, or its turn behind the
/// caller where there is none.
void makeWay(const Processors &all) {
  int here = getProcessor();
  if (here != pool.callerProcessor.load(std::memory_order_relaxed))
    return;
  Processors others = all;
  CPU_CLR(here, &others);
  if (CPU_COUNT(&others) == 0 ||
      sched_setaffinity(0, sizeof others, &others) != 0)
    sched_yield();
}
#else
struct Processors {};
Processors getProcessors() { return {}; }
int getProcessor() { return -1; }
void makeWay(const Processors &) {}
#endif

void runPieces() {
  while (true) {
    int64_t piece = pool.nextPiece.fetch_add(1, std::memory_order_relaxed);
    if (piece >= pool.pieces)
      return;
    // All of one size, give or take one iteration.
    int64_t size = pool.count / pool.pieces, rest = pool.count % pool.pieces;
    int64_t begin = piece * size + (piece < rest ? piece : rest);
    pool.body(pool.context, begin, begin + size + (piece < rest ? 1 : 0));
  }
}

bool mayEnter(uint64_t word, uint64_t index, uint64_t lastNumber) {
  return (word & kOpen) && index < ((word & kLimit) >> kLimitShift) &&
         (word >> kNumberShift) != lastNumber;
}

/// Waits for a loop that worker `index` may take part in and has not seen.
uint64_t waitForLoop(uint64_t index, uint64_t lastNumber,
                     const Processors &processors) {
  constexpr int kSpinsOfTurn = 32;
  for (int spin = 0; spin < kSpins; ++spin) {
    uint64_t word = pool.word.load(std::memory_order_acquire);
    if (mayEnter(word, index, lastNumber))
      return word;
    if (spin % kSpinsOfTurn == 0)
      makeWay(processors);
    relax();
  }
  pthread_mutex_lock(&pool.lock);
  // Before the word is read: who opens a loop reads the number after writing.
  pool.sleepers.fetch_add(1);
  uint64_t word = pool.word.load();
  while (!mayEnter(word, index, lastNumber)) {
    pthread_cond_wait(&pool.opened, &pool.lock);
    word = pool.word.load();
  }
  pool.sleepers.fetch_sub(1);
  pthread_mutex_unlock(&pool.lock);
  return word;
}

void leave() {
  uint64_t word = pool.word.fetch_sub(1) - 1;
  if ((word & kInside) != 0 || (word & kOpen) || !pool.callerSleeps.load())
    return;
  pthread_mutex_lock(&pool.lock);
  pthread_cond_signal(&pool.left);
  pthread_mutex_unlock(&pool.lock);
}

void *work(void *argument) {
  auto index = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(argument));
  // No loop has this number: the first is 1, and numbers have 32 bits.
  uint64_t lastNumber = ~uint64_t(0);
  const Processors processors = getProcessors();
  while (true) {
    uint64_t word = waitForLoop(index, lastNumber, processors);
    if (!pool.word.compare_exchange_strong(word, word + 1,
                                           std::memory_order_acq_rel))
      continue;
    lastNumber = word >> kNumberShift;
    runPieces();
    leave();
  }
}

/// The child of a fork has no workers, whatever they were doing.
void forgetWorkers() {
  pool.workers = 0;
  pool.word.store(0);
  pool.sleepers.store(0);
  pool.callerSleeps.store(false);
  pool.busy.store(false);
  pool.lock = PTHREAD_MUTEX_INITIALIZER;
  pool.opened = PTHREAD_COND_INITIALIZER;
  pool.left = PTHREAD_COND_INITIALIZER;
}

/// Starts workers until there are `wanted`; returns how many there are.
int startWorkers(int wanted) {
  if (!pool.handlesFork)
    pool.handlesFork = pthread_atfork(nullptr, nullptr, forgetWorkers) == 0;
  while (pool.workers < wanted) {
    pthread_t thread;
    void *index =
        reinterpret_cast<void *>(static_cast<uintptr_t>(pool.workers));
    if (pthread_create(&thread, nullptr, work, index) != 0)
      break;
    pthread_detach(thread);
    ++pool.workers;
  }
  return pool.workers;
}

void openLoop(int64_t workers) {
  uint64_t number =
      (pool.word.load(std::memory_order_relaxed) >> kNumberShift) + 1;
  pool.word.store((number << kNumberShift) | kOpen |
                  (static_cast<uint64_t>(workers) << kLimitShift));
  if (pool.sleepers.load() == 0)
    return;
  pthread_mutex_lock(&pool.lock);
  pthread_cond_broadcast(&pool.opened);
  pthread_mutex_unlock(&pool.lock);
}

/// Closes the loop and waits for those inside.
void closeLoop() {
  uint64_t word = pool.word.fetch_and(~kOpen);
  for (int spin = 0; spin < kSpins && (word & kInside); ++spin) {
    relax();
    word = pool.word.load(std::memory_order_acquire);
  }
  if ((word & kInside) == 0)
    return;
  pthread_mutex_lock(&pool.lock);
  pool.callerSleeps.store(true);
  while (pool.word.load() & kInside)
    pthread_cond_wait(&pool.left, &pool.lock);
  pool.callerSleeps.store(false);
  pthread_mutex_unlock(&pool.lock);
}

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

} // namespace

void qopt_parallel_for(qopt_parallel_body body, void *context, int64_t count,
                       int64_t threads) {
  if (count <= 0)
    return;
  int64_t wanted = smaller(smaller(threads, count) - 1, kMaximalWorkers);
  if (wanted < 1 || pool.busy.exchange(true, std::memory_order_acquire))
    return body(context, 0, count);
  int64_t workers = smaller(startWorkers(static_cast<int>(wanted)), wanted);
  if (workers > 0) {
    pool.body = body;
    pool.context = context;
    pool.count = count;
    pool.pieces = smaller(count, (workers + 1) * kPiecesOfThread);
    pool.nextPiece.store(0, std::memory_order_relaxed);
    pool.callerProcessor.store(getProcessor(), std::memory_order_relaxed);
    openLoop(workers);
    runPieces();
    closeLoop();
  } else {
    body(context, 0, count);
  }
  pool.busy.store(false, std::memory_order_release);
}
