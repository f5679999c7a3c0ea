//===- VerifyRewrites.h - Checks what passes do to numbers ------*- C++ -*-===//
//
// A mode of the pass manager that compares the program before and after each
// pass. What a pass rewrote is cut out, both forms are run by an interpreter on
// all inputs, where these are few integers of 8 bits, and else on boundary and
// random ones, and a result that differs is an error with a counterexample. See
// docs/VerifyRewrites.md.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_VERIFICATION_VERIFYREWRITES_H
#define QUANTOPT_VERIFICATION_VERIFYREWRITES_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace mlir {
class MlirOptMainConfig;
class PassManager;
class RewritePatternSet;
} // namespace mlir

namespace mlir::qopt {

/// By how much a pass may change a value. The largest of the bounds that are
/// set counts; without any, values are the same (-0 is 0, any NaN is NaN).
struct RewriteTolerance {
  /// In units of the stored integer. For a real value a unit is the largest
  /// scale of the quantized types in what was rewritten.
  double steps = 0;
  /// `steps` count for each operation that rounds to a quantized type, on the
  /// way from an input to the result, and was not there before: errors add up.
  bool perRounding = false;
  /// As a part of the largest magnitude of the result before.
  double relative = 0;
  /// The bound holds for real inputs that the quantized types in what was
  /// rewritten can represent; others saturate.
  bool withinRange = false;
  /// The bound is only for rewrites in which floats are added up in a
  /// reduction. All others are exact.
  bool sumsOnly = false;
  /// No bound can be given without samples: not checked.
  bool unbounded = false;
  /// Why, for reports.
  std::string why;
};

/// Says by how much the pass of that argument ("my-pass") may change numbers.
/// To be called where passes are registered, before any runs.
void declareRewriteTolerance(llvm::StringRef pass, RewriteTolerance tolerance);

/// What was declared; nothing for a pass that is exact.
std::optional<RewriteTolerance> getRewriteTolerance(llvm::StringRef pass);

/// Gives operations of other dialects a meaning: patterns that replace them by
/// operations that are known (linalg, tensor, arith, math and qopt on tensors
/// of static shape, calls of functions). They are applied to what is compared,
/// once to each operation and without folding, so they must not be what is
/// under test. To be called where passes are registered, before any runs.
void declareReferenceForms(std::function<void(RewritePatternSet &)> populate);

struct VerifyRewritesOptions {
  /// Scalar operations to spend on one rewrite, roughly.
  uint64_t budget = uint64_t(1) << 26;
  /// Whether to sum up in a remark when all passes have run.
  bool summarize = true;
};

/// Calls `addPasses`, which adds to the pass manager what is to run, and lets
/// it be checked. A difference is an error at the rewritten operation and makes
/// the run of the pass manager fail in the end.
LogicalResult
addVerifiedPasses(PassManager &pm,
                  llvm::function_ref<LogicalResult(PassManager &)> addPasses,
                  const VerifyRewritesOptions &options = {});

/// The same for a tool that calls MlirOptMain: all that `config` runs is
/// checked.
void verifyRewrites(MlirOptMainConfig &config,
                    const VerifyRewritesOptions &options = {});

} // namespace mlir::qopt

#endif // QUANTOPT_VERIFICATION_VERIFYREWRITES_H
