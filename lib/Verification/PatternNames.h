//===- PatternNames.h - Which patterns rewrite a program --------*- C++ -*-===//

#ifndef QUANTOPT_LIB_VERIFICATION_PATTERNNAMES_H
#define QUANTOPT_LIB_VERIFICATION_PATTERNNAMES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir {
class Pass;
} // namespace mlir

namespace mlir::qopt {

/// Runs `pass` once more, on a copy of `func` (in `module` with its callees),
/// and returns the names of the patterns that changed it, in order. `isNested`:
/// the pass runs on functions. Empty where it has no name in the registry,
/// changes nothing here, or does without patterns.
SmallVector<std::string> findPatterns(Pass &pass, func::FuncOp func,
                                      bool isNested);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_VERIFICATION_PATTERNNAMES_H
