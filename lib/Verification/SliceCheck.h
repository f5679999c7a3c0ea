//===- SliceCheck.h - Two functions on all inputs, or on many ---*- C++ -*-===//
//
// Runs the two sides of a rewrite on the same inputs and compares results.
//
// Where a result element depends on few stored integers of 8 bits, these take
// all their values at every element: 2^8 for one, 2^16 for two. Everything else
// takes boundary values (ends of types, zero, powers of two, ties of the
// quantized types that occur and the numbers next to them) and random ones.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_VERIFICATION_SLICECHECK_H
#define QUANTOPT_LIB_VERIFICATION_SLICECHECK_H

#include "InputValues.h"
#include "quantopt/Verification/VerifyRewrites.h"

namespace mlir::qopt {

struct SliceVerdict {
  enum Kind {
    Equal,     ///< within the tolerance
    Different, ///< a counterexample was found
    Unknown    ///< cannot be evaluated: `reason`
  } kind = Unknown;
  /// Whether every input was tried.
  bool isExhaustive = false;
  /// Result elements compared, and those that differ by more than is allowed.
  uint64_t compared = 0, different = 0;
  /// Why it is unknown.
  std::string reason;
  /// The first difference: the inputs, one line each, and both results.
  std::string inputs, resultBefore, resultAfter, element;
  /// The result depends on a conversion that is undefined for these inputs.
  bool isUndefined = false;
};

/// `before` and `after` have one signature and one result. `budget` is roughly
/// the number of scalar operations to spend. Where there are `ranges`, one for
/// each input, inputs lie within them.
SliceVerdict checkSlice(func::FuncOp before, func::FuncOp after,
                        const RewriteTolerance &tolerance, uint64_t budget,
                        ArrayRef<InputRange> ranges = {});

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_VERIFICATION_SLICECHECK_H
