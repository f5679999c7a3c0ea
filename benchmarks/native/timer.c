//===- timer.c - Calls a function many times and times each call ----------===//
//
// Python calls cost about a microsecond, which is as long as a small model
// takes. This loop calls C functions, and Python callables through Python's own
// C functions, without going back to Python in between. A sample is the mean of
// `inner` calls in a row; `inner` is chosen so that reading the clock does not
// show.
//
//===----------------------------------------------------------------------===//

#include <stdint.h>
#include <time.h>

static int64_t read_clock(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t now(void) { return read_clock(CLOCK_MONOTONIC_RAW); }

/// Calls `function` with `count` pointers and returns what it returns.
static void *call(void *function, void **a, int count) {
  typedef void *P;
  switch (count) {
  case 0:
    return ((P (*)(void))function)();
  case 1:
    return ((P (*)(P))function)(a[0]);
  case 2:
    return ((P (*)(P, P))function)(a[0], a[1]);
  case 3:
    return ((P (*)(P, P, P))function)(a[0], a[1], a[2]);
  case 4:
    return ((P (*)(P, P, P, P))function)(a[0], a[1], a[2], a[3]);
  case 5:
    return ((P (*)(P, P, P, P, P))function)(a[0], a[1], a[2], a[3], a[4]);
  case 6:
    return ((P (*)(P, P, P, P, P, P))function)(a[0], a[1], a[2], a[3], a[4],
                                               a[5]);
  case 7:
    return ((P (*)(P, P, P, P, P, P, P))function)(a[0], a[1], a[2], a[3], a[4],
                                                  a[5], a[6]);
  default:
    return ((P (*)(P, P, P, P, P, P, P, P))function)(a[0], a[1], a[2], a[3],
                                                     a[4], a[5], a[6], a[7]);
  }
}

/// How the result of a call is judged.
enum Result {
  Ignored,    ///< The function returns nothing.
  NullIsGood, ///< Null, or a pointer to an error that stops the measurement.
  Owned       ///< Null is an error; what else is given to `release`.
};

static int run(void *function, void **arguments, int count, enum Result result,
               void (*release)(void *)) {
  void *value = call(function, arguments, count);
  if (result == NullIsGood)
    return value != 0;
  if (result == Owned) {
    if (!value)
      return 1;
    release(value);
  }
  return 0;
}

/// Fills `samples` with nanoseconds per call until `budget` nanoseconds have
/// gone by or `capacity` samples are taken, and returns how many there are (at
/// least one), or -1 if a call failed. `shortest` is the least length of a
/// sample: calls that are quicker are timed several in a row.
///
/// Calls of `longest` nanoseconds and more are hardly ever left alone on a
/// machine that others use: of these the processor time counts, that of all
/// threads of the process. Reading it takes too long for shorter ones, whose
/// fastest is one that nobody interrupted.
int64_t bench_time(void *function, void **arguments, int count, int result,
                   void (*release)(void *), int64_t budget, int64_t shortest,
                   int64_t longest, double *samples, int64_t capacity) {
  // The first calls of a turn find cold caches, which does not matter where a
  // call takes as long as the whole turn.
  int64_t start = now();
  int64_t once = 0;
  for (int warm = 0; warm < 2; ++warm) {
    int64_t used = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    int64_t begin = now();
    if (run(function, arguments, count, result, release))
      return -1;
    once = now() - begin;
    if (once >= budget) {
      used = read_clock(CLOCK_PROCESS_CPUTIME_ID) - used;
      samples[0] = (double)(once >= longest ? used : once);
      return 1;
    }
  }
  clockid_t clock =
      once >= longest ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC_RAW;
  int64_t inner = 1;
  if (once < shortest)
    inner = shortest / (once > 0 ? once : 1) + 1;
  int64_t taken = 0;
  while (taken < capacity && (taken == 0 || now() - start < budget)) {
    int64_t begin = read_clock(clock);
    for (int64_t i = 0; i < inner; ++i)
      if (run(function, arguments, count, result, release))
        return -1;
    int64_t end = read_clock(clock);
    samples[taken++] = (double)(end - begin) / (double)inner;
  }
  return taken;
}
