//===- QuantizeDynamically.cpp - Parameters that are computed at run time -===//
//
// The interface builds the integer form for activations of scale 1 and zero
// point 0, so the type of the accumulator holds the weights' scales alone. What
// the activations' own parameters add stands behind the accumulator, in float.
//
//===----------------------------------------------------------------------===//

#include "Selection.h"
#include "WeightSums.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include <limits>

namespace mlir::qopt {
#define GEN_PASS_DEF_QUANTIZEDYNAMICALLY
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
/// A tensor that an element of the result finds its parameter in: each of its
/// dimensions is indexed by one of `dims`, dimensions of the result, or is of
/// size 1.
struct Parameter {
  Value tensor;
  SmallVector<std::optional<int64_t>> dims;
};

/// A value that another one is, moved: dimension `dims[i]` of it is dimension i
/// of the other, which is of size 1 where there is none.
struct Moved {
  Value source;
  SmallVector<std::optional<int64_t>> dims;

  /// `value` itself.
  static Moved get(Value value) {
    Moved moved{value, {}};
    int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
    for (int64_t dim = 0; dim < rank; ++dim)
      moved.dims.push_back(dim);
    return moved;
  }

  RankedTensorType getType() const {
    return cast<RankedTensorType>(source.getType());
  }
};

/// What stands behind the accumulator.
struct Epilogue {
  /// Factors, multiplied in this order before they scale the accumulator.
  SmallVector<Parameter> scales;
  /// Zero points of the activation and the sums of weights they multiply.
  std::optional<Parameter> zeroPoint, sums;
  /// What the original accumulated on, and how the result indexes it.
  Value init;
  AffineMap initMap;
};

class DynamicQuantizer {
public:
  DynamicQuantizer(QuantizableOpInterface op)
      : op(op), settings(getDynamic(op)), builder(op), loc(op->getLoc()),
        resultType(cast<RankedTensorType>(op->getResult(0).getType())) {}

  /// Replaces the operation, or says in `reason` why not.
  LogicalResult run(std::string &reason);

private:
  bool isSymmetric() const {
    return settings.getSymmetric() || numActivations > 1;
  }
  quant::QuantizedType getUnitType();
  void quantizeActivation(OpOperand &operand);
  LogicalResult takeWeight(OpOperand &operand, std::string &reason);
  LogicalResult takeInit(OpOperand &operand, std::string &reason);
  LogicalResult sumWeights(OpOperand &operand, DequantizeOp weight,
                           std::string &reason);
  Value emitEpilogue(const IntegerForm &form);

  QuantizableOpInterface op;
  DynamicAttr settings;
  OpBuilder builder;
  Location loc;
  RankedTensorType resultType;
  unsigned numActivations = 0;
  SmallVector<Value> operands;
  SmallVector<quant::QuantizedType> types;
  Epilogue epilogue;
};
} // namespace

/// Stored values as they are: scale 1, zero point 0.
quant::QuantizedType DynamicQuantizer::getUnitType() {
  return quant::UniformQuantizedType::get(
      quant::QuantizationFlags::Signed, builder.getI8Type(),
      builder.getF32Type(), /*scale=*/1.0, /*zeroPoint=*/0,
      isSymmetric() ? -127 : -128, 127);
}

/// For each group of a reshape that adds or removes dimensions of size 1 only,
/// the one dimension that is not, or nothing. Fails on other reshapes.
static FailureOr<SmallVector<std::optional<int64_t>>>
getRealDims(ArrayRef<ReassociationIndices> groups, ArrayRef<int64_t> shape) {
  SmallVector<std::optional<int64_t>> dims;
  for (const ReassociationIndices &group : groups) {
    std::optional<int64_t> real;
    for (int64_t dim : group) {
      if (shape[dim] == 1)
        continue;
      if (real)
        return failure();
      real = dim;
    }
    dims.push_back(real);
  }
  return dims;
}

/// Follows transposes, and reshapes of dimensions of size 1, backwards. Returns
/// what stands before the first transpose of all.
static Moved traceMovement(Value value) {
  Moved moved = Moved::get(value), best = moved;
  while (true) {
    Operation *op = moved.source.getDefiningOp();
    SmallVector<std::optional<int64_t>> next;
    if (auto transpose = dyn_cast_or_null<linalg::TransposeOp>(op)) {
      for (int64_t dim : transpose.getPermutation())
        next.push_back(dim);
      moved.source = transpose.getInput();
    } else if (auto expand = dyn_cast_or_null<tensor::ExpandShapeOp>(op)) {
      FailureOr<SmallVector<std::optional<int64_t>>> real = getRealDims(
          expand.getReassociationIndices(), expand.getResultType().getShape());
      if (failed(real))
        return best;
      next.assign(expand.getResultType().getRank(), std::nullopt);
      for (auto [group, dim] : llvm::enumerate(*real))
        if (dim)
          next[*dim] = group;
      moved.source = expand.getSrc();
    } else if (auto collapse = dyn_cast_or_null<tensor::CollapseShapeOp>(op)) {
      FailureOr<SmallVector<std::optional<int64_t>>> real = getRealDims(
          collapse.getReassociationIndices(), collapse.getSrcType().getShape());
      if (failed(real))
        return best;
      next = *real;
      moved.source = collapse.getSrc();
    } else {
      return best;
    }
    for (std::optional<int64_t> &dim : moved.dims)
      dim = dim ? next[*dim] : std::nullopt;
    if (isa<linalg::TransposeOp>(op))
      best = moved;
  }
}

/// Whether the innermost dimension of `type` that is not of size 1 is none of
/// `kept`: parameters then come from contiguous values.
static bool reducesInnermost(RankedTensorType type, ArrayRef<int64_t> kept) {
  for (int64_t dim = type.getRank() - 1; dim >= 0; --dim)
    if (type.getDimSize(dim) != 1)
      return !llvm::is_contained(kept, dim);
  return true;
}

/// `stored`, which has the shape of the source, moved as the source was: loses
/// dimensions of size 1, is transposed, and gets such dimensions again.
static Value moveLike(OpBuilder &builder, Location loc, Value stored,
                      const Moved &moved, ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(stored.getType());
  SmallVector<int64_t> real, reduced, permutation, permuted;
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (size != 1) {
      real.push_back(dim);
      reduced.push_back(size);
    }
  for (auto [dim, size] : llvm::enumerate(shape))
    if (size != 1) {
      permutation.push_back(llvm::find(real, *moved.dims[dim]) - real.begin());
      permuted.push_back(size);
    }
  if (reduced.size() != type.getShape().size())
    stored = tensor::CollapseShapeOp::create(
        builder, loc, type.clone(reduced), stored,
        *getReassociationIndicesForCollapse(type.getShape(), reduced));
  if (!llvm::is_sorted(permutation)) {
    Value empty =
        tensor::EmptyOp::create(builder, loc, permuted, type.getElementType());
    stored =
        linalg::TransposeOp::create(builder, loc, stored, empty, permutation)
            ->getResult(0);
  }
  if (permuted.size() != shape.size())
    stored = tensor::ExpandShapeOp::create(
        builder, loc, type.clone(shape), stored,
        *getReassociationIndicesForCollapse(shape, permuted));
  return stored;
}

/// Where the parameters of `operand` are indexed: `kept` dimensions of
/// `moved.source` and the dimensions of the result that run along with them, in
/// the result's order, so that neighbouring columns have neighbouring scales.
static void alignDims(ArrayRef<std::pair<int64_t, int64_t>> shared,
                      const Moved &moved, SmallVectorImpl<int64_t> &kept,
                      SmallVectorImpl<std::optional<int64_t>> &dims) {
  SmallVector<std::pair<int64_t, int64_t>> pairs;
  for (auto [own, result] : shared)
    if (std::optional<int64_t> dim = moved.dims[own])
      pairs.emplace_back(result, *dim);
  llvm::sort(pairs);
  kept.clear();
  dims.clear();
  for (auto [result, dim] : pairs) {
    kept.push_back(dim);
    dims.push_back(result);
  }
}

void DynamicQuantizer::quantizeActivation(OpOperand &operand) {
  Location loc = operand.get().getLoc();
  auto type = cast<RankedTensorType>(operand.get().getType());
  SmallVector<std::pair<int64_t, int64_t>> shared;
  if (settings.getGranularity() == Granularity::Row)
    shared = op.getSharedDims(operand);
  // Where values were computed, their rows are contiguous, and bytes are
  // cheaper to move than floats; unless it was the movement that made them so.
  Moved here = Moved::get(operand.get()), moved = traceMovement(operand.get());
  SmallVector<int64_t> keptHere, kept, sizes;
  SmallVector<std::optional<int64_t>> dims;
  alignDims(shared, moved, kept, dims);
  bool wasContiguous = reducesInnermost(moved.getType(), kept);
  alignDims(shared, here, keptHere, dims);
  if (reducesInnermost(type, keptHere) && !wasContiguous)
    moved = here;
  alignDims(shared, moved, kept, dims);
  for (int64_t dim : kept)
    sizes.push_back(moved.getType().getDimSize(dim));
  SmallVector<Type> results = {
      moved.getType().clone(builder.getI8Type()),
      RankedTensorType::get(sizes, builder.getF32Type())};
  if (!isSymmetric())
    results.push_back(RankedTensorType::get(sizes, builder.getI32Type()));
  auto quantize = QuantizeDynamicOp::create(builder, loc, results, moved.source,
                                            builder.getDenseI64ArrayAttr(kept),
                                            NumericsAttr());
  Value stored = quantize.getResult();
  if (moved.source != operand.get())
    stored = moveLike(builder, loc, stored, moved, type.getShape());
  operands[operand.getOperandNumber()] = stored;
  types[operand.getOperandNumber()] = getUnitType();
  epilogue.scales.push_back({quantize.getScales(), dims});
  if (Value zeroPoints = quantize.getZeroPoints())
    epilogue.zeroPoint = Parameter{zeroPoints, dims};
}

LogicalResult DynamicQuantizer::takeWeight(OpOperand &operand,
                                           std::string &reason) {
  auto weight = operand.get().getDefiningOp<DequantizeOp>();
  if (!weight) {
    reason = "its weights are not quantized";
    return failure();
  }
  operands[operand.getOperandNumber()] = weight.getInput();
  types[operand.getOperandNumber()] = weight.getType();
  return isSymmetric() ? success() : sumWeights(operand, weight, reason);
}

/// The sums of weights that a zero point multiplies, by the dimensions of the
/// weights that the result has too.
LogicalResult DynamicQuantizer::sumWeights(OpOperand &operand,
                                           DequantizeOp weight,
                                           std::string &reason) {
  FailureOr<WeightSums> weightSums =
      qopt::sumWeights(op, operand, weight.getInput());
  if (failed(weightSums)) {
    reason = "its weights cannot be summed at compile time";
    return failure();
  }
  // Stored values less their zero point span 255 either way.
  if (weightSums->getReach(-255, 255) > std::numeric_limits<int32_t>::max()) {
    reason = "its i32 accumulator could overflow with these weights";
    return failure();
  }
  SmallVector<int32_t> narrow;
  for (size_t i = 0; i < weightSums->positives.size(); ++i)
    narrow.push_back(int32_t(weightSums->getTotal(i)));
  auto sumsType =
      RankedTensorType::get(weightSums->sizes, builder.getI32Type());
  Value tensor = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(sumsType, ArrayRef<int32_t>(narrow)));
  SmallVector<std::optional<int64_t>> dims(weightSums->dims.begin(),
                                           weightSums->dims.end());
  epilogue.sums = Parameter{tensor, dims};
  return success();
}

/// The accumulator starts at 0; what it started at is added in float.
LogicalResult DynamicQuantizer::takeInit(OpOperand &operand,
                                         std::string &reason) {
  Value init = operand.get();
  std::optional<double> splat = getSplatConstant(init);
  if (splat && *splat == 0.0)
    return success();
  if (init.getType() != resultType) {
    reason = "its initial value has another shape than its result";
    return failure();
  }
  operands[operand.getOperandNumber()] = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(resultType,
                             builder.getZeroAttr(resultType.getElementType())));
  epilogue.init = init;
  epilogue.initMap = builder.getMultiDimIdentityMap(resultType.getRank());
  // A bias is read where it is, not from a copy a row.
  if (std::optional<ConstantTensor> constant = getConstantTensor(init)) {
    epilogue.init = arith::ConstantOp::create(
        builder, loc, cast<TypedAttr>(constant->values));
    epilogue.initMap = constant->map;
  }
  return success();
}

Value DynamicQuantizer::emitEpilogue(const IntegerForm &form) {
  int64_t rank = resultType.getRank();
  MLIRContext *context = builder.getContext();
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  auto addInput = [&](Value value, AffineMap map) {
    inputs.push_back(value);
    maps.push_back(map);
    return unsigned(inputs.size() - 1);
  };
  auto addParameter = [&](const Parameter &parameter) {
    SmallVector<AffineExpr> exprs;
    for (std::optional<int64_t> dim : parameter.dims)
      exprs.push_back(dim ? builder.getAffineDimExpr(*dim)
                          : builder.getAffineConstantExpr(0));
    return addInput(parameter.tensor, AffineMap::get(rank, 0, exprs, context));
  };
  AffineMap identity = builder.getMultiDimIdentityMap(rank);
  addInput(form.value, identity);

  // The weights' scales, which are 1 for a product of activations.
  UniformParams weights = *UniformParams::get(form.type);
  if (weights.isPerAxis() ||
      llvm::any_of(weights.scales, [](double scale) { return scale != 1.0; })) {
    SmallVector<float> scales(weights.scales.begin(), weights.scales.end());
    SmallVector<int64_t> sizes;
    SmallVector<std::optional<int64_t>> dims;
    if (weights.isPerAxis()) {
      sizes = {int64_t(scales.size())};
      dims = {*weights.axis};
    }
    Value tensor = arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(
            RankedTensorType::get(sizes, builder.getF32Type()),
            ArrayRef<float>(scales)));
    epilogue.scales.push_back({tensor, dims});
  }
  SmallVector<unsigned> scales;
  for (const Parameter &scale : epilogue.scales)
    scales.push_back(addParameter(scale));
  std::optional<unsigned> zeroPoint, sums, init;
  if (epilogue.zeroPoint && epilogue.sums) {
    zeroPoint = addParameter(*epilogue.zeroPoint);
    sums = addParameter(*epilogue.sums);
  }
  if (epilogue.init)
    init = addInput(epilogue.init, epilogue.initMap);

  Value empty = tensor::EmptyOp::create(builder, loc, resultType.getShape(),
                                        resultType.getElementType());
  maps.push_back(identity);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      builder, loc, resultType, inputs, empty, maps, iterators,
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        Value sum = arguments[0];
        if (zeroPoint) {
          Value term = arith::MulIOp::create(b, loc, arguments[*zeroPoint],
                                             arguments[*sums]);
          sum = arith::SubIOp::create(b, loc, sum, term);
        }
        Value real = arith::SIToFPOp::create(b, loc, b.getF32Type(), sum);
        Value factor = arguments[scales.front()];
        for (unsigned scale : ArrayRef(scales).drop_front())
          factor = arith::MulFOp::create(b, loc, factor, arguments[scale]);
        real = arith::MulFOp::create(b, loc, real, factor);
        if (init)
          real = arith::AddFOp::create(b, loc, real, arguments[*init]);
        linalg::YieldOp::create(b, loc, real);
      });
  return generic.getResult(0);
}

LogicalResult DynamicQuantizer::run(std::string &reason) {
  if (!resultType.getElementType().isF32()) {
    reason = "its values are not f32, which dynamic quantization takes";
    return failure();
  }
  operands.assign(op->getOperands().begin(), op->getOperands().end());
  types.assign(op->getNumOperands(), {});
  numActivations = llvm::count_if(op->getOpOperands(), isActivation);
  for (OpOperand &operand : op->getOpOperands()) {
    switch (op.getOperandKind(operand)) {
    case OperandKind::Activation:
      quantizeActivation(operand);
      break;
    case OperandKind::Weight:
      if (failed(takeWeight(operand, reason)))
        return failure();
      break;
    case OperandKind::Accumulator:
      if (failed(takeInit(operand, reason)))
        return failure();
      break;
    case OperandKind::Ignored:
      break;
    }
  }
  FailureOr<IntegerForm> form =
      op.buildIntegerForm(builder, operands, types, reason);
  if (failed(form))
    return failure();
  Value real = emitEpilogue(*form);
  StringRef nameAttr = QOptDialect::getNameAttrName();
  if (Attribute name = op->getAttr(nameAttr)) {
    form->value.getDefiningOp()->setAttr(nameAttr, name);
    real.getDefiningOp()->setAttr(nameAttr, name);
  }
  form->value.getDefiningOp()->removeAttr(QOptDialect::getDynamicAttrName());
  op->getResult(0).replaceAllUsesWith(real);
  op->erase();
  return success();
}

namespace {
struct QuantizeDynamically
    : qopt::impl::QuantizeDynamicallyBase<QuantizeDynamically> {
  void runOnOperation() override {
    SmallVector<QuantizableOpInterface> selected;
    getOperation().walk([&](QuantizableOpInterface op) {
      if (isDynamic(op))
        selected.push_back(op);
    });
    for (QuantizableOpInterface op : selected) {
      std::string reason;
      if (failed(DynamicQuantizer(op).run(reason)))
        markFloat(op, reason);
    }
  }
};
} // namespace
