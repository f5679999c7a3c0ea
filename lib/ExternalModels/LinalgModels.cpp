//===- LinalgModels.cpp - What linalg operations want ---------------------===//

#include "LinalgContraction.h"
#include "quantopt/Analysis/Clamp.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Analysis/ElementwiseBody.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/ExternalModels/ExternalModels.h"
#include "quantopt/Support/QuantMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace mlir::qopt;

//===----------------------------------------------------------------------===//
// Roles
//===----------------------------------------------------------------------===//

static bool isFloatTensor(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && isa<FloatType>(type.getElementType());
}

/// Whether `op` reads `input` with fewer indices than it has loops, that is,
/// broadcasts it along a loop of more than one iteration.
static bool isBroadcast(linalg::LinalgOp op, OpOperand &input) {
  AffineMap map = op.getMatchingIndexingMap(&input);
  for (auto [loop, size] : llvm::enumerate(op.getStaticLoopRanges()))
    if (size != 1 && !map.isFunctionOfDim(loop))
      return true;
  return false;
}

/// Whether `value` is a statistic of activations: a reduction, seen through
/// elementwise operations and reshapes, with no weights in between. Softmax and
/// normalisations divide by such values; a gate (squeeze and excitation) goes
/// through weights and is none.
static bool isStatistic(Value value) {
  SmallVector<Value> worklist = {value};
  llvm::SmallPtrSet<Operation *, 8> seen;
  while (!worklist.empty() && seen.size() < 64) {
    Operation *op = worklist.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
      if (linalgOp.getNumReductionLoops() > 0) {
        if (classifyReduction(linalgOp) == ReductionKind::MulAdd)
          continue;
        return true;
      }
      // Only what is read with the same broadcast is a path of the statistic.
      llvm::append_range(worklist, linalgOp.getDpsInputs());
      continue;
    }
    if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, ObserveOp,
            tensor::CastOp>(op))
      worklist.push_back(op->getOperand(0));
  }
  return false;
}

/// Whether `op` normalises: combines a value with a broadcast statistic.
static bool isNormalization(linalg::LinalgOp op) {
  for (OpOperand *input : op.getDpsInputOperands())
    if (isBroadcast(op, *input) && !isConstantDerived(input->get()) &&
        isStatistic(input->get()))
      return true;
  return false;
}

static SmallVector<OpOperand *> getActivations(linalg::LinalgOp op) {
  SmallVector<OpOperand *> activations;
  for (OpOperand *input : op.getDpsInputOperands())
    if (isFloatTensor(input->get()) && !isConstantDerived(input->get()))
      activations.push_back(input);
  return activations;
}

static QuantRole getElementwiseRole(linalg::LinalgOp op) {
  SmallVector<OpOperand *> activations = getActivations(op);
  if (activations.empty())
    return isConstantDerived(op->getResult(0)) ? QuantRole::None
                                               : QuantRole::Float;
  Block *body = op.getBlock();
  auto yielded = dyn_cast<BlockArgument>(body->getTerminator()->getOperand(0));
  if (yielded && yielded.getArgNumber() < op.getNumDpsInputs())
    return QuantRole::SameScale;
  if (isNormalization(op))
    return QuantRole::Float;
  if (llvm::any_of(op.getDpsInputs(), [](Value input) {
        return !isFloatTensor(input) && isa<ShapedType>(input.getType());
      }))
    return QuantRole::Float;
  switch (classifyBody(*body)) {
  case BodyKind::Exact:
    return QuantRole::Elementwise;
  case BodyKind::Transcendental: {
    bool constantsAreSplat = llvm::all_of(op.getDpsInputs(), [](Value input) {
      return !isConstantDerived(input) || getSplatConstant(input);
    });
    return activations.size() == 1 && constantsAreSplat &&
                   !isBroadcast(op, *activations[0])
               ? QuantRole::Unary
               : QuantRole::Float;
  }
  case BodyKind::Unknown:
    return QuantRole::Float;
  }
  llvm_unreachable("unknown body kind");
}

static QuantRole getLinalgRole(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() == 0)
    return QuantRole::None;
  bool makesFloat = llvm::any_of(op->getResults(), isFloatTensor);
  if (!makesFloat)
    return QuantRole::None;
  if (op->getNumResults() != 1)
    return QuantRole::Float;
  if (isa<linalg::FillOp>(op) || isConstantDerived(op->getResult(0)))
    return QuantRole::None;
  if (op.hasIndexSemantics() || op.getRegionOutputArgs().empty())
    return QuantRole::Float;
  if (isElementwiseMapped(op))
    return getElementwiseRole(op);
  switch (classifyReduction(op)) {
  case ReductionKind::MulAdd:
    return QuantRole::Contraction;
  case ReductionKind::Sum:
    return QuantRole::Sum;
  case ReductionKind::Max:
  case ReductionKind::Min:
    return QuantRole::SameScale;
  case ReductionKind::None:
    return QuantRole::Float;
  }
  llvm_unreachable("unknown reduction kind");
}

static std::string getLinalgFloatReason(linalg::LinalgOp op) {
  if (getLinalgRole(op) != QuantRole::Float)
    return {};
  if (op->getNumResults() != 1)
    return "it computes several results in one body";
  if (op.hasIndexSemantics())
    return "it computes with indices";
  if (op.getNumReductionLoops() == 0 &&
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)))
    return "its body reads what its result held before";
  if (isElementwiseMapped(op)) {
    if (isNormalization(op))
      return "it normalises by a statistic of its own input, which takes more "
             "than 8 bits";
    if (classifyBody(*op.getBlock()) == BodyKind::Transcendental)
      return "it computes a function of several values that has no table";
    return "its body has operations that quantization does not know";
  }
  return "its body is not a sum, a sum of products, a maximum or a minimum";
}

//===----------------------------------------------------------------------===//
// Integer forms
//===----------------------------------------------------------------------===//

/// `op` on `inputs` and `init`, of whatever element types. A generic's body is
/// built anew by `buildBody`; named operations know their own.
template <typename OpTy>
static Value
rebuild(OpTy op, OpBuilder &builder, ArrayRef<Value> inputs, Value init,
        llvm::function_ref<void(OpBuilder &, Location, ValueRange)> buildBody) {
  Location loc = op.getLoc();
  if constexpr (std::is_same_v<OpTy, linalg::GenericOp>) {
    return linalg::GenericOp::create(builder, loc, init.getType(), inputs, init,
                                     op.getIndexingMapsArray(),
                                     op.getIteratorTypesArray(), buildBody)
        .getResult(0);
  } else {
    SmallVector<NamedAttribute> attributes;
    for (NamedAttribute attribute : op->getAttrs())
      if (attribute.getName() != op.getOperandSegmentSizesAttrName() &&
          attribute.getName() != "indexing_maps")
        attributes.push_back(attribute);
    Operation *rebuilt = OpTy::create(builder, loc, TypeRange(init.getType()),
                                      inputs, ValueRange(init), attributes);
    // Maps that the user gave (a matmul of transposed weights) replace the ones
    // that the builder set.
    if (Attribute maps = op->getAttr("indexing_maps"))
      rebuilt->setAttr("indexing_maps", maps);
    return rebuilt->getResult(0);
  }
}

/// The body of an i32 sum of products, or sum, of signed storage.
static void buildSumBody(OpBuilder &builder, Location loc, ValueRange arguments,
                         unsigned numFactors) {
  Type i32 = builder.getI32Type();
  Value product;
  for (Value factor : arguments.take_front(numFactors)) {
    Value wide = arith::ExtSIOp::create(builder, loc, i32, factor);
    product =
        product ? arith::MulIOp::create(builder, loc, product, wide).getResult()
                : wide;
  }
  Value sum = arith::AddIOp::create(builder, loc, arguments.back(), product);
  linalg::YieldOp::create(builder, loc, sum);
}

/// The storage init of a maximum or minimum: the quantized real one, which for
/// an infinity is the end of the storage range.
static FailureOr<Value> buildExtremumInit(linalg::LinalgOp op,
                                          OpBuilder &builder,
                                          quant::QuantizedType type,
                                          std::string &reason) {
  std::optional<double> real = getSplatConstant(op.getDpsInits()[0]);
  FailureOr<UniformParams> params = UniformParams::get(type);
  if (!real || failed(params) || params->isPerAxis()) {
    reason = "its initial value is not a constant";
    return failure();
  }
  quantopt::QuantParams scalar{params->scales[0], params->zeroPoints[0],
                               params->storageMin, params->storageMax};
  int64_t stored = quantopt::quantize(float(*real), scalar);
  Location loc = op.getLoc();
  auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
  Value empty = tensor::EmptyOp::create(builder, loc, resultType.getShape(),
                                        type.getStorageType());
  Value scalarValue = arith::ConstantOp::create(
      builder, loc, builder.getIntegerAttr(type.getStorageType(), stored));
  return linalg::FillOp::create(builder, loc, scalarValue, empty).getResult(0);
}

template <typename OpTy>
static FailureOr<IntegerForm>
buildSameScale(OpTy op, OpBuilder &builder, ArrayRef<Value> operands,
               ArrayRef<quant::QuantizedType> types, std::string &reason) {
  auto linalgOp = cast<linalg::LinalgOp>(op.getOperation());
  quant::QuantizedType type;
  for (quant::QuantizedType candidate : types)
    if (candidate)
      type = candidate;
  if (!type || linalgOp.hasDynamicShape()) {
    reason = type ? "its shape is dynamic" : "it has no quantized operand";
    return failure();
  }
  unsigned numInputs = linalgOp.getNumDpsInputs();
  if (linalgOp.getNumReductionLoops() == 0) {
    auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
    Value init = tensor::EmptyOp::create(
        builder, op.getLoc(), resultType.getShape(), type.getStorageType());
    unsigned yielded =
        cast<BlockArgument>(linalgOp.getBlock()->getTerminator()->getOperand(0))
            .getArgNumber();
    Value value =
        rebuild(op, builder, operands.take_front(numInputs), init,
                [&](OpBuilder &b, Location loc, ValueRange arguments) {
                  linalg::YieldOp::create(b, loc, arguments[yielded]);
                });
    return IntegerForm{value, type};
  }
  if (!type.isSigned()) {
    reason = "its storage is unsigned, and the integer form compares signed "
             "values";
    return failure();
  }
  bool isMax = classifyReduction(linalgOp) == ReductionKind::Max;
  FailureOr<Value> init = buildExtremumInit(linalgOp, builder, type, reason);
  if (failed(init))
    return failure();
  Value value = rebuild(
      op, builder, operands.take_front(numInputs), *init,
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        Value best =
            isMax
                ? arith::MaxSIOp::create(b, loc, arguments[0], arguments.back())
                      .getResult()
                : arith::MinSIOp::create(b, loc, arguments[0], arguments.back())
                      .getResult();
        linalg::YieldOp::create(b, loc, best);
      });
  return IntegerForm{value, type};
}

//===----------------------------------------------------------------------===//
// Models
//===----------------------------------------------------------------------===//

namespace {
/// Structured operations that are described by their indexing maps and body.
template <typename OpTy>
struct StructuredModel
    : QuantizableOpInterface::ExternalModel<StructuredModel<OpTy>, OpTy> {
  QuantRole getQuantRole(Operation *op) const {
    return getLinalgRole(cast<linalg::LinalgOp>(op));
  }

  OperandKind getOperandKind(Operation *op, OpOperand &operand) const {
    auto linalgOp = cast<linalg::LinalgOp>(op);
    QuantRole role = getLinalgRole(linalgOp);
    if (role == QuantRole::None || !isFloatTensor(operand.get()))
      return OperandKind::Ignored;
    bool reduces = role == QuantRole::Contraction || role == QuantRole::Sum;
    if (linalgOp.isDpsInit(&operand))
      return reduces ? OperandKind::Accumulator : OperandKind::Ignored;
    // The window of a pooling has a shape and no values.
    if (!linalgOp.payloadUsesValueFromOperand(&operand))
      return OperandKind::Ignored;
    if (!isConstantDerived(operand.get()))
      return OperandKind::Activation;
    return role == QuantRole::Contraction ? OperandKind::Weight
                                          : OperandKind::Ignored;
  }

  std::optional<int64_t> getResultChannelDim(Operation *op) const {
    auto linalgOp = cast<linalg::LinalgOp>(op);
    for (OpOperand *input : linalgOp.getDpsInputOperands())
      if (getOperandKind(op, *input) == OperandKind::Weight)
        if (std::optional<unsigned> loop = getChannelLoop(linalgOp, *input))
          return getDimOfLoop(linalgOp, *linalgOp.getDpsInitOperand(0), *loop);
    return std::nullopt;
  }

  std::optional<int64_t> getWeightChannelDim(Operation *op,
                                             OpOperand &operand) const {
    auto linalgOp = cast<linalg::LinalgOp>(op);
    if (std::optional<unsigned> loop = getChannelLoop(linalgOp, operand))
      return getDimOfLoop(linalgOp, operand, *loop);
    return std::nullopt;
  }

  SmallVector<std::pair<int64_t, int64_t>>
  getSharedDims(Operation *op, OpOperand &operand) const {
    return getCommonDims(op, operand,
                         *cast<linalg::LinalgOp>(op).getDpsInitOperand(0));
  }

  SmallVector<std::pair<int64_t, int64_t>>
  getCommonDims(Operation *op, OpOperand &first, OpOperand &second) const {
    auto linalgOp = cast<linalg::LinalgOp>(op);
    SmallVector<std::pair<int64_t, int64_t>> pairs;
    for (unsigned loop = 0; loop < linalgOp.getNumLoops(); ++loop) {
      std::optional<int64_t> own = getDimOfLoop(linalgOp, first, loop);
      std::optional<int64_t> other = getDimOfLoop(linalgOp, second, loop);
      if (own && other)
        pairs.emplace_back(*own, *other);
    }
    llvm::sort(pairs);
    return pairs;
  }

  int64_t getNumProducts(Operation *op) const {
    auto linalgOp = cast<linalg::LinalgOp>(op);
    if (getLinalgRole(linalgOp) != QuantRole::Contraction ||
        linalgOp.hasDynamicShape())
      return 0;
    int64_t products = 1;
    for (int64_t range : linalgOp.getStaticLoopRanges())
      products *= range;
    return products;
  }

  std::string getFloatReason(Operation *op) const {
    return getLinalgFloatReason(cast<linalg::LinalgOp>(op));
  }

  FailureOr<IntegerForm> buildIntegerForm(Operation *op, OpBuilder &builder,
                                          ArrayRef<Value> operands,
                                          ArrayRef<quant::QuantizedType> types,
                                          std::string &reason) const {
    auto concrete = cast<OpTy>(op);
    auto linalgOp = cast<linalg::LinalgOp>(op);
    QuantRole role = getLinalgRole(linalgOp);
    if (role == QuantRole::SameScale)
      return buildSameScale(concrete, builder, operands, types, reason);
    if (role != QuantRole::Contraction && role != QuantRole::Sum) {
      reason = "it has no integer form";
      return failure();
    }
    unsigned numFactors = role == QuantRole::Contraction ? 2 : 1;
    return buildIntegerContraction(
        linalgOp, builder, operands, types,
        [&](OpBuilder &b, ArrayRef<Value> inputs, Value init) {
          return rebuild(concrete, b, inputs, init,
                         [&](OpBuilder &b, Location loc, ValueRange arguments) {
                           buildSumBody(b, loc, arguments, numFactors);
                         });
        },
        reason);
  }
};

/// linalg.transpose and linalg.broadcast move whole elements.
template <typename OpTy>
struct MovementModel
    : QuantizableOpInterface::ExternalModel<MovementModel<OpTy>, OpTy> {
  QuantRole getQuantRole(Operation *op) const {
    Value input = cast<OpTy>(op).getInput();
    return isFloatTensor(input) && op->getNumResults() == 1 &&
                   !isConstantDerived(input)
               ? QuantRole::SameScale
               : QuantRole::None;
  }
  OperandKind getOperandKind(Operation *op, OpOperand &operand) const {
    return operand.getOperandNumber() == 0 &&
                   getQuantRole(op) == QuantRole::SameScale
               ? OperandKind::Activation
               : OperandKind::Ignored;
  }
  FailureOr<IntegerForm> buildIntegerForm(Operation *op, OpBuilder &builder,
                                          ArrayRef<Value> operands,
                                          ArrayRef<quant::QuantizedType> types,
                                          std::string &reason) const {
    auto concrete = cast<OpTy>(op);
    auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
    Value init =
        tensor::EmptyOp::create(builder, op->getLoc(), resultType.getShape(),
                                types[0].getStorageType());
    ArrayRef<int64_t> dims;
    if constexpr (std::is_same_v<OpTy, linalg::TransposeOp>)
      dims = concrete.getPermutation();
    else
      dims = concrete.getDimensions();
    Operation *moved =
        OpTy::create(builder, op->getLoc(), operands[0], init, dims);
    return IntegerForm{moved->getResult(0), types[0]};
  }
};

/// Softmax stays in float; what it makes lies in [0, 1].
struct SoftmaxModel
    : QuantizableOpInterface::ExternalModel<SoftmaxModel, linalg::SoftmaxOp> {
  QuantRole getQuantRole(Operation *op) const { return QuantRole::Float; }
  OperandKind getOperandKind(Operation *op, OpOperand &operand) const {
    return operand.getOperandNumber() == 0 ? OperandKind::Activation
                                           : OperandKind::Ignored;
  }
  std::optional<RealRange> getFixedOutputRange(Operation *op) const {
    return RealRange{0.0, 1.0};
  }
  std::string getFloatReason(Operation *op) const {
    return "softmax divides exponentials, whose range takes more than 8 bits";
  }
};
} // namespace

template <typename... Ops>
static void attachStructured(MLIRContext *context) {
  (Ops::template attachInterface<StructuredModel<Ops>>(*context), ...);
}

void mlir::qopt::registerLinalgQuantizableModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, linalg::LinalgDialect *) {
    attachStructured<
        linalg::GenericOp, linalg::MatmulOp, linalg::BatchMatmulOp,
        linalg::MatvecOp, linalg::VecmatOp, linalg::BatchMatvecOp,
        linalg::BatchVecmatOp, linalg::DotOp, linalg::Conv1DNcwFcwOp,
        linalg::Conv1DNwcWcfOp, linalg::Conv2DNchwFchwOp,
        linalg::Conv2DNhwcFhwcOp, linalg::Conv2DNhwcHwcfOp,
        linalg::Conv2DNgchwFgchwOp, linalg::Conv2DNgchwGfchwOp,
        linalg::Conv2DNhwgcGfhwcOp, linalg::Conv3DNcdhwFcdhwOp,
        linalg::Conv3DNdhwcDhwcfOp, linalg::DepthwiseConv1DNcwCwOp,
        linalg::DepthwiseConv1DNwcWcOp, linalg::DepthwiseConv2DNchwChwOp,
        linalg::DepthwiseConv2DNhwcHwcOp, linalg::DepthwiseConv2DNhwcHwcmOp,
        linalg::PoolingNchwMaxOp, linalg::PoolingNchwSumOp,
        linalg::PoolingNhwcMaxOp, linalg::PoolingNhwcMinOp,
        linalg::PoolingNhwcSumOp, linalg::PoolingNcwMaxOp,
        linalg::PoolingNcwSumOp, linalg::PoolingNwcMaxOp,
        linalg::PoolingNwcMinOp, linalg::PoolingNwcSumOp,
        linalg::PoolingNdhwcMaxOp, linalg::PoolingNdhwcMinOp,
        linalg::PoolingNdhwcSumOp>(context);
    linalg::TransposeOp::attachInterface<MovementModel<linalg::TransposeOp>>(
        *context);
    linalg::BroadcastOp::attachInterface<MovementModel<linalg::BroadcastOp>>(
        *context);
    linalg::SoftmaxOp::attachInterface<SoftmaxModel>(*context);
  });
}
