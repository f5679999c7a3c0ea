//===- SplitReductions.cpp - Reductions as interleaved partial ones -------===//
//
// A reduction over a contiguous dimension is one chain of operations, and
// vectors would have to break it. Floats do not add up to the same bits in
// another order, so the order that vectors want becomes the order of the
// program, before scalar and vector code part.
//
//===----------------------------------------------------------------------===//

#include "SplitReductions.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_SPLITREDUCTIONS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Partial results of a reduction: a vector of 512 bits of f32.
constexpr int64_t kPartials = 16;
/// Partial results where too few rows are reduced beside each other to hide the
/// latency of one vector's chain.
constexpr int64_t kPartialsOfFewRows = 64;
constexpr int64_t kFewRows = 4;

/// A reduction of one operand whose innermost dimension is reduced.
struct Reduction {
  linalg::GenericOp op;
  /// The operation that takes the next term.
  Operation *combiner;
  /// What leaves any term unchanged.
  TypedAttr neutral;
  /// The loop over the innermost dimension.
  unsigned loop;
  int64_t terms;
  int64_t partials;

  int64_t blocks() const { return terms / partials; }
  int64_t rest() const { return terms % partials; }
};

/// The neutral element of `combiner`; null where its order matters in a way
/// that nobody relies on the split for.
static TypedAttr getNeutral(Operation *combiner) {
  Type type = combiner->getResult(0).getType();
  Builder builder(combiner->getContext());
  if (auto real = dyn_cast<FloatType>(type)) {
    const llvm::fltSemantics &semantics = real.getFloatSemantics();
    if (isa<arith::AddFOp>(combiner))
      return builder.getFloatAttr(real, 0.0);
    if (isa<arith::MaximumFOp>(combiner))
      return builder.getFloatAttr(real, APFloat::getInf(semantics, true));
    if (isa<arith::MinimumFOp>(combiner))
      return builder.getFloatAttr(real, APFloat::getInf(semantics, false));
    if (isa<arith::MaxNumFOp, arith::MinNumFOp>(combiner))
      return builder.getFloatAttr(real, APFloat::getNaN(semantics));
    return nullptr;
  }
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return nullptr;
  unsigned width = integer.getWidth();
  if (isa<arith::AddIOp, arith::OrIOp, arith::MaxUIOp>(combiner))
    return builder.getIntegerAttr(integer, APInt::getZero(width));
  if (isa<arith::MaxSIOp>(combiner))
    return builder.getIntegerAttr(integer, APInt::getSignedMinValue(width));
  if (isa<arith::MinSIOp>(combiner))
    return builder.getIntegerAttr(integer, APInt::getSignedMaxValue(width));
  if (isa<arith::AndIOp, arith::MinUIOp>(combiner))
    return builder.getIntegerAttr(integer, APInt::getAllOnes(width));
  return nullptr;
}

/// Recognises `out = combine(out, f(in))` over the innermost dimension of `in`.
static std::optional<Reduction> matchReduction(linalg::GenericOp op) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInits() != 1 ||
      op.getNumDpsInputs() != 1 || op.hasIndexSemantics() ||
      op.hasDynamicShape() || !op.hasPureTensorSemantics())
    return std::nullopt;
  Block &body = *op.getBody();
  for (Operation &inner : body.without_terminator())
    if (!isPure(&inner) || inner.getNumRegions() != 0)
      return std::nullopt;
  BlockArgument accumulator = body.getArguments().back();
  Operation *combiner = body.getTerminator()->getOperand(0).getDefiningOp();
  if (!combiner || !accumulator.hasOneUse() ||
      *accumulator.user_begin() != combiner || combiner->getNumResults() != 1 ||
      combiner->getResult(0).getType() != accumulator.getType())
    return std::nullopt;
  TypedAttr neutral = getNeutral(combiner);
  if (!neutral)
    return std::nullopt;

  AffineMap in = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  if (in.getNumResults() == 0)
    return std::nullopt;
  auto innermost = dyn_cast<AffineDimExpr>(in.getResults().back());
  if (!innermost)
    return std::nullopt;
  unsigned loop = innermost.getPosition();
  // A window, or a diagonal, is no row.
  for (AffineExpr expr : in.getResults().drop_back())
    if (expr.isFunctionOfDim(loop))
      return std::nullopt;
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  if (iterators[loop] != utils::IteratorType::reduction)
    return std::nullopt;
  if (isExtremumOverDims(op))
    return std::nullopt;
  int64_t rows = 1;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (auto [iterator, range] : llvm::zip(iterators, ranges))
    if (iterator == utils::IteratorType::parallel)
      rows *= range;
  int64_t terms = ranges[loop];
  int64_t partials = rows < kFewRows && terms >= 4 * kPartialsOfFewRows
                         ? kPartialsOfFewRows
                         : kPartials;
  if (llvm::is_contained(ranges, 0) || terms < 2 * partials)
    return std::nullopt;
  return Reduction{op, combiner, neutral, loop, terms, partials};
}

/// `body` with the accumulator and the term as arguments.
static void cloneBody(OpBuilder &builder, Location loc, Block &body,
                      Value input, Value accumulator) {
  IRMapping mapping;
  mapping.map(body.getArgument(0), input);
  mapping.map(body.getArgument(1), accumulator);
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
  linalg::YieldOp::create(
      builder, loc,
      ValueRange{mapping.lookup(body.getTerminator()->getOperand(0))});
}

/// The terms behind the last whole block, one for each of the first partial
/// results.
static Value emitRest(OpBuilder &b, const Reduction &reduction,
                      Value partials) {
  linalg::GenericOp op = reduction.op;
  Location loc = op.getLoc();
  Value input = op.getDpsInputs()[0];
  auto inputType = cast<RankedTensorType>(input.getType());
  auto partialType = cast<RankedTensorType>(partials.getType());
  auto slice = [&](RankedTensorType type, int64_t start) {
    std::array<SmallVector<OpFoldResult>, 3> where;
    for (auto [dim, size] : llvm::enumerate(type.getShape())) {
      bool isLast = static_cast<int64_t>(dim) + 1 == type.getRank();
      where[0].push_back(b.getIndexAttr(isLast ? start : 0));
      where[1].push_back(b.getIndexAttr(isLast ? reduction.rest() : size));
      where[2].push_back(b.getIndexAttr(1));
    }
    return where;
  };
  auto inputAt = slice(inputType, reduction.blocks() * reduction.partials);
  auto partialsAt = slice(partialType, 0);
  Value terms = tensor::ExtractSliceOp::create(b, loc, input, inputAt[0],
                                               inputAt[1], inputAt[2]);
  Value first = tensor::ExtractSliceOp::create(b, loc, partials, partialsAt[0],
                                               partialsAt[1], partialsAt[2]);
  // The loop over the rest becomes one over partial results.
  AffineMap in = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  out =
      out.insertResult(b.getAffineDimExpr(reduction.loop), out.getNumResults());
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  iterators[reduction.loop] = utils::IteratorType::parallel;
  auto generic = linalg::GenericOp::create(
      b, loc, first.getType(), terms, first, ArrayRef<AffineMap>{in, out},
      iterators, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
        cloneBody(builder, loc, *op.getBody(), arguments[0], arguments[1]);
      });
  return tensor::InsertSliceOp::create(b, loc, generic.getResult(0), partials,
                                       partialsAt[0], partialsAt[1],
                                       partialsAt[2]);
}

/// The whole blocks: term `block * partials + i` goes to partial result `i`.
static Value emitBlocks(OpBuilder &b, const Reduction &reduction,
                        Value partials) {
  linalg::GenericOp op = reduction.op;
  Location loc = op.getLoc();
  unsigned numLoops = op.getNumLoops(), lane = numLoops;
  AffineExpr position =
      b.getAffineDimExpr(reduction.loop) * reduction.partials +
      b.getAffineDimExpr(lane);
  auto extend = [&](AffineMap map, ArrayRef<AffineExpr> results) {
    return AffineMap::get(numLoops + 1, 0, results, b.getContext());
  };
  AffineMap in = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  SmallVector<AffineExpr> inResults(in.getResults());
  inResults.back() = position;
  AffineMap out = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  SmallVector<AffineExpr> outResults(out.getResults());
  outResults.push_back(b.getAffineDimExpr(lane));
  // Nothing but an operand's shape says how many blocks there are.
  Value window = tensor::EmptyOp::create(
      b, loc, ArrayRef<int64_t>{reduction.blocks()}, b.getI8Type());
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  iterators.push_back(utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, loc, partials.getType(), ValueRange{op.getDpsInputs()[0], window},
      partials,
      ArrayRef<AffineMap>{extend(in, inResults),
                          extend(in, {b.getAffineDimExpr(reduction.loop)}),
                          extend(out, outResults)},
      iterators, [&](OpBuilder &builder, Location loc, ValueRange arguments) {
        cloneBody(builder, loc, *op.getBody(), arguments[0], arguments[2]);
      });
  return generic.getResult(0);
}

/// Partial results by halves: `i` with `i + n / 2`, then of those the same.
static Value emitCombination(OpBuilder &b, const Reduction &reduction,
                             Value partials) {
  linalg::GenericOp op = reduction.op;
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getResult(0).getType());
  Value empty =
      tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
  unsigned rank = type.getRank();
  SmallVector<AffineMap> maps;
  for (int64_t i = 0; i < reduction.partials; ++i)
    maps.push_back(b.getMultiDimIdentityMap(rank).insertResult(
        b.getAffineConstantExpr(i), rank));
  maps.push_back(b.getMultiDimIdentityMap(rank));
  SmallVector<Value> inputs(reduction.partials, partials);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, loc, type, inputs, empty, maps, iterators,
      [&](OpBuilder &builder, Location loc, ValueRange arguments) {
        SmallVector<Value> values(arguments.drop_back());
        while (values.size() > 1) {
          size_t half = values.size() / 2;
          for (size_t i = 0; i < half; ++i)
            values[i] =
                builder
                    .create(loc, reduction.combiner->getName().getIdentifier(),
                            {values[i], values[i + half]},
                            {type.getElementType()},
                            reduction.combiner->getAttrs())
                    ->getResult(0);
          values.resize(half);
        }
        linalg::YieldOp::create(builder, loc, values[0]);
      });
  return generic.getResult(0);
}

/// Whether `init` holds nothing but the neutral element. Every sum starts from
/// +0, so it never is the negative zero that another +0 would change.
static bool isNeutral(Value init, TypedAttr neutral) {
  auto fill = init.getDefiningOp<linalg::FillOp>();
  Attribute value;
  DenseElementsAttr dense;
  if (!fill || !matchPattern(fill.getInputs()[0], m_Constant(&value))) {
    if (!matchPattern(init, m_Constant(&dense)) || !dense.isSplat())
      return false;
    value = dense.getSplatValue<Attribute>();
  }
  auto real = dyn_cast<FloatAttr>(value);
  bool isNaN = real && real.getValue().isNaN();
  return value == neutral ||
         (isNaN && cast<FloatAttr>(neutral).getValue().isNaN());
}

static void split(IRRewriter &rewriter, const Reduction &reduction) {
  linalg::GenericOp op = reduction.op;
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  Value init = op.getDpsInits()[0];
  auto type = cast<RankedTensorType>(init.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.push_back(reduction.partials);
  Value empty =
      tensor::EmptyOp::create(rewriter, loc, shape, type.getElementType());
  Value neutral = arith::ConstantOp::create(rewriter, loc, reduction.neutral);
  Value partials =
      linalg::FillOp::create(rewriter, loc, neutral, empty).getResult(0);
  if (reduction.rest() > 0)
    partials = emitRest(rewriter, reduction, partials);
  partials = emitBlocks(rewriter, reduction, partials);
  Value result = emitCombination(rewriter, reduction, partials);
  if (!isNeutral(init, reduction.neutral)) {
    AffineMap identity = rewriter.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> iterators(type.getRank(),
                                               utils::IteratorType::parallel);
    auto generic = linalg::GenericOp::create(
        rewriter, loc, type, result, init,
        ArrayRef<AffineMap>{identity, identity}, iterators,
        [&](OpBuilder &builder, Location loc, ValueRange arguments) {
          Operation *last = builder.create(
              loc, reduction.combiner->getName().getIdentifier(),
              {arguments[0], arguments[1]}, {type.getElementType()},
              reduction.combiner->getAttrs());
          linalg::YieldOp::create(builder, loc, last->getResult(0));
        });
    result = generic.getResult(0);
  }
  rewriter.replaceOp(op, result);
}

struct SplitReductions : qopt::impl::SplitReductionsBase<SplitReductions> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::ReduceOp> named;
    getOperation().walk([&](linalg::ReduceOp op) { named.push_back(op); });
    for (linalg::ReduceOp op : named) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op);
    }
    SmallVector<Reduction> reductions;
    getOperation().walk([&](linalg::GenericOp op) {
      if (std::optional<Reduction> reduction = matchReduction(op))
        reductions.push_back(*reduction);
    });
    for (const Reduction &reduction : reductions)
      split(rewriter, reduction);
  }
};

} // namespace

Operation *mlir::qopt::getOrderFreeCombiner(linalg::GenericOp op) {
  Block &body = *op.getBody();
  BlockArgument accumulator = body.getArguments().back();
  Operation *combiner = body.getTerminator()->getOperand(0).getDefiningOp();
  if (!combiner || combiner->getNumResults() != 1 || !accumulator.hasOneUse() ||
      *accumulator.user_begin() != combiner ||
      isa<arith::AddFOp, arith::AddIOp>(combiner) || !getNeutral(combiner))
    return nullptr;
  return combiner;
}

bool mlir::qopt::isExtremumOverDims(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || op.getNumDpsInputs() != 1 ||
      op.hasDynamicShape() ||
      !op.getMatchingIndexingMap(op.getDpsInputOperand(0))
           .isProjectedPermutation())
    return false;
  if (!getOrderFreeCombiner(op))
    return false;
  return llvm::count_if(
             llvm::zip(op.getIteratorTypesArray(), op.getStaticLoopRanges()),
             [](auto loop) {
               return std::get<0>(loop) == utils::IteratorType::reduction &&
                      std::get<1>(loop) > 1;
             }) > 1;
}

bool mlir::qopt::isCombination(linalg::GenericOp op) {
  if (op.getNumDpsInits() != 1 || op.getNumDpsInputs() < 2 ||
      op.getNumParallelLoops() != op.getNumLoops() ||
      !llvm::all_equal(op.getDpsInputs()))
    return false;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (map.getNumResults() == 0)
      return false;
    auto entry = dyn_cast<AffineConstantExpr>(map.getResults().back());
    if (!entry || entry.getValue() != operand->getOperandNumber())
      return false;
  }
  return true;
}

bool mlir::qopt::isBlockwise(linalg::GenericOp op) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInputs() == 0 ||
      op.getIteratorTypesArray().back() != utils::IteratorType::parallel)
    return false;
  unsigned lane = op.getNumLoops() - 1;
  int64_t size = op.getStaticLoopRanges()[lane];
  AffineMap in = op.getMatchingIndexingMap(op.getDpsInputOperand(0));
  if (in.getNumResults() == 0)
    return false;
  auto sum = dyn_cast<AffineBinaryOpExpr>(in.getResults().back());
  if (!sum || sum.getKind() != AffineExprKind::Add ||
      sum.getRHS() != getAffineDimExpr(lane, op.getContext()))
    return false;
  auto product = dyn_cast<AffineBinaryOpExpr>(sum.getLHS());
  return product && product.getKind() == AffineExprKind::Mul &&
         product.getRHS() == getAffineConstantExpr(size, op.getContext());
}
