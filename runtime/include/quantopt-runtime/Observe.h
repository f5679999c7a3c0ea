/*===- Observe.h - Calibration on the target: C interface ---------*- C -*-===*\
|*
|* What instrumented code calls. Plain C, no LLVM: link QuantOptRuntime into any
|* program that runs a model with observers, run the samples, write the table,
|* and give it to quant-opt --qopt-apply-calibration.
|*
\*===----------------------------------------------------------------------===*/

#ifndef QUANTOPT_RUNTIME_OBSERVE_H
#define QUANTOPT_RUNTIME_OBSERVE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One observer: the statistics of one value of the model. */
typedef struct qopt_observer qopt_observer;

/* The observer of this id, made on the first call. The handle stays valid until
 * qopt_calibration_reset; keep it, the look-up costs a search by string. */
qopt_observer *qopt_observer_get(const char *id);

/* Counts `count` values, all those of one sample: method moving-average takes
 * the mean over calls. Safe from several threads; order does not matter. */
void qopt_observer_add(qopt_observer *observer, const float *data,
                       int64_t count);

/* Both at once. */
void qopt_observe_f32(const char *id, const float *data, int64_t count);

/* The same of a value of the type `type`, such as "tensor<1x16x8x8xf32>", which
 * the table then names: quant-opt refuses it for a model in which `id` is of
 * another. The type of an observer is the one that came first. */
void qopt_observe_tensor_f32(const char *id, const char *type,
                             const float *data, int64_t count);

/* Adds, to the observer of the operation `id`, the means of what it multiplies
 * by its weights: of one sample, a row-major tensor of the shape
 * sizes[0] * sizes[1] * ... * sizes[2 * parts - 1]. An element's channel is its
 * index along the sizes at odd places; the mean is over the others. */
void qopt_observe_means_f32(const char *id, const float *data,
                            const int64_t *sizes, int64_t parts);

/* Writes the table of all observers as JSON, beside `path` and renamed. Returns
 * 0, or the errno of what failed; then `path` is as it was. A pipe or a device
 * is written to directly. */
int qopt_calibration_write(const char *path);

/* Forgets all observers. Handles are invalid from here on. */
void qopt_calibration_reset(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* QUANTOPT_RUNTIME_OBSERVE_H */
