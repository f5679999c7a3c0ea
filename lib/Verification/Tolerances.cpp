//===- Tolerances.cpp - What passes may change ----------------------------===//

#include "quantopt/Verification/VerifyRewrites.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/ManagedStatic.h"

using namespace mlir;
using namespace mlir::qopt;

/// Like the pass registry, one for the process and filled before it runs.
static llvm::ManagedStatic<llvm::StringMap<RewriteTolerance>> declared;

void mlir::qopt::declareRewriteTolerance(StringRef pass,
                                         RewriteTolerance tolerance) {
  (*declared)[pass] = std::move(tolerance);
}

std::optional<RewriteTolerance>
mlir::qopt::getRewriteTolerance(StringRef pass) {
  auto it = declared->find(pass);
  if (it == declared->end())
    return std::nullopt;
  return it->second;
}
