/*===- Gpu.h - Models on NVIDIA GPUs: C interface -----------------*- C -*-===*\
|*
|* What code that was compiled for a GPU calls. Plain C, no LLVM and no CUDA
|* toolkit: the driver's library (libcuda.so.1) is loaded when the first model
|* runs. Link QuantOptRuntime and, with a C library before glibc 2.34, -ldl.
|*
\*===----------------------------------------------------------------------===*/

#ifndef QUANTOPT_RUNTIME_GPU_H
#define QUANTOPT_RUNTIME_GPU_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One kernel launch, behind those that it depends on. Threads of a block stand
 * along x. */
typedef struct qopt_gpu_launch {
  int64_t name;           /* where the kernel's name begins in `names` */
  int64_t grid[3];        /* blocks */
  int64_t threads;        /* of a block */
  int64_t shared_bytes;   /* dynamic shared memory of a block */
  int64_t first_argument; /* in `arguments` */
  int64_t argument_count;
  int64_t first_dependency; /* in `dependencies` */
  int64_t dependency_count;
} qopt_gpu_launch;

/* Bytes of the GPU's memory that a tensor of the function is copied to before
 * the launches, or from behind them. */
typedef struct qopt_gpu_copy {
  int64_t tensor; /* the argument's number */
  int64_t offset, bytes;
} qopt_gpu_copy;

/* Bytes of the GPU's memory that hold a constant. */
typedef struct qopt_gpu_place {
  int64_t offset, bytes;
} qopt_gpu_place;

/* A model: constant tables, and what the first run makes of them. Offsets count
 * bytes from the beginning of one block of the GPU's memory. */
typedef struct qopt_gpu_program {
  const char *image; /* PTX, ending in NUL */
  const char *names; /* of kernels, each ending in NUL */
  const qopt_gpu_launch *launches;
  const int64_t *arguments;    /* of all launches: offsets */
  const int64_t *dependencies; /* of all launches: numbers of earlier ones */
  const qopt_gpu_copy *inputs, *outputs;
  const void *const *constants;
  const qopt_gpu_place *places; /* of the constants */
  int64_t launch_count, input_count, output_count, constant_count;
  int64_t memory_bytes;
  void *state; /* null before the first run */
} qopt_gpu_program;

/* Runs the model once: `tensors` has one pointer for each argument of the
 * function, to memory of the host or of the GPU. Returns when the results are
 * there. The first run compiles the kernels and takes the memory; the others
 * take none. Not re-entrant. Where it fails, the handler is told. */
void qopt_gpu_run(qopt_gpu_program *program, void *const *tensors);

/* Why no model can run on this machine's GPU, or null. The text stays valid. */
const char *qopt_gpu_unavailable(void);

/* The compute capability of this machine's GPU, 10 times the major and the
 * minor number together (90 for an H100), or 0 where no model can run. */
int qopt_gpu_capability(void);

/* Called with what failed and why. It may end the process or not return; where
 * it returns, so does the run, without results. By default the text is printed
 * to standard error, and the process is aborted. Null restores that. */
typedef void (*qopt_gpu_handler)(const char *message);
void qopt_gpu_set_handler(qopt_gpu_handler handler);

/* Runs each launch of a model that has run `repeats` times on what lies in the
 * GPU's memory, and puts the mean time of one, in nanoseconds, into
 * `nanoseconds[launch]`. */
void qopt_gpu_time(qopt_gpu_program *program, int64_t repeats,
                   double *nanoseconds);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* QUANTOPT_RUNTIME_GPU_H */
