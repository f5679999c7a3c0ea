//===- Declarations.cpp - What passes may change and operations mean ------===//

#include "ReferenceForms.h"
#include "quantopt/Verification/VerifyRewrites.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"
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

using Populate = std::function<void(RewritePatternSet &)>;
static llvm::ManagedStatic<std::vector<Populate>> referenceForms;

void mlir::qopt::declareReferenceForms(Populate populate) {
  referenceForms->push_back(std::move(populate));
}

OwningOpRef<ModuleOp> mlir::qopt::applyReferenceForms(ModuleOp module) {
  OwningOpRef<ModuleOp> result = cast<ModuleOp>(module->clone());
  if (referenceForms->empty())
    return result;
  RewritePatternSet patterns(module.getContext());
  for (const Populate &populate : *referenceForms)
    populate(patterns);
  walkAndApplyPatterns(*result, std::move(patterns));
  return result;
}
