//===- PointKernel.h - A thread for each element of a result ----*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_GPU_KERNELS_POINTKERNEL_H
#define QUANTOPT_LIB_LOWERING_GPU_KERNELS_POINTKERNEL_H

#include "KernelBuilder.h"

namespace mlir::qopt {

/// The parallel loops of `nest` with more than one iteration, outer to inner
/// along the memory of its result.
SmallVector<unsigned> getThreadLoops(const Nest &nest);

/// How many threads of a warp take an element of the result of `nest` together:
/// all where the terms are many, lie together in memory and are integers, which
/// add up in any order, and the elements are few; else one.
int64_t getLanes(const Nest &nest);

/// The threads that `nest` has work for.
int64_t countThreads(const Nest &nest);

/// How many parts the terms of an element may be divided into for threads that
/// do not stand together, of at least eight terms: integers; else one.
int64_t getMostParts(const Nest &nest);

/// One element of the result of `nest`: the terms of a reduction in their
/// order, unless the threads of a warp take it together. `ivs` has the
/// positions along the parallel loops, and null for the others; `thread` is
/// this thread's number among the launched ones. Failures are those of
/// `kernel`.
void emitPoint(KernelBuilder &kernel, const Nest &nest,
               SmallVectorImpl<Value> &ivs, Value thread);

/// Part `part` of `parts` of the sum of an element; null in case of failure.
Value emitPart(KernelBuilder &kernel, const Nest &nest,
               SmallVectorImpl<Value> &ivs, Value part, int64_t parts);

/// The end of an element whose parts add up to `sum`.
void emitEnd(KernelBuilder &kernel, const Nest &nest, ArrayRef<Value> ivs,
             Value sum);

/// Emits `nest`, with merged loops, into `kernel` and launches it: a thread for
/// each point of the parallel loops, neighbours along the result's memory.
/// Fails, with an error, where a body uses what a kernel cannot have.
LogicalResult emitPointKernel(KernelBuilder &kernel, const Nest &nest);

/// The same for what is no nest: several results, any maps, and bodies that ask
/// for their position.
LogicalResult emitPointKernel(KernelBuilder &kernel, linalg::GenericOp op);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_GPU_KERNELS_POINTKERNEL_H
