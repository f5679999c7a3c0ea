//===- FoldConstantGenerics.cpp - Elementwise operations on constants -----===//

#include "quantopt/Analysis/ConstantFolding.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FOLDCONSTANTGENERICS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// Whether the elements of `op` are those of a smaller input: such a broadcast
/// or fill is smaller as an operation, whatever it is spelled as.
static bool repeatsInput(linalg::LinalgOp op) {
  auto yielded =
      dyn_cast<BlockArgument>(op.getBlock()->getTerminator()->getOperand(0));
  if (!yielded || yielded.getOwner() != op.getBlock())
    return false;
  auto input =
      dyn_cast<ShapedType>(op->getOperand(yielded.getArgNumber()).getType());
  auto result = cast<ShapedType>(op->getResult(0).getType());
  return !input || input.getNumElements() < result.getNumElements();
}

namespace {

struct FoldConstantGenerics
    : qopt::impl::FoldConstantGenericsBase<FoldConstantGenerics> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (op.hasPureTensorSemantics() && op.getNumDpsInputs() > 0 &&
          llvm::all_of(op.getDpsInputs(), [](Value input) {
            return matchPattern(input, m_Constant());
          }))
        ops.push_back(op);
    });
    for (linalg::LinalgOp op : ops) {
      if (repeatsInput(op))
        continue;
      FailureOr<ElementsAttr> value = evaluateOnConstants(op, /*mayGrow=*/true);
      if (failed(value))
        continue;
      rewriter.setInsertionPoint(op);
      rewriter.replaceOpWithNewOp<arith::ConstantOp>(op,
                                                     cast<TypedAttr>(*value));
    }
  }
};

} // namespace
