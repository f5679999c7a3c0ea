//===- ElementwiseBody.cpp - What the body of a generic computes ----------===//

#include "quantopt/Analysis/ElementwiseBody.h"
#include "quantopt/Analysis/ScalarProgram.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::qopt;

static bool isExact(Operation &op) {
  if (isa<math::MathDialect>(op.getDialect()))
    return isa<math::AbsFOp, math::CeilOp, math::FloorOp, math::FmaOp,
               math::RoundOp, math::RoundEvenOp, math::TruncOp, math::SqrtOp>(
        op);
  return isa<arith::ArithDialect, QOptDialect, linalg::LinalgDialect>(
      op.getDialect());
}

BodyKind mlir::qopt::classifyBody(Block &body) {
  if (failed(ScalarProgram::compile(body)))
    return BodyKind::Unknown;
  bool exact = llvm::all_of(body, isExact);
  return exact ? BodyKind::Exact : BodyKind::Transcendental;
}

bool mlir::qopt::isElementwiseMapped(linalg::LinalgOp op) {
  if (op.getNumLoops() != op.getNumParallelLoops() || op->getNumResults() != 1)
    return false;
  OpOperand *init = op.getDpsInitOperand(0);
  if (!op.getMatchingIndexingMap(init).isIdentity() ||
      op.payloadUsesValueFromOperand(init))
    return false;
  for (OpOperand *input : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(input);
    // Constants stand where a dimension of size one is broadcast.
    for (AffineExpr result : map.getResults())
      if (!isa<AffineDimExpr, AffineConstantExpr>(result))
        return false;
  }
  return true;
}

ReductionKind mlir::qopt::classifyReduction(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || op->getNumResults() != 1 ||
      op.hasIndexSemantics())
    return ReductionKind::None;
  Block *body = op.getBlock();
  Value accumulator = body->getArgument(op.getNumDpsInputs());
  Operation *combine = body->getTerminator()->getOperand(0).getDefiningOp();
  if (!combine)
    return ReductionKind::None;
  auto isInput = [&](Value value, unsigned number) {
    auto argument = dyn_cast<BlockArgument>(value);
    return argument && argument.getOwner() == body &&
           argument.getArgNumber() == number;
  };
  auto areFactors = [&](Value left, Value right) {
    return op.getNumDpsInputs() == 2 &&
           ((isInput(left, 0) && isInput(right, 1)) ||
            (isInput(left, 1) && isInput(right, 0)));
  };
  if (auto fma = dyn_cast<math::FmaOp>(combine))
    return fma.getC() == accumulator && areFactors(fma.getA(), fma.getB())
               ? ReductionKind::MulAdd
               : ReductionKind::None;
  if (combine->getNumOperands() != 2)
    return ReductionKind::None;
  Value left = combine->getOperand(0), right = combine->getOperand(1);
  Value other = left == accumulator ? right : left;
  if (left != accumulator && right != accumulator)
    return ReductionKind::None;
  if (isInput(other, 0)) {
    if (isa<arith::AddFOp>(combine))
      return ReductionKind::Sum;
    if (isa<arith::MaximumFOp, arith::MaxNumFOp>(combine))
      return ReductionKind::Max;
    if (isa<arith::MinimumFOp, arith::MinNumFOp>(combine))
      return ReductionKind::Min;
    return ReductionKind::None;
  }
  auto product = other.getDefiningOp<arith::MulFOp>();
  if (product && isa<arith::AddFOp>(combine) &&
      areFactors(product.getLhs(), product.getRhs()))
    return ReductionKind::MulAdd;
  return ReductionKind::None;
}
