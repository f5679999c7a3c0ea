//===- LinalgContraction.cpp - Integer contractions of linalg -------------===//
//
// sum_k (a - za) * w  =  sum_k a * w  -  za * sum_k w, with w's zero point 0.
// The second term is constant where the weights are, so it joins the bias in
// the initial value of the accumulator: the loop itself sees plain integers.
// This holds at borders too, because padding writes the zero point.
//
//===----------------------------------------------------------------------===//

#include "LinalgContraction.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Analysis/StoredSums.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::qopt;

std::optional<int64_t> mlir::qopt::getDimOfLoop(linalg::LinalgOp op,
                                                OpOperand &operand,
                                                unsigned loop) {
  AffineMap map = op.getMatchingIndexingMap(&operand);
  for (auto [index, result] : llvm::enumerate(map.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(result))
      if (dim.getPosition() == loop)
        return index;
  return std::nullopt;
}

std::optional<unsigned> mlir::qopt::getChannelLoop(linalg::LinalgOp op,
                                                   OpOperand &weight) {
  OpOperand *result = op.getDpsInitOperand(0);
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  std::optional<unsigned> best;
  bool bestIsFree = false;
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    if (!getDimOfLoop(op, weight, loop) || !getDimOfLoop(op, *result, loop))
      continue;
    bool isFree = true;
    for (OpOperand *input : op.getDpsInputOperands())
      if (input != &weight &&
          op.getMatchingIndexingMap(input).isFunctionOfDim(loop))
        isFree = false;
    // A loop that the activation does not run through is the channel of an
    // ordinary convolution or matmul; otherwise (depthwise) the longest loop.
    if (!best || (isFree && !bestIsFree) ||
        (isFree == bestIsFree && sizes[loop] > sizes[*best])) {
      best = loop;
      bestIsFree = isFree;
    }
  }
  return best;
}

namespace {
/// A constant over some loops of an operation, indexed by those loops alone.
struct LoopTensor {
  SmallVector<unsigned> loops;
  SmallVector<int64_t> sizes;

  int64_t getNumElements() const {
    int64_t count = 1;
    for (int64_t size : sizes)
      count *= size;
    return count;
  }
  /// The row-major position of `indices`, one index a loop of the operation.
  int64_t linearize(ArrayRef<int64_t> indices) const {
    int64_t position = 0;
    for (auto [loop, size] : llvm::zip_equal(loops, sizes))
      position = position * size + indices[loop];
    return position;
  }
};
} // namespace

/// Calls `visit` for every index of `loops`; `indices` has one entry a loop of
/// the operation, those not in `loops` stay 0.
static void forEachIndex(ArrayRef<unsigned> loops, ArrayRef<int64_t> sizes,
                         SmallVector<int64_t> &indices,
                         llvm::function_ref<void()> visit) {
  for (unsigned loop : loops)
    indices[loop] = 0;
  while (true) {
    visit();
    int position = int(loops.size()) - 1;
    for (; position >= 0; --position) {
      if (++indices[loops[position]] < sizes[position])
        break;
      indices[loops[position]] = 0;
    }
    if (position < 0)
      return;
  }
}

namespace {
/// What the weights behind each result add up to, per index of the weight's
/// parallel loops.
struct WeightSums : StoredSums {
  LoopTensor part;
};
} // namespace

/// Sums the stored weights, a constant of i8 or i16, over the reduction loops
/// of `op`.
static FailureOr<WeightSums> sumWeights(linalg::LinalgOp op, OpOperand &weight,
                                        Value storage) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  WeightSums sums;
  SmallVector<bool> isSummed;
  for (AffineExpr result : op.getMatchingIndexingMap(&weight).getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(result);
    if (!dim)
      return failure();
    unsigned loop = dim.getPosition();
    isSummed.push_back(iterators[loop] == utils::IteratorType::reduction);
    if (!isSummed.back()) {
      sums.part.loops.push_back(loop);
      sums.part.sizes.push_back(ranges[loop]);
    }
  }
  FailureOr<StoredSums> stored = sumStored(storage, isSummed);
  if (failed(stored))
    return failure();
  static_cast<StoredSums &>(sums) = std::move(*stored);
  return sums;
}

/// The number of products that one result element sums.
static int64_t getReductionSize(linalg::LinalgOp op) {
  int64_t size = 1;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (auto [range, iterator] :
       llvm::zip_equal(ranges, op.getIteratorTypesArray()))
    if (iterator == utils::IteratorType::reduction)
      size *= range;
  return size;
}

/// Broadcasts `constant`, indexed by `part`, to the whole result of `op`.
static Value broadcastToResult(linalg::LinalgOp op, OpBuilder &builder,
                               const LoopTensor &part,
                               ArrayRef<int32_t> values) {
  Location loc = op.getLoc();
  auto resultType = cast<RankedTensorType>(op->getResult(0).getType());
  Type i32 = builder.getI32Type();
  Value empty =
      tensor::EmptyOp::create(builder, loc, resultType.getShape(), i32);
  if (part.loops.empty()) {
    Value scalar = arith::ConstantOp::create(
        builder, loc, builder.getI32IntegerAttr(values.front()));
    return linalg::FillOp::create(builder, loc, scalar, empty).getResult(0);
  }
  Value constant = arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(RankedTensorType::get(part.sizes, i32), values));
  if (int64_t(part.loops.size()) == resultType.getRank())
    return constant;
  SmallVector<int64_t> added;
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  for (auto [dim, result] : llvm::enumerate(map.getResults())) {
    auto loop = dyn_cast<AffineDimExpr>(result);
    if (!loop || !llvm::is_contained(part.loops, loop.getPosition()))
      added.push_back(dim);
  }
  return linalg::BroadcastOp::create(builder, loc, constant, empty, added)
      ->getResult(0);
}

/// The i32 initial value: the real initial value in units of the accumulator's
/// scale, less the zero-point term.
static FailureOr<Value>
buildAccumulatorInit(linalg::LinalgOp op, OpBuilder &builder, Value init,
                     ArrayRef<double> scales, std::optional<unsigned> channel,
                     const WeightSums &sums, int64_t zeroPoint,
                     int64_t maxAbsSum, std::string &reason) {
  std::optional<ConstantTensor> bias = getConstantTensor(init);
  if (!bias) {
    reason = "its initial value (bias) is not a constant";
    return failure();
  }
  FailureOr<ConstantValues<float>> biasValues = readFloats(bias->values);
  AffineMap resultMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (failed(biasValues) ||
      !resultMap.isProjectedPermutation(/*allowZeroInResults=*/true)) {
    reason = "its initial value (bias) cannot be read at compile time";
    return failure();
  }
  // The loops on which the initial value depends, in the result's order.
  AffineMap biasMap = bias->map.compose(resultMap);
  LoopTensor part;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  bool biasIsSplat = bias->values.isSplat();
  for (AffineExpr result : resultMap.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(result);
    // A sum that keeps its reduced dimensions writes to index 0 of them.
    if (!dim)
      continue;
    unsigned loop = dim.getPosition();
    bool used = (channel && *channel == loop) ||
                (zeroPoint != 0 && llvm::is_contained(sums.part.loops, loop)) ||
                (!biasIsSplat && biasMap.isFunctionOfDim(loop));
    if (used) {
      part.loops.push_back(loop);
      part.sizes.push_back(ranges[loop]);
    }
  }
  ArrayRef<int64_t> biasShape = bias->values.getShapedType().getShape();
  SmallVector<int64_t> indices(op.getNumLoops(), 0);
  SmallVector<int32_t> values;
  values.reserve(part.getNumElements());
  bool fits = true;
  forEachIndex(part.loops, part.sizes, indices, [&] {
    int64_t position = 0;
    for (auto [result, size] :
         llvm::zip_equal(biasMap.compose(indices), biasShape))
      position = position * size + result;
    double real = (*biasValues)[biasIsSplat ? 0 : position];
    double scale = scales[channel ? indices[*channel] : 0];
    double inUnits = std::nearbyint(real / scale);
    double total =
        inUnits -
        double(zeroPoint) * double(sums.getTotal(sums.part.linearize(indices)));
    // The accumulator runs from here by at most maxAbsSum either way.
    if (!(std::fabs(total) + double(maxAbsSum) <=
          double(std::numeric_limits<int32_t>::max())))
      fits = false;
    values.push_back(fits ? int32_t(total) : 0);
  });
  if (!fits) {
    reason = "its i32 accumulator could overflow with this bias and these "
             "weights";
    return failure();
  }
  return broadcastToResult(op, builder, part, values);
}

/// The largest magnitude that a stored value less its zero point can have.
static double getMaxMagnitude(const UniformParams &params) {
  return double(std::max(std::abs(params.storageMin - params.zeroPoints[0]),
                         std::abs(params.storageMax - params.zeroPoints[0])));
}

/// The type that dequantizes an accumulator.
static quant::QuantizedType getAccumulatorType(OpBuilder &builder,
                                               ArrayRef<double> scales,
                                               std::optional<int64_t> axis) {
  Type i32 = builder.getI32Type(), f32 = builder.getF32Type();
  int64_t min = std::numeric_limits<int32_t>::min();
  int64_t max = std::numeric_limits<int32_t>::max();
  unsigned flags = quant::QuantizationFlags::Signed;
  if (!axis)
    return quant::UniformQuantizedType::get(flags, i32, f32, scales[0], 0, min,
                                            max);
  SmallVector<int64_t> zeroPoints(scales.size(), 0);
  return quant::UniformQuantizedPerAxisType::get(
      flags, i32, f32, scales, zeroPoints, int32_t(*axis), min, max);
}

/// `value`, stored with `params`, as i32.
static Value extend(OpBuilder &b, Location loc, Value value,
                    const UniformParams &params) {
  if (params.isSigned)
    return arith::ExtSIOp::create(b, loc, b.getI32Type(), value);
  return arith::ExtUIOp::create(b, loc, b.getI32Type(), value);
}

static Value makeConstant(OpBuilder &b, Location loc, int64_t value) {
  return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(int32_t(value)));
}

/// sum q over the loops of `op` that its result does not have, of the `input`
/// that stands for its input `number`, and how the result reads the sums.
static std::pair<Value, AffineMap> sumInput(linalg::LinalgOp op,
                                            OpBuilder &builder, Value input,
                                            unsigned number,
                                            const UniformParams &params) {
  Location loc = op.getLoc();
  AffineMap own = op.getMatchingIndexingMap(op.getDpsInputOperand(number));
  AffineMap result = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<unsigned> kept, read;
  SmallVector<int64_t> sizes;
  SmallVector<utils::IteratorType> loops;
  for (unsigned dim = 0; dim < own.getNumResults(); ++dim) {
    std::optional<unsigned> at = result.getResultPosition(own.getResult(dim));
    loops.push_back(at ? utils::IteratorType::parallel
                       : utils::IteratorType::reduction);
    if (!at)
      continue;
    kept.push_back(dim);
    read.push_back(*at);
    sizes.push_back(type.getDimSize(dim));
  }
  MLIRContext *context = op->getContext();
  Value empty =
      tensor::EmptyOp::create(builder, loc, sizes, builder.getI32Type());
  Value zeros =
      linalg::FillOp::create(builder, loc, makeConstant(builder, loc, 0), empty)
          .getResult(0);
  auto sums = linalg::GenericOp::create(
      builder, loc, zeros.getType(), input, zeros,
      ArrayRef<AffineMap>{
          AffineMap::getMultiDimIdentityMap(type.getRank(), context),
          AffineMap::getMultiDimMapWithTargets(type.getRank(), kept, context)},
      loops, [&](OpBuilder &b, Location loc, ValueRange arguments) {
        Value wide = extend(b, loc, arguments[0], params);
        linalg::YieldOp::create(
            b, loc,
            arith::AddIOp::create(b, loc, arguments[1], wide).getResult());
      });
  return {sums.getResult(0), AffineMap::getMultiDimMapWithTargets(
                                 result.getNumResults(), read, context)};
}

/// Both factors are activations: sum (a - za) (b - zb) is
/// sum a b - zb sum a - za sum b + K za zb, so that the loop multiplies what is
/// stored. The terms may leave 32 bits where their sum does not: they wrap.
static FailureOr<IntegerForm>
buildActivationProduct(linalg::LinalgOp op, OpBuilder &builder,
                       ArrayRef<Value> inputs, Value initial,
                       ArrayRef<UniformParams> params, std::string &reason) {
  std::optional<double> init = getSplatConstant(initial);
  if (!init || *init != 0.0) {
    reason = "its initial value is not zero";
    return failure();
  }
  double product = 1.0;
  for (const UniformParams &param : params)
    product *= getMaxMagnitude(param);
  if (double(getReductionSize(op)) * product >
      double(std::numeric_limits<int32_t>::max())) {
    reason = "its i32 accumulator could overflow";
    return failure();
  }
  // Where an index is a sum of loops, each result has sums of its own: the zero
  // points stay in the loop.
  const bool isPlain =
      llvm::all_of(op.getIndexingMapsArray(),
                   [](AffineMap map) { return map.isProjectedPermutation(); });
  const int64_t zeroPoints[] = {params[0].zeroPoints[0],
                                params[1].zeroPoints[0]};
  Location loc = op.getLoc();
  auto resultType = cast<RankedTensorType>(op->getResult(0).getType())
                        .clone(builder.getI32Type());
  const int64_t start =
      isPlain ? getReductionSize(op) * zeroPoints[0] * zeroPoints[1] : 0;
  LoopTensor nothing;
  Value initials = broadcastToResult(op, builder, nothing, {int32_t(start)});
  auto generic = linalg::GenericOp::create(
      builder, loc, resultType, inputs, initials, op.getIndexingMapsArray(),
      op.getIteratorTypesArray(),
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        Value factors[2];
        for (unsigned i = 0; i < 2; ++i) {
          factors[i] = extend(b, loc, arguments[i], params[i]);
          if (!isPlain && zeroPoints[i] != 0)
            factors[i] = arith::SubIOp::create(
                b, loc, factors[i], makeConstant(b, loc, zeroPoints[i]));
        }
        Value term = arith::MulIOp::create(b, loc, factors[0], factors[1]);
        linalg::YieldOp::create(
            b, loc,
            arith::AddIOp::create(b, loc, arguments.back(), term).getResult());
      });
  double scale = params[0].scales[0] * params[1].scales[0];
  quant::QuantizedType type = getAccumulatorType(builder, scale, std::nullopt);
  if (!isPlain || (zeroPoints[0] == 0 && zeroPoints[1] == 0))
    return IntegerForm{generic.getResult(0), type};

  AffineMap identity = builder.getMultiDimIdentityMap(resultType.getRank());
  SmallVector<Value> terms = {generic.getResult(0)};
  SmallVector<AffineMap> maps = {identity};
  SmallVector<int64_t> factors;
  for (unsigned i = 0; i < 2; ++i) {
    if (zeroPoints[1 - i] == 0)
      continue;
    auto [sums, map] = sumInput(op, builder, inputs[i], i, params[i]);
    terms.push_back(sums);
    maps.push_back(map);
    factors.push_back(zeroPoints[1 - i]);
  }
  maps.push_back(identity);
  Value empty = tensor::EmptyOp::create(builder, loc, resultType, ValueRange{});
  SmallVector<utils::IteratorType> loops(resultType.getRank(),
                                         utils::IteratorType::parallel);
  auto corrected = linalg::GenericOp::create(
      builder, loc, resultType, terms, empty, maps, loops,
      [&](OpBuilder &b, Location loc, ValueRange arguments) {
        Value sum = arguments[0];
        for (auto [argument, factor] :
             llvm::zip(arguments.slice(1, factors.size()), factors))
          sum = arith::SubIOp::create(
              b, loc, sum,
              arith::MulIOp::create(b, loc, argument,
                                    makeConstant(b, loc, factor)));
        linalg::YieldOp::create(b, loc, sum);
      });
  return IntegerForm{corrected.getResult(0), type};
}

FailureOr<IntegerForm> mlir::qopt::buildIntegerContraction(
    linalg::LinalgOp op, OpBuilder &builder, ArrayRef<Value> operands,
    ArrayRef<quant::QuantizedType> operandTypes, RebuildLinalgOp rebuild,
    std::string &reason) {
  // Tell the factors apart: activations have per-tensor parameters, weights are
  // constants.
  SmallVector<Value> inputs;
  SmallVector<UniformParams> params;
  OpOperand *weight = nullptr;
  std::optional<UniformParams> activation, weightParams;
  for (OpOperand *input : op.getDpsInputOperands()) {
    unsigned number = input->getOperandNumber();
    inputs.push_back(operands[number]);
    if (!operandTypes[number])
      continue;
    FailureOr<UniformParams> param = UniformParams::get(operandTypes[number]);
    if (failed(param) || param->storageWidth > 16) {
      reason = "its operands are not stored in 8 or 16 bits";
      return failure();
    }
    params.push_back(*param);
    if (isConstantDerived(input->get())) {
      weight = input;
      weightParams = *param;
    } else if (param->isPerAxis()) {
      reason = "its activation has a scale per axis";
      return failure();
    } else {
      activation = *param;
    }
  }
  if (!op.hasDynamicShape() && params.size() == 2 && !weight)
    return buildActivationProduct(
        op, builder, inputs,
        operands[op.getDpsInitOperand(0)->getOperandNumber()], params, reason);
  if (!activation || op.hasDynamicShape()) {
    reason = op.hasDynamicShape() ? "its shape is dynamic"
                                  : "both of its factors are constants";
    return failure();
  }
  if (!activation->isSigned || (weightParams && !weightParams->isSigned)) {
    reason =
        "its storage is unsigned, and the integer form reads signed values";
    return failure();
  }

  // Scales of the accumulator, and the sum of weights behind each result.
  SmallVector<double> scales = {activation->scales[0]};
  WeightSums sums;
  sums.positives = {getReductionSize(op)};
  sums.negatives = {0};
  std::optional<unsigned> channel;
  std::optional<int64_t> axis;
  if (weight) {
    if (llvm::any_of(weightParams->zeroPoints, [](int64_t z) { return z; })) {
      reason = "its weights have a zero point";
      return failure();
    }
    FailureOr<WeightSums> weightSums =
        sumWeights(op, *weight, operands[weight->getOperandNumber()]);
    if (failed(weightSums)) {
      reason = "its weights cannot be summed at compile time";
      return failure();
    }
    sums = std::move(*weightSums);
    scales = weightParams->scales;
    for (double &scale : scales)
      scale *= activation->scales[0];
    if (weightParams->isPerAxis()) {
      channel = getChannelLoop(op, *weight);
      if (!channel ||
          getDimOfLoop(op, *weight, *channel) != weightParams->axis) {
        reason = "its weights are scaled along a dimension that is not the "
                 "output channel";
        return failure();
      }
      axis = getDimOfLoop(op, *op.getDpsInitOperand(0), *channel);
    }
  }
  int64_t maxAbsSum =
      sums.getReach(activation->storageMin, activation->storageMax);
  FailureOr<Value> init = buildAccumulatorInit(
      op, builder, operands[op.getDpsInitOperand(0)->getOperandNumber()],
      scales, channel, sums, activation->zeroPoints[0], maxAbsSum, reason);
  if (failed(init))
    return failure();
  return IntegerForm{rebuild(builder, inputs, *init),
                     getAccumulatorType(builder, scales, axis)};
}
