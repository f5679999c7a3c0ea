//===- RaiseResize.cpp - Reads by computed indices become movements -------===//

#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallBitVector.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_RAISERESIZE
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
/// The index `offset + stride * (i floordiv repeat)` of a loop `i`.
struct Steps {
  int64_t offset = 0, stride = 1, repeat = 1;
};

/// Computes scalars of a body for one value of one loop, by the operations'
/// own folders.
class Evaluator {
public:
  Evaluator(Block *body, int64_t iteration)
      : body(body), iteration(iteration) {}

  Attribute evaluate(Value value) {
    auto [entry, isNew] = known.try_emplace(value);
    if (isNew) {
      Attribute result = compute(value);
      known[value] = result;
      return result;
    }
    return entry->second;
  }

private:
  Attribute compute(Value value) {
    Attribute constant;
    if (matchPattern(value, m_Constant(&constant)))
      return constant;
    Operation *op = value.getDefiningOp();
    if (!op || op->getBlock() != body || op->getNumResults() != 1 ||
        op->getNumRegions() != 0)
      return {};
    if (isa<linalg::IndexOp>(op))
      return IntegerAttr::get(IndexType::get(op->getContext()), iteration);
    SmallVector<Attribute> operands;
    for (Value operand : op->getOperands()) {
      operands.push_back(evaluate(operand));
      if (!operands.back())
        return {};
    }
    SmallVector<OpFoldResult> results;
    if (failed(op->fold(operands, results)) || results.size() != 1)
      return {};
    if (auto attribute = dyn_cast<Attribute>(results[0]))
      return attribute;
    return evaluate(cast<Value>(results[0]));
  }

  Block *body;
  int64_t iteration;
  llvm::DenseMap<Value, Attribute> known;
};
} // namespace

/// The loops whose index `value` is computed from; nothing where it depends on
/// data.
static std::optional<llvm::SmallBitVector> findLoops(Value value, Block *body,
                                                     unsigned numLoops) {
  llvm::SmallBitVector loops(numLoops);
  SmallVector<Value> worklist = {value};
  llvm::DenseSet<Value> seen;
  while (!worklist.empty()) {
    Value next = worklist.pop_back_val();
    if (!seen.insert(next).second || matchPattern(next, m_Constant()))
      continue;
    Operation *op = next.getDefiningOp();
    if (!op || op->getBlock() != body)
      return std::nullopt;
    if (auto index = dyn_cast<linalg::IndexOp>(op))
      loops.set(index.getDim());
    llvm::append_range(worklist, op->getOperands());
  }
  return loops;
}

/// `value` as steps of a loop of `size` iterations, within [0, `limit`).
static std::optional<Steps> findSteps(Value value, Block *body, int64_t size,
                                      int64_t limit) {
  SmallVector<int64_t> indices;
  for (int64_t i = 0; i < size; ++i) {
    auto index =
        dyn_cast_or_null<IntegerAttr>(Evaluator(body, i).evaluate(value));
    if (!index || index.getInt() < 0 || index.getInt() >= limit)
      return std::nullopt;
    indices.push_back(index.getInt());
  }
  Steps steps;
  steps.offset = indices[0];
  const int64_t *change = llvm::find_if(
      indices, [&](int64_t index) { return index != indices[0]; });
  steps.repeat = change - indices.begin();
  if (change != indices.end())
    steps.stride = *change - indices[0];
  if (steps.stride < 1 || size % steps.repeat != 0)
    return std::nullopt;
  for (auto [i, index] : llvm::enumerate(indices))
    if (index != steps.offset + steps.stride * (int64_t(i) / steps.repeat))
      return std::nullopt;
  return steps;
}

namespace {
struct RaiseResize : qopt::impl::RaiseResizeBase<RaiseResize> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> generics;
    getOperation().walk([&](linalg::GenericOp op) { generics.push_back(op); });
    for (linalg::GenericOp op : generics)
      rewrite(op);
  }

  static void rewrite(linalg::GenericOp op) {
    if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
        op.getNumReductionLoops() != 0 || op.hasDynamicShape() ||
        !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity())
      return;
    Block *body = op.getBody();
    auto extract =
        body->getTerminator()->getOperand(0).getDefiningOp<tensor::ExtractOp>();
    if (!extract || extract->getBlock() != body)
      return;
    Value source = extract.getTensor();
    auto sourceType = cast<RankedTensorType>(source.getType());
    auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
    if (!sourceType.hasStaticShape() || sourceType.getRank() == 0 ||
        source.getParentBlock() == body)
      return;

    // Which loop indexes each dimension of the source, and how.
    const unsigned numLoops = resultType.getRank();
    SmallVector<std::optional<unsigned>> loopOf;
    SmallVector<Steps> steps;
    SmallVector<int64_t> repeats(numLoops, 1);
    llvm::SmallBitVector used(numLoops);
    for (auto [dim, index] : llvm::enumerate(extract.getIndices())) {
      std::optional<llvm::SmallBitVector> loops =
          findLoops(index, body, numLoops);
      if (!loops || loops->count() > 1)
        return;
      const int first = loops->find_first();
      if (first >= 0 && used.test(first))
        return;
      std::optional<Steps> found =
          findSteps(index, body, first < 0 ? 1 : resultType.getDimSize(first),
                    sourceType.getDimSize(dim));
      if (!found)
        return;
      steps.push_back(*found);
      loopOf.push_back(first < 0 ? std::nullopt
                                 : std::optional<unsigned>(first));
      if (first >= 0) {
        used.set(first);
        repeats[first] = found->repeat;
      }
    }

    // The elements that are read at all.
    OpBuilder builder(op);
    Location loc = op.getLoc();
    SmallVector<OpFoldResult> offsets, sizes, strides;
    SmallVector<int64_t> readShape;
    for (auto [loop, step] : llvm::zip_equal(loopOf, steps)) {
      readShape.push_back(loop ? resultType.getDimSize(*loop) / step.repeat
                               : 1);
      offsets.push_back(builder.getIndexAttr(step.offset));
      sizes.push_back(builder.getIndexAttr(readShape.back()));
      strides.push_back(builder.getIndexAttr(step.stride));
    }
    if (ArrayRef<int64_t>(readShape) != sourceType.getShape())
      source = tensor::ExtractSliceOp::create(builder, loc, source, offsets,
                                              sizes, strides);

    // Each of them, repeated along a dimension of its own.
    SmallVector<int64_t> spread;
    SmallVector<ReassociationIndices> groups;
    SmallVector<unsigned> outer;
    for (auto [size, repeat] :
         llvm::zip_equal(resultType.getShape(), repeats)) {
      outer.push_back(spread.size());
      groups.push_back({int64_t(spread.size())});
      spread.push_back(size / repeat);
      if (repeat > 1) {
        groups.back().push_back(spread.size());
        spread.push_back(repeat);
      }
    }
    SmallVector<AffineExpr> reads;
    for (std::optional<unsigned> loop : loopOf)
      reads.push_back(loop ? builder.getAffineDimExpr(outer[*loop])
                           : builder.getAffineConstantExpr(0));
    AffineMap map =
        AffineMap::get(spread.size(), 0, reads, builder.getContext());
    Value moved = source;
    if (!map.isIdentity()) {
      Value empty = tensor::EmptyOp::create(builder, loc, spread,
                                            resultType.getElementType());
      SmallVector<utils::IteratorType> parallel(spread.size(),
                                                utils::IteratorType::parallel);
      moved =
          linalg::GenericOp::create(
              builder, loc, empty.getType(), source, empty,
              {map, builder.getMultiDimIdentityMap(spread.size())}, parallel,
              [](OpBuilder &b, Location at, ValueRange arguments) {
                linalg::YieldOp::create(b, at, arguments[0]);
              })
              .getResult(0);
    }
    if (spread.size() != numLoops)
      moved = tensor::CollapseShapeOp::create(builder, loc, resultType, moved,
                                              groups);
    op->getResult(0).replaceAllUsesWith(moved);
    op->erase();
  }
};
} // namespace
