//===- RaiseFakeQuant.cpp - What training wrote around its values ---------===//
//
// Quantization-aware training rounds values to the steps that they will have:
// divide, round, add, clamp, convert, and all of it back. Frontends write this
// as one generic or as several behind each other, so the pattern is followed
// from scalar to scalar, through generics.
//
//===----------------------------------------------------------------------===//

#include "AxisNumbers.h"
#include "quantopt/Analysis/ConstantFolding.h"
#include "quantopt/Analysis/ElementwiseBody.h"
#include "quantopt/Analysis/MappedTypes.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Import/Passes.h"
#include "quantopt/Support/QuantMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_RAISEFAKEQUANT
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// Elementwise, with one result that stands where its loops do.
static bool isElementwise(linalg::GenericOp op) {
  return op && op.hasPureTensorSemantics() && isElementwiseMapped(op);
}

namespace {
/// A scalar of a body, as an element of the tensor that the body makes.
struct Scalar {
  linalg::GenericOp op;
  Value value;

  /// The operand of `op` that the scalar is an element of, at the loops' place;
  /// null where it is none.
  OpOperand *getOperand() const {
    auto argument = dyn_cast<BlockArgument>(value);
    linalg::GenericOp generic = op;
    if (!argument || argument.getOwner() != generic.getBody() ||
        argument.getArgNumber() >= generic.getNumDpsInputs())
      return nullptr;
    OpOperand *operand = generic.getDpsInputOperand(argument.getArgNumber());
    return generic.getMatchingIndexingMap(operand).isIdentity() ? operand
                                                                : nullptr;
  }

  /// The scalar in the body that computes it.
  Scalar resolve() const {
    Scalar scalar = *this;
    while (OpOperand *operand = scalar.getOperand()) {
      auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
      if (!isElementwise(producer))
        break;
      scalar = {producer, producer.getBody()->getTerminator()->getOperand(0)};
    }
    return scalar;
  }

  template <typename OpTy>
  OpTy as() const {
    return value.getDefiningOp<OpTy>();
  }
  Scalar at(Value other) const { return Scalar{op, other}.resolve(); }
};

/// The parts of the pattern, as they are found from its end.
struct FakeQuant {
  Scalar input;
  AxisNumbers scale;
  AxisNumbers zero{{0.0}, std::nullopt};
  std::optional<double> low, high;
  /// Whether the clamped value becomes an unsigned integer, and is read as one;
  /// nothing where there is no such conversion.
  std::optional<bool> isWrittenUnsigned, isReadUnsigned;
  /// Of that integer.
  unsigned width = 0;
};
} // namespace

/// `scalar` as a product or a sum with numbers on either side, and the other
/// operand as it stands in the body.
template <typename OpTy>
static std::optional<std::pair<Scalar, AxisNumbers>>
matchWithNumbers(const Scalar &scalar) {
  auto op = scalar.as<OpTy>();
  if (!op)
    return std::nullopt;
  if (auto numbers = readNumbers(scalar.op, op.getRhs()))
    return std::pair(Scalar{scalar.op, op.getLhs()}, *numbers);
  if constexpr (!std::is_same_v<OpTy, arith::DivFOp> &&
                !std::is_same_v<OpTy, arith::SubFOp> &&
                !std::is_same_v<OpTy, arith::SubIOp>)
    if (auto numbers = readNumbers(scalar.op, op.getLhs()))
      return std::pair(Scalar{scalar.op, op.getRhs()}, *numbers);
  return std::nullopt;
}

/// Takes a zero point away that was added, or the other way round. Returns
/// whether `numbers` are those that are known, or the first ones.
static bool unite(std::optional<AxisNumbers> &known,
                  const AxisNumbers &numbers) {
  if (!known)
    known = numbers;
  return *known == numbers;
}

static AxisNumbers negate(AxisNumbers numbers) {
  for (double &value : numbers.values)
    value = 0.0 - value;
  return numbers;
}

/// One bound of a clamp: `max(x, low)` or `min(x, high)`, as an operation or as
/// a comparison and a selection. Returns x.
static std::optional<Scalar> matchBound(const Scalar &scalar,
                                        std::optional<double> &low,
                                        std::optional<double> &high) {
  auto take = [&](Value value, Value bound,
                  std::optional<double> &side) -> std::optional<Scalar> {
    std::optional<AxisNumbers> numbers = readNumbers(scalar.op, bound);
    if (!numbers || numbers->axis || side)
      return std::nullopt;
    side = numbers->values.front();
    return scalar.at(value);
  };
  if (auto max = scalar.as<arith::MaximumFOp>())
    return take(max.getLhs(), max.getRhs(), low);
  if (auto max = scalar.as<arith::MaxNumFOp>())
    return take(max.getLhs(), max.getRhs(), low);
  if (auto min = scalar.as<arith::MinimumFOp>())
    return take(min.getLhs(), min.getRhs(), high);
  if (auto min = scalar.as<arith::MinNumFOp>())
    return take(min.getLhs(), min.getRhs(), high);
  auto select = scalar.as<arith::SelectOp>();
  if (!select)
    return std::nullopt;
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!compare)
    return std::nullopt;
  // `x < bound ? bound : x` and `x > bound ? x : bound`, and the same with x on
  // the other side.
  using Predicate = arith::CmpFPredicate;
  Predicate predicate = compare.getPredicate();
  Value value = compare.getLhs(), bound = compare.getRhs();
  bool isLess = predicate == Predicate::OLT || predicate == Predicate::ULT ||
                predicate == Predicate::OLE || predicate == Predicate::ULE;
  bool isGreater = predicate == Predicate::OGT || predicate == Predicate::UGT ||
                   predicate == Predicate::OGE || predicate == Predicate::UGE;
  if (!isLess && !isGreater)
    return std::nullopt;
  if (readNumbers(scalar.op, value) && !readNumbers(scalar.op, bound)) {
    std::swap(value, bound);
    std::swap(isLess, isGreater);
  }
  bool keepsWhereTrue = select.getTrueValue() == value;
  if ((keepsWhereTrue ? select.getFalseValue() : select.getTrueValue()) !=
          bound ||
      (keepsWhereTrue ? select.getTrueValue() : select.getFalseValue()) !=
          value)
    return std::nullopt;
  // Keeping what is greater is a lower bound.
  return take(value, bound, keepsWhereTrue == isGreater ? low : high);
}

/// From the stored integer, or its value in float, back to what is rounded, as
/// it stands in its body.
static std::optional<Scalar> matchStored(Scalar scalar, FakeQuant &found,
                                         std::optional<AxisNumbers> &zero) {
  if (isa<IntegerType>(scalar.value.getType())) {
    found.width = scalar.value.getType().getIntOrFloatBitWidth();
    if (auto convert = scalar.as<arith::FPToSIOp>()) {
      found.isWrittenUnsigned = false;
      scalar = scalar.at(convert.getIn());
    } else if (auto convert = scalar.as<arith::FPToUIOp>()) {
      found.isWrittenUnsigned = true;
      scalar = scalar.at(convert.getIn());
    }
  }
  while (std::optional<Scalar> inner =
             matchBound(scalar, found.low, found.high))
    scalar = *inner;
  if (!found.low || !found.high)
    return std::nullopt;
  // Rounding to whole numbers, then the zero point.
  if (auto sum = matchWithNumbers<arith::AddFOp>(scalar)) {
    if (!unite(zero, sum->second))
      return std::nullopt;
    scalar = sum->first.resolve();
  } else if (auto difference = matchWithNumbers<arith::SubFOp>(scalar)) {
    if (!unite(zero, negate(difference->second)))
      return std::nullopt;
    scalar = difference->first.resolve();
  } else if (!unite(zero, {{0.0}, std::nullopt})) {
    return std::nullopt;
  }
  auto round = scalar.as<math::RoundEvenOp>();
  if (!round)
    return std::nullopt;
  return Scalar{scalar.op, round.getOperand()};
}

/// The integer behind a conversion to float: widened, less its zero point.
static std::optional<Scalar> matchInteger(Scalar scalar, FakeQuant &found,
                                          std::optional<AxisNumbers> &zero) {
  if (auto difference = matchWithNumbers<arith::SubIOp>(scalar)) {
    // A difference of 8-bit numbers takes 10 bits, one of 16-bit ones 18. One
    // zero point is all that a type has.
    if (zero || scalar.value.getType().getIntOrFloatBitWidth() < 32)
      return std::nullopt;
    zero = difference->second;
    scalar = difference->first.resolve();
  }
  if (auto extend = scalar.as<arith::ExtUIOp>()) {
    found.isReadUnsigned = true;
    return scalar.at(extend.getIn());
  }
  found.isReadUnsigned = false;
  if (auto extend = scalar.as<arith::ExtSIOp>())
    return scalar.at(extend.getIn());
  return scalar;
}

/// Whether `inverse` is what f32 makes of one over `scale`, or the other way.
static bool isInverse(const AxisNumbers &inverse, const AxisNumbers &scale) {
  if (inverse.axis != scale.axis ||
      inverse.values.size() != scale.values.size())
    return false;
  for (auto [left, right] : llvm::zip_equal(inverse.values, scale.values))
    if (float(left) != 1.0f / float(right) &&
        float(right) != 1.0f / float(left))
      return false;
  return true;
}

static std::optional<FakeQuant> match(linalg::GenericOp op) {
  Scalar scalar = {op, op.getBody()->getTerminator()->getOperand(0)};
  scalar = scalar.resolve();
  FakeQuant found;
  // A scale of one leaves no trace: then the conversion to an integer says what
  // this is.
  const AxisNumbers one{{1.0}, std::nullopt};
  found.scale = one;
  auto product = matchWithNumbers<arith::MulFOp>(scalar);
  if (product) {
    found.scale = product->second;
    scalar = product->first.resolve();
  }
  std::optional<AxisNumbers> zero;
  if (auto difference = matchWithNumbers<arith::SubFOp>(scalar)) {
    zero = difference->second;
    scalar = difference->first.resolve();
  } else if (auto sum = matchWithNumbers<arith::AddFOp>(scalar)) {
    zero = negate(sum->second);
    scalar = sum->first.resolve();
  }
  std::optional<Scalar> stored = scalar;
  bool isInteger = scalar.as<arith::SIToFPOp>() || scalar.as<arith::UIToFPOp>();
  if (auto convert = scalar.as<arith::SIToFPOp>())
    stored = matchInteger(scalar.at(convert.getIn()), found, zero);
  else if (auto convert = scalar.as<arith::UIToFPOp>()) {
    found.isReadUnsigned = true;
    stored = scalar.at(convert.getIn());
  }
  // What was not shifted back has no zero point.
  if (!zero)
    zero = AxisNumbers{{0.0}, std::nullopt};
  if (!stored)
    return std::nullopt;
  std::optional<Scalar> steps = matchStored(*stored, found, zero);
  if (!steps)
    return std::nullopt;
  found.zero = *zero;
  if (!product) {
    if (!isInteger)
      return std::nullopt;
    found.input = *steps;
    return found;
  }
  Scalar scaled = steps->resolve();
  if (auto quotient = matchWithNumbers<arith::DivFOp>(scaled)) {
    if (!(quotient->second == found.scale))
      return std::nullopt;
    found.input = quotient->first;
  } else if (auto multiple = matchWithNumbers<arith::MulFOp>(scaled)) {
    if (!isInverse(multiple->second, found.scale))
      return std::nullopt;
    found.input = multiple->first;
  } else {
    return std::nullopt;
  }
  return found;
}

/// Whether the integer between, if there is one, holds [low, high] as it is
/// written, and is read as the number that was written.
static bool keepsValue(const FakeQuant &found) {
  if (!found.isReadUnsigned)
    return true;
  if (!found.isWrittenUnsigned || found.width == 0)
    return false;
  auto holds = [&](bool isUnsigned) {
    const double half = std::ldexp(1.0, int(found.width) - 1);
    return isUnsigned ? *found.low >= 0 && *found.high < 2 * half
                      : *found.low >= -half && *found.high < half;
  };
  return holds(*found.isWrittenUnsigned) && holds(*found.isReadUnsigned);
}

/// The storage that [low, high] takes.
static std::optional<StorageRange> getStorage(const FakeQuant &found) {
  const bool isUnsigned = found.isWrittenUnsigned.value_or(false) ||
                          found.isReadUnsigned.value_or(false);
  auto low = int64_t(*found.low), high = int64_t(*found.high);
  if (double(low) != *found.low || double(high) != *found.high || low >= high)
    return std::nullopt;
  for (unsigned width : {8u, 16u}) {
    int64_t half = int64_t(1) << (width - 1);
    if (!isUnsigned && low >= -half && high < half)
      return StorageRange{width, /*isSigned=*/true, low, high};
    // There are no kernels for u16.
    if (width == 8 && low >= 0 && high < 2 * half)
      return StorageRange{width, /*isSigned=*/false, low, high};
  }
  return std::nullopt;
}

/// Unsigned bytes stand for the same values 128 lower, as signed ones, which is
/// what the integer form computes with.
static void makeSigned(StorageRange &range, AxisNumbers &zero) {
  constexpr int64_t kShift = 128;
  range = {range.width, /*isSigned=*/true, range.min - kShift,
           range.max - kShift};
  for (double &value : zero.values)
    value -= kShift;
}

/// The same for what is an operation already.
static void makeSigned(FakeQuantOp op) {
  std::optional<quantopt::MappedParams> params = getMappedParams(op.getType());
  if (!params || params->isSigned)
    return;
  quant::QuantizedType type =
      getMappedType(params->onSignedStorage(), op.getType().getExpressedType(),
                    [&] { return op.emitError(); });
  if (type)
    op.setTypeAttr(TypeAttr::get(type));
}

/// The stored form of `constant`, of at most 8 bits, behind a
/// `qopt.dequantize`; null where the constant or the type is something else.
static Value storeConstant(OpBuilder &builder, Location loc, Value constant,
                           quant::QuantizedType type,
                           quantopt::RoundingMode rounding) {
  std::optional<ConstantTensor> tensor = getConstantTensor(constant);
  auto shape = dyn_cast<RankedTensorType>(constant.getType());
  if (!tensor || !shape || type.getStorageTypeIntegralWidth() != 8)
    return {};
  ElementsAttr whole = materialize(*tensor, shape);
  if (!whole || shape.getNumElements() == 0)
    return {};
  FailureOr<ConstantValues<float>> values = readFloats(whole);
  if (failed(values))
    return {};
  // Elements of one axis follow each other at this distance.
  int64_t inner = 1, count = 1;
  ArrayRef<double> scales;
  ArrayRef<int64_t> zeros;
  double scale = 0;
  int64_t zero = 0;
  if (auto perAxis = dyn_cast<quant::UniformQuantizedPerAxisType>(type)) {
    scales = perAxis.getScales();
    zeros = perAxis.getZeroPoints();
    count = shape.getDimSize(perAxis.getQuantizedDimension());
    for (int64_t size :
         shape.getShape().drop_front(perAxis.getQuantizedDimension() + 1))
      inner *= size;
  } else {
    auto uniform = cast<quant::UniformQuantizedType>(type);
    scale = uniform.getScale();
    zero = uniform.getZeroPoint();
    scales = scale;
    zeros = zero;
  }
  RankedTensorType storedType = shape.clone(type.getStorageType());
  ConstantBuilder stored(storedType);
  MutableArrayRef<int8_t> bytes = stored.getMutableData<int8_t>();
  for (int64_t i = 0, e = shape.getNumElements(); i < e; ++i) {
    int64_t channel = i / inner % count;
    quantopt::QuantParams params{scales[channel], zeros[channel],
                                 type.getStorageTypeMin(),
                                 type.getStorageTypeMax()};
    bytes[i] = int8_t(quantopt::quantize((*values)[i], params, rounding));
  }
  Value kept = arith::ConstantOp::create(
      builder, loc, storedType,
      cast<TypedAttr>(std::move(stored).finish("weights")));
  return DequantizeOp::create(builder, loc, shape, kept, TypeAttr::get(type));
}

namespace {
struct RaiseFakeQuant : qopt::impl::RaiseFakeQuantBase<RaiseFakeQuant> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> generics;
    SmallVector<FakeQuantOp> written;
    getOperation()->walk([&](Operation *op) {
      if (auto generic = dyn_cast<linalg::GenericOp>(op))
        generics.push_back(generic);
      else if (auto fake = dyn_cast<FakeQuantOp>(op))
        written.push_back(fake);
    });
    // From the end: a generic within a pattern that was replaced has no use.
    for (linalg::GenericOp op : llvm::reverse(generics))
      raise(op);
    for (FakeQuantOp op : written) {
      makeSigned(op);
      if (isConstantDerived(op.getInput()))
        replace(op, op.getInput(), op.getType(), getNumerics(op));
    }
  }

  void raise(linalg::GenericOp op) {
    if (!isElementwise(op) || op->use_empty())
      return;
    auto shape = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!shape || !shape.getElementType().isF32())
      return;
    std::optional<FakeQuant> found = match(op);
    if (!found || !keepsValue(*found))
      return;
    // The value that goes in: an operand of the first generic, or its result.
    OpOperand *operand = found->input.getOperand();
    std::optional<StorageRange> range = getStorage(*found);
    if (!operand || !range || operand->get().getType() != shape)
      return;
    if (!range->isSigned)
      makeSigned(*range, found->zero);
    quant::QuantizedType type = makeQuantizedType(
        op.getContext(), shape.getShape(), found->scale, found->zero, *range);
    if (type)
      replace(op, operand->get(), type,
              NumericsAttr::get(op.getContext(), Rounding::HalfEven,
                                getNumerics(op).getMultiplier()));
  }

  /// `numerics` is what the pattern rounds by, whatever the module does.
  void replace(Operation *op, Value input, quant::QuantizedType type,
               NumericsAttr numerics) {
    OpBuilder builder(op);
    Value raised;
    if (isConstantDerived(input))
      raised = storeConstant(builder, op->getLoc(), input, type,
                             getRounding(numerics));
    else if (isa<quant::UniformQuantizedType>(type) && !isa<FakeQuantOp>(op))
      raised = FakeQuantOp::create(
          builder, op->getLoc(), input.getType(), input, TypeAttr::get(type),
          numerics == getNumerics(op) ? NumericsAttr() : numerics);
    if (!raised)
      return;
    StringRef name = QOptDialect::getNameAttrName();
    if (Attribute given = op->getAttr(name))
      raised.getDefiningOp()->setAttr(name, given);
    op->getResult(0).replaceAllUsesWith(raised);
    op->erase();
  }
};
} // namespace
