//===- RaiseSoftmax.cpp - Recognise a softmax that was taken apart --------===//

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Analysis/ElementwiseBody.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_RAISESOFTMAX
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// The generic behind `value`, through reshapes that insert or drop unit
/// dimensions.
static linalg::GenericOp getGeneric(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto generic = dyn_cast<linalg::GenericOp>(op))
      return generic;
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
      return {};
    value = op->getOperand(0);
  }
  return {};
}

/// Whether `op` yields exactly `OpTy(arg 0, arg 1)`.
template <typename OpTy>
static bool yieldsBinary(linalg::GenericOp op) {
  if (!op || op.getNumDpsInputs() != 2 || !isElementwiseMapped(op))
    return false;
  auto binary =
      op.getBody()->getTerminator()->getOperand(0).getDefiningOp<OpTy>();
  return binary && binary.getLhs() == op.getBody()->getArgument(0) &&
         binary.getRhs() == op.getBody()->getArgument(1);
}

static bool yieldsExp(linalg::GenericOp op) {
  if (!op || op.getNumDpsInputs() != 1 || !isElementwiseMapped(op))
    return false;
  auto exp =
      op.getBody()->getTerminator()->getOperand(0).getDefiningOp<math::ExpOp>();
  return exp && exp.getOperand() == op.getBody()->getArgument(0);
}

/// The one loop that `op` reduces, with `input` read by the identity.
static std::optional<unsigned> getReducedLoop(linalg::GenericOp op,
                                              Value input) {
  if (!op || op.getNumReductionLoops() != 1 || op.getNumDpsInputs() != 1 ||
      op.getDpsInputs()[0] != input ||
      !op.getMatchingIndexingMap(op.getDpsInputOperand(0)).isIdentity())
    return std::nullopt;
  for (auto [loop, iterator] : llvm::enumerate(op.getIteratorTypesArray()))
    if (iterator == utils::IteratorType::reduction)
      return loop;
  return std::nullopt;
}

/// `result` of a generic is `max` over its reduced loop, maybe beside an index.
static bool yieldsMaximum(linalg::GenericOp op, Value input) {
  Block *body = op.getBody();
  auto max = body->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_nonnull<arith::MaximumFOp, arith::MaxNumFOp>(max))
    return false;
  Value in = body->getArgument(0), out = body->getArgument(1);
  return (max->getOperand(0) == in && max->getOperand(1) == out) ||
         (max->getOperand(0) == out && max->getOperand(1) == in);
}

/// Input 1 of `op` is broadcast along `loop` and nothing else.
static bool broadcastsAlong(linalg::GenericOp op, unsigned loop) {
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInputOperand(1));
  for (unsigned other = 0; other < op.getNumLoops(); ++other)
    if (map.isFunctionOfDim(other) == (other == loop) &&
        op.getStaticLoopRanges()[other] != 1)
      return false;
  return op.getMatchingIndexingMap(op.getDpsInputOperand(0)).isIdentity();
}

/// exp(x - max x) / sum exp(x - max x): returns x and the dimension.
static std::optional<std::pair<Value, unsigned>>
matchSoftmax(linalg::GenericOp division) {
  if (!yieldsBinary<arith::DivFOp>(division))
    return std::nullopt;
  Value numerator = division.getDpsInputs()[0];
  auto exp = numerator.getDefiningOp<linalg::GenericOp>();
  linalg::GenericOp sum = getGeneric(division.getDpsInputs()[1]);
  if (!yieldsExp(exp) || !sum || classifyReduction(sum) != ReductionKind::Sum)
    return std::nullopt;
  std::optional<unsigned> loop = getReducedLoop(sum, numerator);
  std::optional<double> zero = getSplatConstant(sum.getDpsInits()[0]);
  if (!loop || !zero || *zero != 0.0 || !broadcastsAlong(division, *loop))
    return std::nullopt;
  auto difference = exp.getDpsInputs()[0].getDefiningOp<linalg::GenericOp>();
  if (!yieldsBinary<arith::SubFOp>(difference) ||
      !broadcastsAlong(difference, *loop))
    return std::nullopt;
  Value input = difference.getDpsInputs()[0];
  linalg::GenericOp max = getGeneric(difference.getDpsInputs()[1]);
  if (!max || getReducedLoop(max, input) != loop || !yieldsMaximum(max, input))
    return std::nullopt;
  return std::make_pair(input, *loop);
}

namespace {
struct RaiseSoftmax : qopt::impl::RaiseSoftmaxBase<RaiseSoftmax> {
  void runOnOperation() override {
    getOperation()->walk([](linalg::GenericOp op) {
      if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
          op.hasDynamicShape())
        return;
      auto match = matchSoftmax(op);
      if (!match)
        return;
      OpBuilder builder(op);
      auto type = cast<RankedTensorType>(op->getResult(0).getType());
      Value empty = tensor::EmptyOp::create(
          builder, op.getLoc(), type.getShape(), type.getElementType());
      auto softmax = linalg::SoftmaxOp::create(builder, op.getLoc(),
                                               TypeRange(type), match->first,
                                               empty, uint64_t(match->second));
      softmax->setDiscardableAttrs(op->getDiscardableAttrDictionary());
      op->getResult(0).replaceAllUsesWith(softmax->getResult(0));
      op->erase();
    });
  }
};
} // namespace
