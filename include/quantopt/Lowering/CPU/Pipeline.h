//===- Pipeline.h - From integer form or float linalg to LLVM ---*- C++ -*-===//
//
// The lowering to CPU as one pipeline: a module of linalg on tensors, in float,
// in integer form or mixed, becomes LLVM dialect with bare pointers.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LOWERING_CPU_PIPELINE_H
#define QUANTOPT_LOWERING_CPU_PIPELINE_H

#include <cstdint>
#include <string>

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace mlir::qopt {

/// What the user decides about the lowering.
struct LowerToCPUOptions {
  /// A processor as `llc -mcpu` names it, or "native" for this machine's.
  std::string cpu = "native";
  /// Extra target features, "+avx512vnni,-avx512f", as `llc -mattr` reads them.
  std::string features;
  /// "auto" picks vector kernels by target; "scalar" is the plain reference
  /// path. Programs in integer form give the same bits in both.
  std::string kernels = "auto";
  /// Threads that a run may use. Results do not depend on it.
  int64_t threads = 1;
  /// Count the time of each kernel: see qopt-instrument-profile.
  bool profile = false;
  /// A file of measured tiles, as quant-run --search-tiles writes it, or empty.
  std::string tiles;
  /// Operations that a function may have: longer ones are split, so that code
  /// generation takes time in proportion to the length of a model.
  int64_t functionOperations = 6000;
  /// The tile of each contraction that a model of the core ranks so, from 0.
  unsigned candidate = 0;
};

/// Appends the lowering of a module to CPU code. After it, each public function
/// `@f(inputs) -> results` is `llvm.func @f(ptr input..., ptr result...)` over
/// dense row-major buffers. A run allocates nothing: intermediate values live
/// in one private arena, so the functions are not re-entrant.
void buildLowerToCPUPipeline(OpPassManager &pm,
                             const LowerToCPUOptions &options);

} // namespace mlir::qopt

#endif // QUANTOPT_LOWERING_CPU_PIPELINE_H
