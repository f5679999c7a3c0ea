//===- Arena.h - Places of buffers in one block of memory -------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_ARENA_H
#define QUANTOPT_LIB_LOWERING_CPU_ARENA_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::qopt {

/// One allocation: its size in bytes, the first and the last top-level
/// operation that touches it, and the offset it is given.
struct ArenaBuffer {
  memref::AllocOp alloc;
  int64_t size;
  int64_t begin;
  int64_t end;
  int64_t offset = -1;
};

/// The allocations of `func`, without places. Fails, with an error, where one
/// has no static size.
FailureOr<SmallVector<ArenaBuffer>> collectArenaBuffers(func::FuncOp func);

/// Gives every buffer an offset that is a multiple of `alignment`, such that
/// buffers alive at one time do not overlap: greedy by size. Returns the bytes
/// that are needed.
int64_t placeArenaBuffers(MutableArrayRef<ArenaBuffer> buffers,
                          int64_t alignment);

/// The bytes of a buffer of static shape.
int64_t getSizeInBytes(MemRefType type);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_ARENA_H
