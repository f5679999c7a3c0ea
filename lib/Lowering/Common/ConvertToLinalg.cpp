//===- ConvertToLinalg.cpp - Spell conversions as linalg and arith --------===//
//
// Two rewrites: a conversion on tensors becomes a generic over its elements,
// with per-axis parameters as constant operands; a conversion on scalars or
// vectors becomes arithmetic with constant parameters. Both end in QuantArith.
//
//===----------------------------------------------------------------------===//

#include "../CPU/TargetInfo.h"
#include "ConvertDynamic.h"
#include "ConvertSoftmax.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Lowering/CPU/Passes.h"
#include "quantopt/Lowering/Common/QuantArith.h"
#include "quantopt/Support/QuantMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_CONVERTTOLINALG
#include "quantopt/Lowering/CPU/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {

//===----------------------------------------------------------------------===//
// Parameters: one number, or one a channel
//===----------------------------------------------------------------------===//

/// One parameter of a conversion: a number per tensor or per index of an axis,
/// to be read as an element of type `element`.
struct Parameter {
  Type element;
  SmallVector<double> values;

  bool isZero() const {
    return llvm::all_of(values, [](double value) { return value == 0.0; });
  }
  bool isUniform() const { return llvm::all_equal(values); }
};

/// The parameters of one conversion and what to emit from them.
struct Conversion {
  std::optional<int64_t> axis;
  SmallVector<Parameter> parameters;
  /// Emits the body on scalars or vectors. A parameter that is zero throughout
  /// comes as a null value where the formula leaves it out.
  std::function<Value(OpBuilder &, Location, Value, ArrayRef<Value>)> emit;
};

static Parameter realParameter(Type element, ArrayRef<double> values) {
  return {element, SmallVector<double>(values)};
}

static Parameter integerParameter(Type element, ArrayRef<int64_t> values) {
  return {element, llvm::map_to_vector(values, [](int64_t value) {
            return static_cast<double>(value);
          })};
}

static StorageRange rangeOf(const UniformParams &params) {
  return {params.storageMin, params.storageMax, params.isSigned};
}

static Conversion describe(QuantizeOp op) {
  UniformParams params = *UniformParams::get(op.getType());
  StorageRange range = rangeOf(params);
  Type storage = getElementTypeOrSelf(op.getResult());
  Builder b(op.getContext());
  Type real = quantizesInDouble(range) ? Type(b.getF64Type()) : b.getF32Type();
  Rounding rounding = getNumerics(op).getRounding();
  return {params.axis,
          {realParameter(real, params.scales),
           integerParameter(real, params.zeroPoints)},
          [=](OpBuilder &builder, Location loc, Value x, ArrayRef<Value> p) {
            return emitQuantize(builder, loc, x, p[0], p[1], range, storage,
                                rounding);
          }};
}

static Conversion describe(DequantizeOp op) {
  UniformParams params = *UniformParams::get(op.getType());
  Type expressed = getElementTypeOrSelf(op.getResult());
  Builder b(op.getContext());
  return {params.axis,
          {realParameter(b.getF32Type(), params.scales),
           integerParameter(b.getI32Type(), params.zeroPoints)},
          [=](OpBuilder &builder, Location loc, Value q, ArrayRef<Value> p) {
            return emitDequantize(builder, loc, q, p[0], p[1], params.isSigned,
                                  expressed);
          }};
}

static Conversion describe(FakeQuantOp op) {
  UniformParams params = *UniformParams::get(op.getType());
  StorageRange range = rangeOf(params);
  Type expressed = getElementTypeOrSelf(op.getResult());
  Builder b(op.getContext());
  Type real = quantizesInDouble(range) ? Type(b.getF64Type()) : b.getF32Type();
  Type storage = op.getType().getStorageType();
  Rounding rounding = getNumerics(op).getRounding();
  return {params.axis,
          {realParameter(real, params.scales),
           integerParameter(real, params.zeroPoints),
           realParameter(b.getF32Type(), params.scales),
           integerParameter(b.getI32Type(), params.zeroPoints)},
          [=](OpBuilder &builder, Location loc, Value x, ArrayRef<Value> p) {
            Value q = emitQuantize(builder, loc, x, p[0], p[1], range, storage,
                                   rounding);
            return emitDequantize(builder, loc, q, p[2], p[3], params.isSigned,
                                  expressed);
          }};
}

/// Requantization has its axis on either side; both sides are brought to one
/// entry per index of it.
static FailureOr<Conversion> describe(RequantizeOp op) {
  UniformParams from = *UniformParams::get(op.getFrom());
  UniformParams to = *UniformParams::get(op.getTo());
  if (from.axis && to.axis && from.axis != to.axis)
    return op.emitOpError("converts between parameters along axis ")
           << *from.axis << " and along axis " << *to.axis
           << "; requantize to per-tensor parameters first";
  size_t count = std::max(from.scales.size(), to.scales.size());
  auto at = [](const auto &values, size_t index) {
    return values[values.size() == 1 ? 0 : index];
  };

  Builder b(op.getContext());
  NumericsAttr numerics = getNumerics(op);
  SmallVector<double> multipliers, mantissas, shifts;
  bool isDouble = numerics.getMultiplier() == Multiplier::Q31Double;
  for (size_t i = 0; i < count; ++i) {
    double fromScale = at(from.scales, i), toScale = at(to.scales, i);
    multipliers.push_back(quantopt::requantMultiplier(fromScale, toScale));
    if (!std::isfinite(multipliers.back()))
      return op.emitOpError("rescales by ")
             << fromScale << " / " << toScale
             << ", which is no finite f32; choose scales that are closer";
    quantopt::FixedPointMultiplier fixed = quantopt::decompose(
        fromScale / toScale, isDouble ? quantopt::FixedPointRounding::Double
                                      : quantopt::FixedPointRounding::Single);
    mantissas.push_back(fixed.mantissa);
    shifts.push_back(fixed.exponent);
  }
  StorageRange range = rangeOf(to);
  Type storage = getElementTypeOrSelf(op.getResult());
  std::optional<int64_t> axis = from.axis ? from.axis : to.axis;
  Parameter fromZero = integerParameter(b.getI32Type(), from.zeroPoints);
  bool isSigned = from.isSigned;

  if (numerics.getMultiplier() == Multiplier::F32) {
    Rounding rounding = numerics.getRounding();
    return Conversion{
        axis,
        {realParameter(b.getF32Type(), multipliers), fromZero,
         integerParameter(b.getF32Type(), to.zeroPoints)},
        [=](OpBuilder &builder, Location loc, Value q, ArrayRef<Value> p) {
          return emitRequantizeF32(builder, loc, q, p[1], p[0], p[2], isSigned,
                                   range, storage, rounding);
        }};
  }
  Multiplier mode = numerics.getMultiplier();
  return Conversion{
      axis,
      {realParameter(b.getI32Type(), mantissas), fromZero,
       integerParameter(b.getI32Type(), to.zeroPoints),
       realParameter(b.getI32Type(), shifts)},
      [=](OpBuilder &builder, Location loc, Value q, ArrayRef<Value> p) {
        Value shift = p[3];
        if (!shift)
          shift = emitConstant(builder, loc, p[0].getType(), int64_t(0));
        return emitRequantizeQ31(builder, loc, q, p[1], p[0], shift, p[2],
                                 isSigned, range, storage, mode);
      }};
}

static FailureOr<Conversion> describeAny(Operation *op) {
  if (auto quantize = dyn_cast<QuantizeOp>(op))
    return describe(quantize);
  if (auto dequantize = dyn_cast<DequantizeOp>(op))
    return describe(dequantize);
  if (auto fake = dyn_cast<FakeQuantOp>(op))
    return describe(fake);
  return describe(cast<RequantizeOp>(op));
}

//===----------------------------------------------------------------------===//
// Emission
//===----------------------------------------------------------------------===//

static Type shapedLike(Type like, Type element) {
  if (auto vector = dyn_cast<VectorType>(like))
    return vector.clone(element);
  return element;
}

/// A number as a constant in the shape of `like`.
static Value emitParameter(OpBuilder &builder, Location loc, Type like,
                           const Parameter &parameter) {
  Type type = shapedLike(like, parameter.element);
  double value = parameter.values.front();
  if (isa<FloatType>(parameter.element))
    return emitConstant(builder, loc, type, value);
  return emitConstant(builder, loc, type, static_cast<int64_t>(value));
}

static DenseElementsAttr tableOf(const Parameter &parameter) {
  auto type = RankedTensorType::get(
      {static_cast<int64_t>(parameter.values.size())}, parameter.element);
  SmallVector<Attribute> elements;
  Builder b(type.getContext());
  for (double value : parameter.values) {
    if (isa<FloatType>(parameter.element))
      elements.push_back(b.getFloatAttr(parameter.element, value));
    else
      elements.push_back(
          b.getIntegerAttr(parameter.element, static_cast<int64_t>(value)));
  }
  return DenseElementsAttr::get(type, elements);
}

/// Builds `linalg.generic` over the elements of `input`; `operands` are the
/// parameters that differ along `axis`.
static Value
buildElementwise(PatternRewriter &rewriter, Location loc, Value input,
                 Type resultElement, ArrayRef<Value> operands, int64_t axis,
                 function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
  auto type = cast<RankedTensorType>(input.getType());
  int64_t rank = type.getRank();
  AffineMap identity = rewriter.getMultiDimIdentityMap(rank);
  SmallVector<AffineMap> maps = {identity};
  SmallVector<Value> inputs = {input};
  for (Value operand : operands) {
    inputs.push_back(operand);
    maps.push_back(AffineMap::get(rank, 0, rewriter.getAffineDimExpr(axis)));
  }
  maps.push_back(identity);
  Value empty =
      tensor::EmptyOp::create(rewriter, loc, type.getShape(), resultElement);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      rewriter, loc, empty.getType(), inputs, empty, maps, iterators,
      [&](OpBuilder &builder, Location bodyLoc, ValueRange args) {
        linalg::YieldOp::create(builder, bodyLoc, body(builder, bodyLoc, args));
      });
  return generic.getResult(0);
}

/// A conversion on a tensor: parameters that differ become operands.
static Value emitOnTensor(PatternRewriter &rewriter, Operation *op,
                          const Conversion &conversion) {
  Location loc = op->getLoc();
  Value input = op->getOperand(0);
  SmallVector<Value> operands;
  SmallVector<int> operandOf(conversion.parameters.size(), -1);
  for (auto [index, parameter] : llvm::enumerate(conversion.parameters)) {
    if (parameter.isUniform())
      continue;
    operands.push_back(
        arith::ConstantOp::create(rewriter, loc, tableOf(parameter)));
    operandOf[index] = operands.size();
  }
  return buildElementwise(
      rewriter, loc, input, getElementTypeOrSelf(op->getResult(0)), operands,
      conversion.axis.value_or(0),
      [&](OpBuilder &builder, Location bodyLoc, ValueRange args) {
        SmallVector<Value> parameters;
        for (auto [index, parameter] : llvm::enumerate(conversion.parameters)) {
          if (operandOf[index] >= 0)
            parameters.push_back(args[operandOf[index]]);
          else if (parameter.isZero())
            parameters.push_back(Value());
          else
            parameters.push_back(
                emitParameter(builder, bodyLoc, args[0].getType(), parameter));
        }
        // A multiplier of zero is a value like any other.
        if (!parameters[0])
          parameters[0] = emitParameter(builder, bodyLoc, args[0].getType(),
                                        conversion.parameters[0]);
        return conversion.emit(builder, bodyLoc, args[0], parameters);
      });
}

static Value emitOnScalar(PatternRewriter &rewriter, Operation *op,
                          const Conversion &conversion) {
  Value input = op->getOperand(0);
  SmallVector<Value> parameters;
  for (auto [index, parameter] : llvm::enumerate(conversion.parameters)) {
    if (index != 0 && parameter.isZero())
      parameters.push_back(Value());
    else
      parameters.push_back(
          emitParameter(rewriter, op->getLoc(), input.getType(), parameter));
  }
  return conversion.emit(rewriter, op->getLoc(), input, parameters);
}

template <typename OpTy>
struct ConvertConversion : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    FailureOr<Conversion> conversion = describeAny(op);
    if (failed(conversion))
      return failure();
    Value result = isa<TensorType>(op->getOperand(0).getType())
                       ? emitOnTensor(rewriter, op, *conversion)
                       : emitOnScalar(rewriter, op, *conversion);
    rewriter.replaceOp(op, result);
    return success();
  }
};

struct ConvertDequantizeGroups : OpRewritePattern<DequantizeGroupsOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DequantizeGroupsOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getResult().getType();
    const int64_t rank = type.getRank();
    AffineMap identity = rewriter.getMultiDimIdentityMap(rank);
    SmallVector<AffineExpr> exprs(identity.getResults());
    exprs[op.getAxis()] = exprs[op.getAxis()].floorDiv(op.getGroupSize());
    AffineMap groups = AffineMap::get(rank, 0, exprs, rewriter.getContext());
    Value empty = tensor::EmptyOp::create(
        rewriter, op.getLoc(), type.getShape(), type.getElementType());
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::parallel);
    rewriter.replaceOpWithNewOp<linalg::GenericOp>(
        op, type, ValueRange{op.getInput(), op.getScales()}, empty,
        ArrayRef<AffineMap>{identity, groups, identity}, iterators,
        [&](OpBuilder &b, Location loc, ValueRange arguments) {
          Value real =
              arith::SIToFPOp::create(b, loc, b.getF32Type(), arguments[0]);
          linalg::YieldOp::create(
              b, loc,
              arith::MulFOp::create(b, loc, real, arguments[1]).getResult());
        });
    return success();
  }
};

/// Reads entry u8(q) of `table`.
static Value emitLookup(OpBuilder &builder, Location loc, Value q,
                        Value table) {
  Value index =
      arith::IndexCastUIOp::create(builder, loc, builder.getIndexType(), q);
  return tensor::ExtractOp::create(builder, loc, table, ValueRange{index});
}

struct ConvertLookup : OpRewritePattern<LookupOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(LookupOp op,
                                PatternRewriter &rewriter) const override {
    if (isa<VectorType>(op.getInput().getType()))
      return failure();
    Location loc = op.getLoc();
    // The table stands outside of the generic that reads it.
    Operation *anchor = op;
    while (auto generic = anchor->getParentOfType<linalg::LinalgOp>())
      anchor = generic;
    rewriter.setInsertionPoint(anchor);
    Value table = arith::ConstantOp::create(rewriter, loc,
                                            cast<TypedAttr>(op.getTable()));
    rewriter.setInsertionPoint(op);
    Value result;
    if (isa<TensorType>(op.getInput().getType()))
      result = buildElementwise(
          rewriter, loc, op.getInput(), getElementTypeOrSelf(op.getResult()),
          {}, 0, [&](OpBuilder &builder, Location bodyLoc, ValueRange args) {
            return emitLookup(builder, bodyLoc, args[0], table);
          });
    else
      result = emitLookup(rewriter, loc, op.getInput(), table);
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// Reads the source at the coordinates that the indices hold. As for the
/// operation, coordinates beyond the source are undefined.
struct ConvertGather : OpRewritePattern<tensor::GatherOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::GatherOp op,
                                PatternRewriter &rewriter) const override {
    RankedTensorType type = op.getResultType();
    const int64_t rank = type.getRank(),
                  sourceRank = op.getSourceType().getRank();
    // The last dimension of the indices holds a coordinate for each gathered
    // dimension of the source; the others are the result's first ones.
    const int64_t batch = op.getIndicesType().getRank() - 1;
    ArrayRef<int64_t> gathered = op.getGatherDims();
    SmallVector<AffineMap> maps;
    for (int64_t k = 0, end = gathered.size(); k < end; ++k) {
      SmallVector<AffineExpr> at;
      for (int64_t dim = 0; dim < batch; ++dim)
        at.push_back(rewriter.getAffineDimExpr(dim));
      at.push_back(rewriter.getAffineConstantExpr(k));
      maps.push_back(AffineMap::get(rank, 0, at, rewriter.getContext()));
    }
    maps.push_back(rewriter.getMultiDimIdentityMap(rank));
    SmallVector<Value> inputs(gathered.size(), op.getIndices());
    // A result of lower rank leaves the gathered dimensions out.
    const bool keepsDims = rank == batch + sourceRank;
    Value empty = tensor::EmptyOp::create(
        rewriter, op.getLoc(), type.getShape(), type.getElementType());
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::parallel);
    rewriter.replaceOpWithNewOp<linalg::GenericOp>(
        op, type, inputs, empty, maps, iterators,
        [&](OpBuilder &b, Location loc, ValueRange arguments) {
          SmallVector<Value> at;
          int64_t next = batch;
          for (int64_t dim = 0; dim < sourceRank; ++dim) {
            const auto *found = llvm::find(gathered, dim);
            if (found == gathered.end()) {
              at.push_back(linalg::IndexOp::create(b, loc, next++));
              continue;
            }
            next += keepsDims;
            Value coordinate = arguments[found - gathered.begin()];
            if (!coordinate.getType().isIndex())
              coordinate = arith::IndexCastOp::create(b, loc, b.getIndexType(),
                                                      coordinate);
            at.push_back(coordinate);
          }
          Value element = tensor::ExtractOp::create(b, loc, op.getSource(), at);
          linalg::YieldOp::create(b, loc, element);
        });
    return success();
  }
};

/// Reads the input at the listed positions. As for the operation, positions
/// beyond the input are undefined.
struct ConvertTake : OpRewritePattern<TakeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TakeOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getResult().getType());
    const int64_t rank = type.getRank();
    SmallVector<AffineMap> maps;
    for (int64_t dim : op.getDims())
      maps.push_back(AffineMap::get(rank, 0, rewriter.getAffineDimExpr(dim)));
    maps.push_back(rewriter.getMultiDimIdentityMap(rank));
    Value empty = tensor::EmptyOp::create(
        rewriter, op.getLoc(), type.getShape(), type.getElementType());
    SmallVector<utils::IteratorType> iterators(rank,
                                               utils::IteratorType::parallel);
    rewriter.replaceOpWithNewOp<linalg::GenericOp>(
        op, type, op.getPositions(), empty, maps, iterators,
        [&](OpBuilder &b, Location loc, ValueRange arguments) {
          SmallVector<Value> at;
          size_t next = 0;
          for (int64_t dim = 0; dim < rank; ++dim) {
            const bool isListed = llvm::is_contained(op.getDims(), dim);
            at.push_back(
                isListed ? arith::IndexCastOp::create(b, loc, b.getIndexType(),
                                                      arguments[next++])
                               .getResult()
                         : linalg::IndexOp::create(b, loc, dim).getResult());
          }
          Value element = tensor::ExtractOp::create(b, loc, op.getInput(), at);
          linalg::YieldOp::create(b, loc, element);
        });
    return success();
  }
};

struct DecomposeAggregated
    : OpInterfaceRewritePattern<linalg::AggregatedOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(linalg::AggregatedOpInterface op,
                                PatternRewriter &rewriter) const override {
    FailureOr<SmallVector<Value>> values = op.decomposeOperation(rewriter);
    if (failed(values))
      return failure();
    rewriter.replaceOp(op, *values);
    return success();
  }
};

/// Every tensor of the program has a static shape: buffers are planned at
/// compile time.
static LogicalResult verifyStaticShapes(ModuleOp module) {
  WalkResult walk = module.walk([](Operation *op) {
    for (Type type : op->getResultTypes())
      if (auto shaped = dyn_cast<ShapedType>(type);
          shaped && (!shaped.hasRank() || !shaped.hasStaticShape())) {
        op->emitOpError("has a result of dynamic shape ")
            << type
            << "; buffers are planned at compile time, so export the model "
               "with static shapes";
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  return failure(walk.wasInterrupted());
}

/// Reports conversions that have no arithmetic before anything is rewritten.
static LogicalResult verifyConversions(ModuleOp module) {
  WalkResult walk = module.walk([](RequantizeOp op) {
    return succeeded(describe(op)) ? WalkResult::advance()
                                   : WalkResult::interrupt();
  });
  return failure(walk.wasInterrupted());
}

struct ConvertToLinalg : qopt::impl::ConvertToLinalgBase<ConvertToLinalg> {
  using ConvertToLinalgBase::ConvertToLinalgBase;

  void runOnOperation() override {
    if (failed(verifyStaticShapes(getOperation())) ||
        failed(verifyConversions(getOperation())))
      return signalPassFailure();
    bool hasFMA = false;
    if (!cpu.empty()) {
      FailureOr<TargetInfo> target =
          TargetInfo::get(getOperation(), cpu, features);
      if (failed(target))
        return signalPassFailure();
      hasFMA = target->hasFMA();
    }
    RewritePatternSet patterns(&getContext());
    patterns
        .add<ConvertConversion<QuantizeOp>, ConvertConversion<DequantizeOp>,
             ConvertConversion<RequantizeOp>, ConvertConversion<FakeQuantOp>,
             ConvertDequantizeGroups, ConvertLookup, ConvertGather, ConvertTake,
             DecomposeAggregated>(&getContext());
    populateConvertDynamicPatterns(patterns, hasFMA);
    populateConvertSoftmaxPatterns(patterns, hasFMA);
    GreedyRewriteConfig config;
    config.enableFolding(false);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    WalkResult left = getOperation().walk([](Operation *op) {
      if (!isa<QuantizeOp, DequantizeOp, RequantizeOp, FakeQuantOp, LookupOp,
               QuantizeDynamicOp, DequantizeGroupsOp, TakeOp>(op))
        return WalkResult::advance();
      op->emitOpError("could not be converted to arithmetic");
      return WalkResult::interrupt();
    });
    if (left.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
