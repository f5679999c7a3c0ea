//===- Pipeline.h - From integer form or float linalg to a GPU --*- C++ -*-===//
//
// The lowering to NVIDIA GPUs as one pipeline: a module of linalg on tensors,
// in float, in integer form or mixed, becomes kernels as PTX and LLVM dialect
// that has them run.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LOWERING_GPU_PIPELINE_H
#define QUANTOPT_LOWERING_GPU_PIPELINE_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace mlir {
class DialectRegistry;
class OpPassManager;
} // namespace mlir

namespace mlir::qopt {

/// What the user decides about the lowering.
struct LowerToGPUOptions {
  /// The least processor that the kernels run on, as `llc -march=nvptx64 -mcpu`
  /// names it: compute capability 8.0 or later. Later ones run its code, too.
  std::string chip = "sm_80";
  /// "auto" uses tensor cores; "scalar" has a thread for each element of every
  /// result. Programs in integer form give the same bits in both.
  std::string kernels = "auto";
};

/// Appends the lowering of a module to GPU code. After it, each public function
/// `@f(inputs) -> results` is `llvm.func @f(ptr input..., ptr result...)` over
/// dense row-major buffers of the host or of the GPU. It returns when the
/// results are there, and keeps intermediate values and constants in one block
/// of the GPU's memory, so the functions are not re-entrant.
void buildLowerToGPUPipeline(OpPassManager &pm,
                             const LowerToGPUOptions &options);

/// Whether LLVM knows `chip`, "sm_80" or "sm_90a", and it has compute
/// capability 8.0 or later.
bool isSupportedChip(llvm::StringRef chip);

/// What the pipeline needs of upstream to make PTX of kernels.
void registerGPUTarget(DialectRegistry &registry);

} // namespace mlir::qopt

#endif // QUANTOPT_LOWERING_GPU_PIPELINE_H
