//===- FoldBias.cpp - Move a constant addition into a contraction's init --===//

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Analysis/ElementwiseBody.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FOLDBIAS
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// The operands of `op` if it adds its two inputs, in any order.
static bool addsItsInputs(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 2 || !isElementwiseMapped(op))
    return false;
  Block *body = op.getBody();
  auto sum =
      body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!sum)
    return false;
  Value first = body->getArgument(0), second = body->getArgument(1);
  return (sum.getLhs() == first && sum.getRhs() == second) ||
         (sum.getLhs() == second && sum.getRhs() == first);
}

/// `op` starts from zero and multiplies by weights: a bias can go into its
/// init. A product of two activations keeps its zero, which its integer form
/// needs.
static bool takesBias(linalg::LinalgOp op) {
  if (!op || op->getNumResults() != 1 || !op->hasOneUse() ||
      classifyReduction(op) != ReductionKind::MulAdd ||
      llvm::none_of(op.getDpsInputs(), isConstantDerived))
    return false;
  std::optional<double> init = getSplatConstant(op.getDpsInits()[0]);
  return init && *init == 0.0;
}

static void foldBias(linalg::GenericOp add) {
  for (unsigned number : {0u, 1u}) {
    OpOperand *sum = add.getDpsInputOperand(number);
    OpOperand *bias = add.getDpsInputOperand(1 - number);
    auto contraction = sum->get().getDefiningOp<linalg::LinalgOp>();
    if (!takesBias(contraction) ||
        !add.getMatchingIndexingMap(sum).isIdentity() ||
        !isConstantDerived(bias->get()))
      continue;
    auto resultType = dyn_cast<RankedTensorType>(add.getResult(0).getType());
    if (!resultType || !resultType.hasStaticShape() ||
        sum->get().getType() != resultType)
      continue;
    OpBuilder builder(contraction);
    Location loc = add.getLoc();
    AffineMap map = add.getMatchingIndexingMap(bias);
    Value source = bias->get();
    if (!map.isProjectedPermutation(/*allowZeroInResults=*/true))
      continue;
    // A constant that stands behind the contraction moves in front of it.
    if (Operation *producer = source.getDefiningOp())
      if (!producer->isBeforeInBlock(contraction)) {
        if (!producer->hasTrait<OpTrait::ConstantLike>())
          continue;
        producer->moveBefore(contraction);
      }
    contraction.getDpsInitsMutable()[0].assign(
        createBroadcast(builder, loc, source, map, resultType));
    add.getResult(0).replaceAllUsesWith(contraction->getResult(0));
    add->erase();
    return;
  }
}

namespace {
struct FoldBias : qopt::impl::FoldBiasBase<FoldBias> {
  void runOnOperation() override {
    getOperation()->walk([](linalg::GenericOp op) {
      if (op.hasPureTensorSemantics() && op->getNumResults() == 1 &&
          addsItsInputs(op))
        foldBias(op);
    });
  }
};
} // namespace
