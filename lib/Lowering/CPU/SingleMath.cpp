//===- SingleMath.cpp - Functions of f32 evaluated in f32 -----------------===//
//
// Sources of the methods. e^x as 2^n times a polynomial, with a reduction by
// ln(2) in two parts: Cody and Waite, Software Manual for the Elementary
// Functions, 1980; Muller, Elementary Functions, 3rd edition, chapters 5
// and 11. Polynomials are minimax for the relative error of the function, by
// the Remez algorithm with 40 digits, rounded to f32 and, for erf, improved by
// a search among neighbours.
//
//===----------------------------------------------------------------------===//

#include "SingleMath.h"
#include "MathBuilder.h"

#include "mlir/IR/Matchers.h"

#include <limits>

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// (e^r - 1 - r) / r^2 for r from -ln(2)/2 to ln(2)/2, to 2^-28 of e^r.
constexpr float kExp[] = {0x1.fffffcp-2f, 0x1.555492p-3f, 0x1.5558f2p-5f,
                          0x1.123a2p-7f, 0x1.6a23cap-10f};
/// erf(x) / x - 1 for x up to kErfMiddle, where x^2 = (1 + t) / kErfScale, for
/// t from -1 to 1, to 2^-25 of erf(x) / x.
constexpr float kErf[] = {-0x1.06c846p-2f, -0x1.ff54eep-3f,  0x1.805c5p-4f,
                          -0x1.f3ff64p-6f, 0x1.14d7aep-7f,   -0x1.07858cp-9f,
                          0x1.b7b9b8p-12f, -0x1.56d828p-14f, 0x1.ba3984p-17f};
constexpr float kErfScale = 0x1.4e5e0ap-1f, kErfMiddle = 1.75f;
/// erf(x) from there to kMostErf, behind which it rounds to 1, for t from -1 to
/// 1, where t = kErfSlope * x + kErfShift, to 2^-25.
constexpr float kLargeErf[] = {
    0x1.fff848p-1f,   0x1.93bfc8p-12f,  -0x1.38f2eap-10f, 0x1.2fca0ep-9f,
    -0x1.973994p-9f,  0x1.88b49cp-9f,   -0x1.19513ap-9f,  0x1.23b1eap-10f,
    -0x1.051c8cp-12f, -0x1.353402p-13f, 0x1.7c6654p-14f};
constexpr float kErfSlope = 0x1.d57762p-1f, kErfShift = -0x1.4d643cp+1f,
                kMostErf = 3.9312f;

constexpr float kLog2E = 0x1.715476p+0f;
constexpr float kLn2High = 0x1.62e43p-1f, kLn2Low = -0x1.05c61p-29f;
/// Adding this rounds a number of less than 2^22 to an integer, which stands in
/// the low bits of the sum.
constexpr float kRound = 0x1.8p23f;
constexpr int32_t kExponentShift = 23;
/// The largest x for which e^x is finite, and the least for which it is normal.
constexpr float kMostExponent = 0x1.62e42ep+6f,
                kLeastExponent = -0x1.5d589ep+6f;
/// From here on, tanh rounds to 1.
constexpr float kMostTanh = 9.02f;

class Single : public MathBuilder {
public:
  using MathBuilder::MathBuilder;

  Value fma(Value a, Value b, Value c) {
    return math::FmaOp::create(this->b, loc, a, b, c);
  }
  Value polynomial(Value x, ArrayRef<float> coefficients) {
    Value sum = single(coefficients.back());
    for (float coefficient : llvm::reverse(coefficients.drop_back()))
      sum = fma(sum, x, single(coefficient));
    return sum;
  }

  /// x as n * ln(2) + rest, where `exponent` is n in the place of an exponent.
  struct Reduced {
    Value rest, exponent;
  };
  Reduced reduce(Value x) {
    Value shifted = fma(x, single(kLog2E), single(kRound));
    Value n = sub(shifted, single(kRound));
    Value rest = fma(n, single(-kLn2High), x);
    rest = fma(n, single(-kLn2Low), rest);
    return {rest,
            make<arith::ShLIOp>(bits(shifted, i32()), integer(kExponentShift))};
  }
  /// `value` times 2^n.
  Value scale(Value value, Value exponent) {
    return bits(make<arith::AddIOp>(bits(value, i32()), exponent), narrow);
  }
};

} // namespace

static Value emitExp(Single &s, ArrayRef<Value> operands) {
  Value x = operands[0], one = s.single(1);
  auto [r, exponent] = s.reduce(x);
  Value power = s.fma(s.fma(s.polynomial(r, kExp), r, one), r, one);
  // What is no number stays so, and what is too large becomes infinite.
  Value beyond = s.add(x, s.single(std::numeric_limits<float>::infinity()));
  Value isFinite = s.is(arith::CmpFPredicate::OLE, x, s.single(kMostExponent));
  Value result = s.choose(isFinite, s.scale(power, exponent), beyond);
  return s.choose(s.less(x, s.single(kLeastExponent)), s.single(0), result);
}

namespace {
/// An argument, and what has its sign where it is zero.
struct Argument {
  Value value, sign;
};
} // namespace

/// `value`, for a function that does not change beyond `most`. A quotient by a
/// constant becomes a product that its remainder corrects, which is the rounded
/// quotient (P. Markstein, IBM J. Res. Dev. 34(1), 1990), or one next to it
/// where it is less than 2^-80: a division takes as long as the function.
static Argument emitArgument(Single &s, Value value, float most) {
  auto division = value.getDefiningOp<arith::DivFOp>();
  APFloat constant(0.0f);
  if (!division || !matchPattern(division.getRhs(), m_ConstantFloat(&constant)))
    return {value, value};
  constexpr float kLargest = 0x1p20f;
  const float divisor = constant.convertToFloat();
  if (!(divisor >= 1 / kLargest && divisor <= kLargest))
    return {value, value};
  // Infinity has no remainder.
  const float bound = 2 * most * divisor;
  Value x =
      s.atLeast(s.atMost(division.getLhs(), s.single(bound)), s.single(-bound));
  Value factor = s.single(1 / divisor);
  Value quotient = s.mul(x, factor);
  Value remainder = s.fma(quotient, s.single(-divisor), x);
  return {s.fma(remainder, factor, quotient), division.getLhs()};
}

static Value emitErf(Single &s, ArrayRef<Value> operands) {
  auto [x, sign] = emitArgument(s, operands[0], kMostErf);
  Value a = s.abs(x);
  Value t = s.fma(s.mul(x, x), s.single(kErfScale), s.single(-1));
  Value small = s.fma(a, s.polynomial(t, kErf), a);
  Value u = s.fma(s.atMost(a, s.single(kMostErf)), s.single(kErfSlope),
                  s.single(kErfShift));
  Value large = s.atMost(s.polynomial(u, kLargeErf), s.single(1));
  return s.withSign(s.choose(s.less(a, s.single(kErfMiddle)), small, large),
                    sign);
}

/// (e^2a - 1) / (e^2a + 1) for a = |x|.
static Value emitTanh(Single &s, ArrayRef<Value> operands) {
  Value x = operands[0];
  Value a = s.atMost(s.abs(x), s.single(kMostTanh));
  auto [r, exponent] = s.reduce(s.add(a, a));
  Value rest = s.fma(s.polynomial(r, kExp), s.mul(r, r), r);
  Value power = s.scale(s.single(1), exponent);
  Value less = s.fma(power, rest, s.sub(power, s.single(1)));
  return s.withSign(s.div(less, s.add(less, s.single(2))), x);
}

void mlir::qopt::populateSingleMathPatterns(RewritePatternSet &patterns) {
  patterns.add<SpellMath<math::ExpOp, Single, emitExp>,
               SpellMath<math::ErfOp, Single, emitErf>,
               SpellMath<math::TanhOp, Single, emitTanh>>(
      patterns.getContext());
}
