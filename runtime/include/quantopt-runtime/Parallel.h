/*===- Parallel.h - Parallel loops of generated code: C interface -*- C -*-===*\
|*
|* What code that was compiled with threads=N, N > 1, calls. Plain C and POSIX
|* threads, no LLVM and no C++ library: link QuantOptRuntime and the thread
|* library into any program that runs such a model.
|*
\*===----------------------------------------------------------------------===*/

#ifndef QUANTOPT_RUNTIME_PARALLEL_H
#define QUANTOPT_RUNTIME_PARALLEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The iterations from `begin` to before `end` of a loop whose iterations do not
 * depend on each other. */
typedef void (*qopt_parallel_body)(void *context, int64_t begin, int64_t end);

/* Runs the iterations from 0 to before `count` on at most `threads` threads,
 * the calling one among them, and returns when all are done. What the body has
 * written is seen by the caller then. Which thread runs what is not defined.
 *
 * Workers are started by the first call that needs them, stay for the life of
 * the process, wait busily for some 30 us after a loop and sleep from then on;
 * on Linux they keep off the processor that the caller runs on. A call
 * allocates nothing. A call from within a loop, or while another thread runs
 * one, runs all iterations on the calling thread, as does one for which no
 * worker can be started. */
void qopt_parallel_for(qopt_parallel_body body, void *context, int64_t count,
                       int64_t threads);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* QUANTOPT_RUNTIME_PARALLEL_H */
