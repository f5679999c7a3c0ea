//===- FuseWeights.cpp - Contractions that read weights as they are stored ===//
//
// A float contraction with quantized weights is bound by the bytes of the
// weights, so these must not become f32 in memory, neither at compile time nor
// at run time. The conversion moves into the body of the contraction, which
// kernels know.
//
//===----------------------------------------------------------------------===//

#include "TargetInfo.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Lowering/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FUSEWEIGHTS
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Constant weights in fewer bits: `f32(stored)`, times a scale where there is
/// one.
struct StoredWeights {
  Value stored;
  /// f32, or null.
  Value scales;
  /// Per axis: the dimension that counts scales. Per group: the dimension that
  /// is cut into groups, each with a scale of its own at each index of the
  /// others; the rank of the scales is that of the weights.
  std::optional<int64_t> axis;
  int64_t groupSize = 0;
};

/// A contraction and the operand that its weights are.
struct Candidate {
  linalg::LinalgOp op;
  OpOperand *operand;
  StoredWeights weights;
};

/// Loops, their kinds and the maps of a generic's operands, as they are
/// rewritten.
struct Loops {
  SmallVector<utils::IteratorType> iterators;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
};

} // namespace

static Value makeScales(OpBuilder &builder, Location loc,
                        ArrayRef<double> scales, bool isPerAxis) {
  SmallVector<float> narrow(scales.begin(), scales.end());
  SmallVector<int64_t> shape;
  if (isPerAxis)
    shape.push_back(narrow.size());
  return arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(RankedTensorType::get(shape, builder.getF32Type()),
                             ArrayRef<float>(narrow)));
}

/// The stored form of `value`, where it is one.
static std::optional<StoredWeights> match(OpBuilder &builder, Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.getElementType().isF32() || !isConstantDerived(value))
    return std::nullopt;
  if (auto groups = value.getDefiningOp<DequantizeGroupsOp>())
    return StoredWeights{groups.getInput(), groups.getScales(),
                         int64_t(groups.getAxis()),
                         int64_t(groups.getGroupSize())};
  if (auto dequantize = value.getDefiningOp<DequantizeOp>()) {
    FailureOr<UniformParams> params = UniformParams::get(dequantize.getType());
    if (failed(params) || !params->isSigned || params->storageWidth != 8 ||
        llvm::any_of(params->zeroPoints, [](int64_t z) { return z != 0; }))
      return std::nullopt;
    return StoredWeights{dequantize.getInput(),
                         makeScales(builder, dequantize.getLoc(),
                                    params->scales, params->isPerAxis()),
                         params->axis};
  }
  // A generic that only extends.
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || generic.getNumDpsInputs() != 1 ||
      generic.getNumParallelLoops() != generic.getNumLoops() ||
      !llvm::all_of(generic.getIndexingMapsArray(),
                    [](AffineMap map) { return map.isIdentity(); }))
    return std::nullopt;
  auto ext = generic.getBody()
                 ->getTerminator()
                 ->getOperand(0)
                 .getDefiningOp<arith::ExtFOp>();
  if (!ext || ext.getIn() != generic.getBody()->getArgument(0))
    return std::nullopt;
  return StoredWeights{generic.getDpsInputs()[0], Value(), std::nullopt};
}

/// Whether `op` multiplies and adds up over a reduction. What stands in its
/// body besides does not matter: only the weights' argument changes.
static bool isReduction(linalg::LinalgOp op) {
  return op.hasPureTensorSemantics() && op.getNumReductionLoops() > 0 &&
         op.getNumDpsInits() == 1 && op.getNumDpsInputs() == 2 &&
         !op.hasDynamicShape() && !op.hasIndexSemantics();
}

/// The position at which `map` has `loop` alone, if it stands nowhere else.
static std::optional<int64_t> getOnlyDim(AffineMap map, unsigned loop) {
  std::optional<int64_t> dim;
  for (auto [position, result] : llvm::enumerate(map.getResults())) {
    if (!result.isFunctionOfDim(loop))
      continue;
    if (dim || !isa<AffineDimExpr>(result))
      return std::nullopt;
    dim = position;
  }
  return dim;
}

/// `value` with zeros behind dimension `dim` up to `size`: as a new constant
/// where it is one.
static FailureOr<Value> padTo(OpBuilder &builder, Location loc, Value value,
                              int64_t dim, int64_t size) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getDimSize(dim) == size)
    return value;
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = size;
  if (!isConstantDerived(value)) {
    SmallVector<OpFoldResult> low(shape.size(), builder.getIndexAttr(0)),
        high(low);
    high[dim] = builder.getIndexAttr(size - type.getDimSize(dim));
    Value zero = arith::ConstantOp::create(
        builder, loc, builder.getZeroAttr(type.getElementType()));
    return Value(tensor::PadOp::create(builder, loc, type.clone(shape), value,
                                       low, high, zero));
  }
  std::optional<ConstantTensor> constant = getConstantTensor(value);
  FailureOr<ConstantValues<int8_t>> from = failure();
  if (constant && constant->map.isIdentity())
    from = readBytes(constant->values);
  if (failed(from))
    return failure();
  int64_t outer = 1, inner = 1;
  for (int64_t extent : type.getShape().take_front(dim))
    outer *= extent;
  for (int64_t extent : type.getShape().drop_front(dim + 1))
    inner *= extent;
  ConstantBuilder padded(type.clone(shape));
  MutableArrayRef<int8_t> to = padded.getMutableData<int8_t>();
  llvm::fill(to, int8_t(0));
  const int64_t run = type.getDimSize(dim) * inner;
  for (int64_t i = 0; i < outer; ++i)
    llvm::copy(ArrayRef<int8_t>(*from).slice(i * run, run),
               to.begin() + i * size * inner);
  return Value(arith::ConstantOp::create(
      builder, loc, cast<TypedAttr>(std::move(padded).finish("weights"))));
}

/// `value` with dimension `dim` as two, the inner one of `size`.
static Value cutDim(OpBuilder &builder, Location loc, Value value, int64_t dim,
                    int64_t size) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape;
  SmallVector<ReassociationIndices> groups;
  for (auto [position, extent] : llvm::enumerate(type.getShape())) {
    ReassociationIndices &group = groups.emplace_back();
    group.push_back(shape.size());
    if (int64_t(position) != dim) {
      shape.push_back(extent);
      continue;
    }
    shape.push_back(extent / size);
    group.push_back(shape.size());
    shape.push_back(size);
  }
  return tensor::ExpandShapeOp::create(builder, loc, type.clone(shape), value,
                                       groups);
}

/// `map` over loops of which `loop` became two, the inner one behind it;
/// results that were `loop` become both. Fails where it is part of a sum.
static AffineMap cutLoop(AffineMap map, unsigned loop) {
  MLIRContext *context = map.getContext();
  SmallVector<AffineExpr> moved;
  for (unsigned dim = 0, e = map.getNumDims(); dim < e; ++dim)
    moved.push_back(getAffineDimExpr(dim + (dim > loop), context));
  SmallVector<AffineExpr> results;
  for (AffineExpr result : map.getResults()) {
    results.push_back(result.replaceDims(moved));
    if (result == getAffineDimExpr(loop, context))
      results.push_back(getAffineDimExpr(loop + 1, context));
  }
  return AffineMap::get(map.getNumDims() + 1, 0, results, context);
}

/// Makes the loop behind the grouped dimension two: over groups, and within
/// one. A last group that is smaller is filled with zeros, which add nothing.
static LogicalResult cutGroups(OpBuilder &builder, Candidate &candidate,
                               unsigned number, Loops &loops) {
  const StoredWeights &weights = candidate.weights;
  AffineMap own = loops.maps[number];
  auto loopExpr = dyn_cast<AffineDimExpr>(own.getResult(*weights.axis));
  if (!loopExpr)
    return failure();
  unsigned loop = loopExpr.getPosition();
  if (loops.iterators[loop] != utils::IteratorType::reduction)
    return failure();
  SmallVector<std::optional<int64_t>> dims;
  for (AffineMap map : loops.maps) {
    dims.push_back(getOnlyDim(map, loop));
    if (!dims.back() && map.isFunctionOfDim(loop))
      return failure();
  }
  Location loc = candidate.op.getLoc();
  auto scalesType = cast<RankedTensorType>(weights.scales.getType());
  const int64_t padded =
      scalesType.getDimSize(*weights.axis) * weights.groupSize;
  for (auto [input, dim] : llvm::zip(loops.inputs, dims)) {
    if (!dim)
      continue;
    FailureOr<Value> filled = padTo(builder, loc, input, *dim, padded);
    if (failed(filled))
      return failure();
    input = cutDim(builder, loc, *filled, *dim, weights.groupSize);
  }
  for (AffineMap &map : loops.maps)
    map = cutLoop(map, loop);
  loops.iterators.insert(loops.iterators.begin() + loop,
                         utils::IteratorType::reduction);
  // Scales do not know the loop within a group.
  SmallVector<AffineExpr> exprs;
  for (AffineExpr expr : loops.maps[number].getResults())
    if (expr != getAffineDimExpr(loop + 1, builder.getContext()))
      exprs.push_back(expr);
  loops.inputs.push_back(weights.scales);
  loops.maps.push_back(
      AffineMap::get(loops.iterators.size(), 0, exprs, builder.getContext()));
  return success();
}

static void fuse(IRRewriter &rewriter, Candidate &candidate) {
  linalg::LinalgOp op = candidate.op;
  const StoredWeights &weights = candidate.weights;
  const unsigned number = candidate.operand->getOperandNumber();
  rewriter.setInsertionPoint(op);
  Loops loops;
  loops.iterators = op.getIteratorTypesArray();
  loops.inputs = llvm::to_vector(op.getDpsInputs());
  loops.inputs[number] = weights.stored;
  loops.maps = op.getIndexingMapsArray();
  AffineMap result = loops.maps.pop_back_val();
  // The result has none of the loops that are cut.
  loops.maps.push_back(result);
  const unsigned numInputs = loops.inputs.size();
  if (weights.groupSize > 0) {
    if (failed(cutGroups(rewriter, candidate, number, loops)))
      return;
  } else if (weights.scales) {
    SmallVector<AffineExpr> exprs;
    if (weights.axis)
      exprs.push_back(loops.maps[number].getResult(*weights.axis));
    loops.inputs.push_back(weights.scales);
    loops.maps.push_back(AffineMap::get(loops.iterators.size(), 0, exprs,
                                        rewriter.getContext()));
  }
  // Inputs, scales, result.
  if (weights.scales)
    std::swap(loops.maps[numInputs], loops.maps.back());

  Block &body = *op.getBlock();
  auto generic = linalg::GenericOp::create(
      rewriter, op.getLoc(), op->getResultTypes(), loops.inputs,
      op.getDpsInits(), loops.maps, loops.iterators,
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        IRMapping mapping;
        for (unsigned input = 0; input < numInputs; ++input)
          mapping.map(body.getArgument(input), arguments[input]);
        mapping.map(body.getArgument(numInputs), arguments.back());
        Value weight = arguments[number];
        if (isa<FloatType>(weight.getType()))
          weight = arith::ExtFOp::create(b, loc, b.getF32Type(), weight);
        else
          weight = arith::SIToFPOp::create(b, loc, b.getF32Type(), weight);
        if (weights.scales)
          weight = arith::MulFOp::create(b, loc, weight, arguments[numInputs]);
        mapping.map(body.getArgument(number), weight);
        for (Operation &inner : body.without_terminator())
          b.clone(inner, mapping);
        linalg::YieldOp::create(
            b, loc,
            mapping.lookupOrDefault(body.getTerminator()->getOperand(0)));
      });
  generic->setDiscardableAttrs(op->getDiscardableAttrDictionary());
  rewriter.replaceOp(op, generic.getResults());
}

namespace {
struct FuseWeights : qopt::impl::FuseWeightsBase<FuseWeights> {
  using FuseWeightsBase::FuseWeightsBase;

  void runOnOperation() override {
    FailureOr<TargetInfo> target = TargetInfo::get(
        getOperation()->getParentOfType<ModuleOp>(), cpu, features);
    if (failed(target))
      return signalPassFailure();
    // Without the instruction, f16 would be a call of the C library a weight.
    const bool hasFloat16 = !target->triple.isX86() || target->has("f16c");
    IRRewriter rewriter(&getContext());
    SmallVector<Candidate> candidates;
    getOperation().walk([&](linalg::LinalgOp op) {
      if (!isReduction(op))
        return;
      for (OpOperand *input : op.getDpsInputOperands()) {
        rewriter.setInsertionPoint(op);
        if (std::optional<StoredWeights> weights =
                match(rewriter, input->get())) {
          if (hasFloat16 ||
              !getElementTypeOrSelf(weights->stored.getType()).isF16())
            candidates.push_back({op, input, *weights});
          return;
        }
      }
    });
    for (Candidate &candidate : candidates)
      fuse(rewriter, candidate);
  }
};
} // namespace
