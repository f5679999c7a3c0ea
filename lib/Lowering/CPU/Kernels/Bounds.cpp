//===- Bounds.cpp - How large values of a body can get --------------------===//

#include "Bounds.h"
#include "Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::qopt;

/// The largest magnitude among constant f32 `bytes`; infinite with NaN.
static double magnitudeOf(ArrayRef<char> bytes) {
  double largest = 0;
  for (size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    float value;
    std::memcpy(&value, bytes.data() + at, 4);
    // Written so that NaN is taken.
    if (!(std::abs(double(value)) <= largest))
      largest = std::isnan(value) ? std::numeric_limits<double>::infinity()
                                  : std::abs(double(value));
  }
  return largest;
}

static constexpr double kUnbounded = std::numeric_limits<double>::infinity();

namespace {
/// Bounds of the values of one body. Remembers them, since values that many
/// operations read would be asked for along each path else.
class BodyBounds {
public:
  explicit BodyBounds(const Stage *stage) : stage(stage) {}

  double operator()(Value value) {
    auto known = bounds.find(value);
    if (known != bounds.end())
      return known->second;
    double bound =
        value.getType().isInteger() ? ofInteger(value) : ofReal(value);
    bounds[value] = bound;
    return bound;
  }

private:
  /// From types and constants.
  double ofInteger(Value value);
  double ofReal(Value value);
  double ofIntegerArgument(BlockArgument argument);
  double ofArgument(BlockArgument argument);

  const Stage *stage;
  DenseMap<Value, double> bounds;
};
} // namespace

double BodyBounds::ofInteger(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return std::abs(double(constant.getSExtValue()));
  if (auto argument = dyn_cast<BlockArgument>(value))
    return std::min(
        std::ldexp(1.0, value.getType().getIntOrFloatBitWidth() - 1),
        ofIntegerArgument(argument));
  if (auto extend = value.getDefiningOp<arith::ExtSIOp>())
    return (*this)(extend.getIn());
  if (auto extend = value.getDefiningOp<arith::ExtUIOp>())
    return std::ldexp(1.0, extend.getIn().getType().getIntOrFloatBitWidth());
  double ofType = std::ldexp(1.0, value.getType().getIntOrFloatBitWidth() - 1);
  double sum = ofType;
  if (auto add = value.getDefiningOp<arith::AddIOp>())
    sum = (*this)(add.getLhs()) + (*this)(add.getRhs());
  if (auto sub = value.getDefiningOp<arith::SubIOp>())
    sum = (*this)(sub.getLhs()) + (*this)(sub.getRhs());
  return std::min(ofType, sum);
}

double BodyBounds::ofIntegerArgument(BlockArgument argument) {
  unsigned index = argument.getArgNumber();
  if (!stage || index >= stage->inputs.size())
    return kUnbounded;
  if (static_cast<int>(index) == stage->accumulator)
    return stage->accumulatorBound;
  const Access &access = stage->inputs[index];
  APInt constant;
  if (matchPattern(access.buffer, m_ConstantInt(&constant)))
    return std::abs(double(constant.getSExtValue()));
  auto bytes = access.element.isInteger(32) ? getConstantBytes(access.buffer)
                                            : std::nullopt;
  if (!bytes)
    return kUnbounded;
  double largest = 0;
  for (size_t at = 0; at + 4 <= bytes->data.size(); at += 4) {
    int32_t element;
    std::memcpy(&element, bytes->data.data() + at, 4);
    largest = std::max(largest, std::abs(double(element)));
  }
  return largest;
}

double BodyBounds::ofArgument(BlockArgument argument) {
  unsigned index = argument.getArgNumber();
  if (stage && index < stage->inputs.size() &&
      static_cast<int>(index) != stage->accumulator &&
      stage->inputs[index].element.isF32())
    if (auto bytes = getConstantBytes(stage->inputs[index].buffer))
      return magnitudeOf(bytes->data);
  return kUnbounded;
}

double BodyBounds::ofReal(Value value) {
  // Each rounding to f32 adds at most one part in 2^24.
  constexpr double kRounding = 1 + 0x1p-23;
  APFloat real(0.0f);
  if (matchPattern(value, m_ConstantFloat(&real)))
    return real.isFinite() ? std::abs(real.convertToDouble()) : kUnbounded;
  if (auto argument = dyn_cast<BlockArgument>(value))
    return ofArgument(argument);
  if (auto convert = value.getDefiningOp<arith::SIToFPOp>())
    return (*this)(convert.getIn()) * kRounding;
  if (auto select = value.getDefiningOp<arith::SelectOp>())
    return std::max((*this)(select.getTrueValue()),
                    (*this)(select.getFalseValue()));
  if (auto mul = value.getDefiningOp<arith::MulFOp>())
    return (*this)(mul.getLhs()) * (*this)(mul.getRhs()) * kRounding;
  if (auto add = value.getDefiningOp<arith::AddFOp>())
    return ((*this)(add.getLhs()) + (*this)(add.getRhs())) * kRounding;
  if (auto div = value.getDefiningOp<arith::DivFOp>())
    if (matchPattern(div.getRhs(), m_ConstantFloat(&real)) && real.isNormal())
      return (*this)(div.getLhs()) / std::abs(real.convertToDouble()) *
             kRounding;
  return kUnbounded;
}

double mlir::qopt::boundOf(const Stage *stage, Value value) {
  return BodyBounds(stage)(value);
}

double mlir::qopt::boundAccumulator(const Nest &nest) {
  if (!nest.init || !nest.hasReduction())
    return kUnbounded;
  linalg::GenericOp init = nest.init->op;
  Value first = init.getBody()->getTerminator()->getOperand(0);
  auto mostOf = [&](const Factor &factor) {
    const unsigned bits =
        nest.inputs[factor.input].element.getIntOrFloatBitWidth();
    return std::ldexp(1.0, factor.isUnsigned ? bits : bits - 1);
  };
  double term;
  if (auto sum = matchSum(nest); sum && !sum->scale)
    term = mostOf(*sum);
  else if (auto product = matchProduct(nest))
    term = mostOf(product->first) * mostOf(product->second);
  else
    return kUnbounded;
  if (!first.getType().isInteger(32))
    return kUnbounded;
  for (auto [size, isReduced] : llvm::zip(nest.sizes, nest.isReduction))
    if (isReduced)
      term *= double(size);
  // Larger ones wrap around.
  const double bound = term + boundOf(&*nest.init, first);
  return bound < 0x1p31 ? bound : kUnbounded;
}

/// What |value| is at least where it is not zero, for products and quotients of
/// an integer and constants; zero where nothing is known.
static double smallestOf(Value value) {
  // Each rounding to f32 takes at most one part in 2^24 away.
  constexpr double kRounding = 1 - 0x1p-23;
  // Smaller ones are rounded more coarsely.
  constexpr double kSmallest = 0x1p-100;
  if (auto convert = value.getDefiningOp<arith::SIToFPOp>())
    return convert.getType().isF32() ? 1 : 0;
  APFloat real(0.0f);
  auto isConstant = [&](Value factor) {
    return matchPattern(factor, m_ConstantFloat(&real)) && real.isNormal();
  };
  double smallest = 0;
  if (auto mul = value.getDefiningOp<arith::MulFOp>();
      mul && isConstant(mul.getRhs()))
    smallest =
        smallestOf(mul.getLhs()) * std::abs(real.convertToDouble()) * kRounding;
  else if (auto div = value.getDefiningOp<arith::DivFOp>();
           div && isConstant(div.getRhs()))
    smallest =
        smallestOf(div.getLhs()) / std::abs(real.convertToDouble()) * kRounding;
  return smallest >= kSmallest ? smallest : 0;
}

std::optional<int64_t> mlir::qopt::matchWhole(Value value) {
  APFloat real(0.0f);
  if (!matchPattern(value, m_ConstantFloat(&real)))
    return std::nullopt;
  double number = real.convertToDouble();
  if (number != std::floor(number) || std::abs(number) > 65536)
    return std::nullopt;
  return static_cast<int64_t>(number);
}

Value mlir::qopt::matchBound(Value value, arith::CmpFPredicate predicate,
                             int64_t &bound) {
  auto select = value.getDefiningOp<arith::SelectOp>();
  if (!select)
    return nullptr;
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!compare || compare.getPredicate() != predicate ||
      compare.getLhs() != select.getTrueValue() ||
      compare.getRhs() != select.getFalseValue())
    return nullptr;
  std::optional<int64_t> whole = matchWhole(select.getFalseValue());
  if (!whole)
    return nullptr;
  bound = *whole;
  return select.getTrueValue();
}

/// Whether all uses of `value` clamp it from below and then from above, by
/// bounds of 16 bits that NaN does not pass, be it with such a number added.
static bool isSaturated(Value value) {
  // The result of the only clamp of `clamped`, by `predicate`.
  auto clamp = [](Value clamped, arith::CmpFPredicate predicate) -> Value {
    Value result;
    for (Operation *user : clamped.getUsers()) {
      if (auto compare = dyn_cast<arith::CmpFOp>(user);
          compare && compare.getPredicate() == predicate &&
          compare.getLhs() == clamped && matchWhole(compare.getRhs()))
        continue;
      int64_t bound;
      if (result || user->getNumResults() != 1 ||
          matchBound(user->getResult(0), predicate, bound) != clamped)
        return nullptr;
      result = user->getResult(0);
    }
    return result;
  };
  if (value.hasOneUse())
    if (auto add = dyn_cast<arith::AddFOp>(*value.user_begin()))
      return matchWhole(add.getRhs()) && isSaturated(add.getResult());
  Value low = clamp(value, arith::CmpFPredicate::OGT);
  return low && clamp(low, arith::CmpFPredicate::OLT);
}

std::optional<ExactDivision>
mlir::qopt::getExactDivision(const Stage *stage, arith::DivFOp division) {
  APFloat constant(0.0f), scale(0.0f);
  // Tiny quotients may differ by next to nothing, which rounding hides.
  const bool isRounded =
      llvm::all_of(division->getUsers(), llvm::IsaPred<math::RoundEvenOp>);
  const bool isLarge = smallestOf(division.getResult()) > 0;
  if ((!isRounded && !isLarge) || !division.getType().isF32() ||
      !matchPattern(division.getRhs(), m_ConstantFloat(&constant)))
    return std::nullopt;
  const float divisor = constant.convertToFloat();
  ExactDivision exact{division.getLhs(), divisor,
                      quantopt::getConstantDivision(divisor)};
  // The correction by the remainder is exact for these, where no more is read
  // than the rounded quotient.
  if (!exact.factors &&
      !(isRounded && divisor >= 0x1p-60f && divisor <= 0x1p60f))
    return std::nullopt;
  // Far from overflow, also after the multiplication by the reciprocal, and so
  // small that processors may convert the quotient.
  const double bound = boundOf(stage, division.getLhs());
  if (isRounded && bound / divisor >= 0x1p30 &&
      llvm::all_of(division->getUsers(), [](Operation *round) {
        return isSaturated(round->getResult(0));
      }))
    exact.limit = std::ldexp(1.0f, std::ilogb(divisor) + 21);
  if (bound >= 0x1p80 && exact.limit == 0)
    return std::nullopt;
  // A power of two shifts what is rounded already.
  auto product = division.getLhs().getDefiningOp<arith::MulFOp>();
  if (exact.factors && exact.factors->low == 0 && isLarge && product &&
      matchPattern(product.getRhs(), m_ConstantFloat(&scale))) {
    exact.value = product.getLhs();
    exact.factors->high *= scale.convertToFloat();
    if (!std::isnormal(exact.factors->high))
      return std::nullopt;
  }
  return exact;
}

double mlir::qopt::boundWhereDivided(const Stage *stage, Value value) {
  if (auto division = value.getDefiningOp<arith::DivFOp>())
    if (auto exact = getExactDivision(stage, division);
        exact && exact->limit > 0)
      return 0x1p21;
  return boundOf(stage, value);
}
