//===- Passes.h - Passes that lower models to GPU code ----------*- C++ -*-===//
//
// See Passes.td for what each pass reads, guarantees and refuses, and
// Pipeline.h for their order.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LOWERING_GPU_PASSES_H
#define QUANTOPT_LOWERING_GPU_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::qopt {

#define GEN_PASS_DECL
#include "quantopt/Lowering/GPU/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "quantopt/Lowering/GPU/Passes.h.inc"

} // namespace mlir::qopt

#endif // QUANTOPT_LOWERING_GPU_PASSES_H
