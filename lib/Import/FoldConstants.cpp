//===- FoldConstants.cpp - Evaluate linalg operations on constants --------===//

#include "quantopt/Analysis/ConstantFolding.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct FoldConstants : qopt::impl::FoldConstantsBase<FoldConstants> {
  void runOnOperation() override {
    // In program order, so that chains fold in one walk.
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (!op.hasPureTensorSemantics() || op->getNumResults() != 1)
        return;
      // Broadcasts stay broadcasts.
      FailureOr<ElementsAttr> folded =
          evaluateOnConstants(op, /*mayGrow=*/false);
      if (failed(folded))
        return;
      OpBuilder builder(op);
      auto constant = arith::ConstantOp::create(
          builder, op.getLoc(), cast<TypedAttr>(Attribute(*folded)));
      op->getResult(0).replaceAllUsesWith(constant);
      op->erase();
    });
  }
};
} // namespace
