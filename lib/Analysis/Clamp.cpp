//===- Clamp.cpp - Recognises clamps, however they are spelled ------------===//

#include "quantopt/Analysis/Clamp.h"
#include "quantopt/Analysis/ConstantTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include <limits>

using namespace mlir;
using namespace mlir::qopt;

using ConstantOf = llvm::function_ref<std::optional<double>(Value)>;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The inner clamp of `value`, bounded from below (`isLower`) or above.
static std::optional<Clamp> tighten(Value value, double bound, bool isLower,
                                    ConstantOf constantOf) {
  std::optional<Clamp> clamp = matchClamp(value, constantOf);
  if (!clamp)
    return std::nullopt;
  RealRange &range = clamp->range;
  if (isLower) {
    range.min = std::max(range.min, bound);
    range.max = std::max(range.max, bound);
  } else {
    range.min = std::min(range.min, bound);
    range.max = std::min(range.max, bound);
  }
  return clamp;
}

/// select(cmpf(x, c), t, f) where {t, f} = {x, c}: a maximum or a minimum.
static std::optional<Clamp> matchSelect(arith::SelectOp select,
                                        ConstantOf constantOf) {
  auto cmp = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!cmp)
    return std::nullopt;
  Value left = cmp.getLhs(), right = cmp.getRhs();
  bool leftIsGreater;
  switch (cmp.getPredicate()) {
  case arith::CmpFPredicate::OGT:
  case arith::CmpFPredicate::OGE:
  case arith::CmpFPredicate::UGT:
  case arith::CmpFPredicate::UGE:
    leftIsGreater = true;
    break;
  case arith::CmpFPredicate::OLT:
  case arith::CmpFPredicate::OLE:
  case arith::CmpFPredicate::ULT:
  case arith::CmpFPredicate::ULE:
    leftIsGreater = false;
    break;
  default:
    return std::nullopt;
  }
  // The operand that is greater when the comparison holds, and the other.
  Value greater = leftIsGreater ? left : right;
  Value lesser = leftIsGreater ? right : left;
  auto same = [&](Value a, Value b) {
    if (a == b)
      return true;
    std::optional<double> x = constantOf(a), y = constantOf(b);
    return x && y && *x == *y;
  };
  bool isMax;
  if (same(select.getTrueValue(), greater) &&
      same(select.getFalseValue(), lesser))
    isMax = true;
  else if (same(select.getTrueValue(), lesser) &&
           same(select.getFalseValue(), greater))
    isMax = false;
  else
    return std::nullopt;
  if (std::optional<double> bound = constantOf(left))
    return tighten(right, *bound, isMax, constantOf);
  if (std::optional<double> bound = constantOf(right))
    return tighten(left, *bound, isMax, constantOf);
  return std::nullopt;
}

std::optional<Clamp> mlir::qopt::matchClamp(Value value,
                                            ConstantOf constantOf) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (constantOf(argument))
      return std::nullopt;
    return Clamp{argument, {-kInfinity, kInfinity}};
  }
  Operation *op = value.getDefiningOp();
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return matchSelect(select, constantOf);
  bool isMax = isa<arith::MaximumFOp, arith::MaxNumFOp>(op);
  if (!isMax && !isa<arith::MinimumFOp, arith::MinNumFOp>(op))
    return std::nullopt;
  if (std::optional<double> bound = constantOf(op->getOperand(1)))
    return tighten(op->getOperand(0), *bound, isMax, constantOf);
  if (std::optional<double> bound = constantOf(op->getOperand(0)))
    return tighten(op->getOperand(1), *bound, isMax, constantOf);
  return std::nullopt;
}

std::optional<Clamp> mlir::qopt::matchClamp(linalg::GenericOp op) {
  if (op.getNumLoops() != op.getNumParallelLoops() || op->getNumResults() != 1)
    return std::nullopt;
  Block *body = op.getBody();
  auto constantOf = [&](Value value) -> std::optional<double> {
    FloatAttr scalar;
    if (matchPattern(value, m_Constant(&scalar)))
      return scalar.getValueAsDouble();
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument || argument.getOwner() != body ||
        argument.getArgNumber() >= op.getNumDpsInputs())
      return std::nullopt;
    return getSplatConstant(op.getDpsInputs()[argument.getArgNumber()]);
  };
  std::optional<Clamp> clamp =
      matchClamp(body->getTerminator()->getOperand(0), constantOf);
  if (!clamp || clamp->input.getOwner() != body ||
      clamp->input.getArgNumber() >= op.getNumDpsInputs())
    return std::nullopt;
  // A bare argument is a copy, not a clamp.
  if (clamp->range.min == -kInfinity && clamp->range.max == kInfinity)
    return std::nullopt;
  return clamp;
}
