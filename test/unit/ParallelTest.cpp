//===- ParallelTest.cpp - The pool of threads of generated code -----------===//

#include "quantopt-runtime/Parallel.h"

#include "gtest/gtest.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

/// Counts how often each iteration runs. Not atomic: two threads that run the
/// same iteration are a race, which a sanitizer sees.
struct Visits {
  explicit Visits(int64_t count) : counts(count, 0) {}

  static void body(void *context, int64_t begin, int64_t end) {
    auto *visits = static_cast<Visits *>(context);
    visits->pieces.fetch_add(1);
    for (int64_t i = begin; i < end; ++i)
      ++visits->counts[i];
  }
  void run(int64_t threads) {
    qopt_parallel_for(body, this, static_cast<int64_t>(counts.size()), threads);
  }
  bool allAre(int expected) const {
    for (int count : counts)
      if (count != expected)
        return false;
    return true;
  }

  std::vector<int> counts;
  std::atomic<int> pieces{0};
};

TEST(Parallel, RunsEachIterationOnce) {
  for (int64_t threads : {1, 2, 3, 7, 16})
    for (int64_t count : {0, 1, 2, 3, 5, 8, 63, 1000}) {
      Visits visits(count);
      visits.run(threads);
      EXPECT_TRUE(visits.allAre(1)) << count << " on " << threads;
    }
}

TEST(Parallel, OneThreadRunsOnePiece) {
  Visits visits(100);
  visits.run(1);
  EXPECT_EQ(visits.pieces, 1);
  visits.run(0);
  visits.run(-5);
  EXPECT_EQ(visits.pieces, 3);
  EXPECT_TRUE(visits.allAre(3));
}

TEST(Parallel, PiecesAreOfOneSize) {
  struct Sizes {
    std::atomic<int64_t> smallest{1 << 30}, largest{0};
    static void body(void *context, int64_t begin, int64_t end) {
      auto *sizes = static_cast<Sizes *>(context);
      int64_t size = end - begin;
      for (int64_t seen = sizes->smallest;
           size < seen && !sizes->smallest.compare_exchange_weak(seen, size);)
        ;
      for (int64_t seen = sizes->largest;
           size > seen && !sizes->largest.compare_exchange_weak(seen, size);)
        ;
    }
  };
  for (int64_t count : {9, 100, 1001}) {
    Sizes sizes;
    qopt_parallel_for(Sizes::body, &sizes, count, 2);
    EXPECT_LE(sizes.largest - sizes.smallest, 1) << count;
  }
}

TEST(Parallel, ManyTinyLoops) {
  Visits visits(6);
  constexpr int kLoops = 20000;
  for (int i = 0; i < kLoops; ++i)
    visits.run(2 + i % 3);
  EXPECT_TRUE(visits.allAre(kLoops));
}

/// Workers fall asleep between loops.
TEST(Parallel, LoopsWithPauses) {
  Visits visits(64);
  for (int i = 0; i < 20; ++i) {
    visits.run(4);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(visits.allAre(20));
}

/// The caller falls asleep until the last piece is done.
TEST(Parallel, WaitsForSlowPieces) {
  struct Slow {
    std::atomic<int64_t> done{0};
    static void body(void *context, int64_t begin, int64_t end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(end - begin));
      static_cast<Slow *>(context)->done += end - begin;
    }
  };
  for (int i = 0; i < 10; ++i) {
    Slow slow;
    qopt_parallel_for(Slow::body, &slow, 9, 3);
    EXPECT_EQ(slow.done, 9);
  }
}

TEST(Parallel, NestedLoopsRunInside) {
  struct Outer {
    std::vector<std::unique_ptr<Visits>> *rows;
    static void body(void *context, int64_t begin, int64_t end) {
      auto *outer = static_cast<Outer *>(context);
      for (int64_t i = begin; i < end; ++i) {
        (*outer->rows)[i]->run(4);
        EXPECT_EQ((*outer->rows)[i]->pieces, 1);
      }
    }
  };
  std::vector<std::unique_ptr<Visits>> rows;
  for (int i = 0; i < 16; ++i)
    rows.push_back(std::make_unique<Visits>(100));
  Outer outer{&rows};
  qopt_parallel_for(Outer::body, &outer, 16, 4);
  for (const auto &row : rows)
    EXPECT_TRUE(row->allAre(1));
}

/// Several threads have loops at once: one of them gets the workers.
TEST(Parallel, LoopsOfSeveralThreads) {
  std::vector<std::thread> threads;
  std::atomic<bool> good{true};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      Visits visits(50);
      for (int i = 0; i < 1000; ++i)
        visits.run(3);
      if (!visits.allAre(1000))
        good = false;
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_TRUE(good);
}

#ifndef __SANITIZE_THREAD__
TEST(Parallel, ChildrenStartTheirOwnWorkers) {
  Visits before(10);
  before.run(3);
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Visits visits(100);
    visits.run(3);
    _exit(visits.allAre(1) ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}
#endif

} // namespace
