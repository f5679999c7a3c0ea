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

/// A bound of |value|, an integer, from types and constants.
static double boundOfInteger(Value value) {
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return std::abs(double(constant.getSExtValue()));
  if (auto extend = value.getDefiningOp<arith::ExtSIOp>())
    return boundOfInteger(extend.getIn());
  if (auto extend = value.getDefiningOp<arith::ExtUIOp>())
    return std::ldexp(1.0, extend.getIn().getType().getIntOrFloatBitWidth());
  double ofType = std::ldexp(1.0, value.getType().getIntOrFloatBitWidth() - 1);
  double sum = ofType;
  if (auto add = value.getDefiningOp<arith::AddIOp>())
    sum = boundOfInteger(add.getLhs()) + boundOfInteger(add.getRhs());
  if (auto sub = value.getDefiningOp<arith::SubIOp>())
    sum = boundOfInteger(sub.getLhs()) + boundOfInteger(sub.getRhs());
  return std::min(ofType, sum);
}

double mlir::qopt::boundOf(const Stage *stage, Value value) {
  // Each rounding to f32 adds at most one part in 2^24.
  constexpr double kRounding = 1 + 0x1p-23;
  constexpr double kUnbounded = std::numeric_limits<double>::infinity();
  APFloat real(0.0f);
  if (matchPattern(value, m_ConstantFloat(&real)))
    return real.isFinite() ? std::abs(real.convertToDouble()) : kUnbounded;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    unsigned index = argument.getArgNumber();
    if (stage && index < stage->inputs.size() &&
        static_cast<int>(index) != stage->accumulator &&
        stage->inputs[index].element.isF32())
      if (auto bytes = getConstantBytes(stage->inputs[index].buffer))
        return magnitudeOf(bytes->data);
    return kUnbounded;
  }
  if (auto convert = value.getDefiningOp<arith::SIToFPOp>())
    return boundOfInteger(convert.getIn());
  if (auto select = value.getDefiningOp<arith::SelectOp>())
    return std::max(boundOf(stage, select.getTrueValue()),
                    boundOf(stage, select.getFalseValue()));
  if (auto mul = value.getDefiningOp<arith::MulFOp>()) {
    double product =
        boundOf(stage, mul.getLhs()) * boundOf(stage, mul.getRhs()) * kRounding;
    // Zero times infinity.
    return std::isnan(product) ? kUnbounded : product;
  }
  if (auto add = value.getDefiningOp<arith::AddFOp>())
    return (boundOf(stage, add.getLhs()) + boundOf(stage, add.getRhs())) *
           kRounding;
  if (auto div = value.getDefiningOp<arith::DivFOp>())
    if (matchPattern(div.getRhs(), m_ConstantFloat(&real)) && real.isNormal())
      return boundOf(stage, div.getLhs()) / std::abs(real.convertToDouble()) *
             kRounding;
  return kUnbounded;
}

std::optional<quantopt::ConstantDivision>
mlir::qopt::getExactDivision(const Stage *stage, arith::DivFOp division) {
  APFloat divisor(0.0f);
  // Tiny quotients may differ by next to nothing, which rounding hides.
  bool isRounded =
      llvm::all_of(division->getUsers(), llvm::IsaPred<math::RoundEvenOp>);
  // Far from overflow, also after the multiplication by the reciprocal.
  if (!isRounded || !division.getType().isF32() ||
      boundOf(stage, division.getLhs()) >= 0x1p80 ||
      !matchPattern(division.getRhs(), m_ConstantFloat(&divisor)))
    return std::nullopt;
  return quantopt::getConstantDivision(divisor.convertToFloat());
}
