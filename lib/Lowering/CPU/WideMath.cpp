//===- WideMath.cpp - Functions of f32 evaluated in f64 -------------------===//
//
// Sources of the methods. Splitting a number into exponent and a significand
// around 1, and 2^t into 2^round(t) and a polynomial: Muller, Elementary
// Functions, 3rd edition, chapters 5 and 11. Reduction by pi/2 in two parts:
// Cody and Waite, Software Manual for the Elementary Functions, 1980. Reduction
// of large arguments by the bits of 2/pi that matter: Payne and Hanek, Radian
// reduction for trigonometric functions, SIGNUM 18, 1983. Error of a sum:
// Knuth, The Art of Computer Programming 2, 4.2.2. atan by three intervals:
// Cephes. Polynomials are minimax for the relative error of the function, by
// the Remez algorithm with 50 digits and rounded to f64.
//
//===----------------------------------------------------------------------===//

#include "WideMath.h"
#include "MathBuilder.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// log2(1 + r) / r for r from sqrt(1/2) - 1 to sqrt(2) - 1, to 2^-33, and to
/// 2^-38 where a power of 2 follows, of up to 150 and a bit.
constexpr double kLog2[] = {
    0x1.71547652ef95ep+0,  -0x1.7154767baf3a0p-1, 0x1.ec709c00f6519p-2,
    -0x1.715435eb7f30bp-2, 0x1.277732cb5c76ep-2,  -0x1.ec8d73cdefa51p-3,
    0x1.a615cc133c414p-3,  -0x1.6eb02c3624658p-3, 0x1.45a289be8832bp-3,
    -0x1.417fdb2524b6ep-3, 0x1.3d261d51a9493p-3,  -0x1.61acf252fb252p-4};
constexpr double kExactLog2[] = {
    0x1.71547652b58f7p+0,  -0x1.71547651b7161p-1, 0x1.ec709de33cb12p-2,
    -0x1.71547888295ebp-2, 0x1.2776b6cce9e83p-2,  -0x1.ec6f2e07fb2dep-3,
    0x1.a61b7dd43360ep-3,  -0x1.7188d286178a3p-3, 0x1.481fac67cdc61p-3,
    -0x1.23d6553b2354ep-3, 0x1.0acdf64b6e1dcp-3,  -0x1.13b87fb24fdcbp-3,
    0x1.0f62653b1ffe1p-3,  -0x1.1da6c8a50bffdp-4};
/// (2^r - 1) / r for r from -1/2 to 1/2, to 2^-32.
constexpr double kExp2[] = {0x1.62e42fefd3296p-1,  0x1.ebfbe04530277p-3,
                            0x1.c6b08cb164cb7p-5,  0x1.3b2a1c3624f12p-7,
                            0x1.5d88bdb914a5ep-10, 0x1.443f6247ce306p-13,
                            0x1.ffcbd215863e5p-17};
/// (sin(r) / r - 1) / z and (cos(r) - 1) / z, where z = r * r, for r from -pi/4
/// to pi/4, to 2^-37 and 2^-33 of sin(r) and cos(r).
constexpr double kSin[] = {-0x1.5555554c71d18p-3, 0x1.1111086a624b4p-7,
                           -0x1.a00f7f2974c83p-13, 0x1.6cd1f2cfe0ce1p-19};
constexpr double kCos[] = {-0x1.ffffffcb82f58p-2, 0x1.55553c7899789p-5,
                           -0x1.6c07f168dea78p-10, 0x1.99169fa719798p-16};
/// (atan(r) / r - 1) / z for r up to tan(pi/8), to 2^-35 of atan(r).
constexpr double kAtan[] = {-0x1.555554c604b60p-2, 0x1.999918a07f76bp-3,
                            -0x1.247eda4e709a5p-3, 0x1.c463fbef55673p-4,
                            -0x1.5b301ead6edc3p-4, 0x1.84a1e66bd4e81p-5};

/// Adding this rounds a number of less than 2^51 to an integer, which stands in
/// the low bits of the sum.
constexpr double kRound = 0x1.8p52;
constexpr double kLog2E = 0x1.71547652b82fep+0;
constexpr double kLn2 = 0x1.62e42fefa39efp-1;
constexpr double kLog10Of2 = 0x1.34413509f79ffp-2;
constexpr double kPi = 0x1.921fb54442d18p+1;
/// pi/2 in two parts: products of the first one, of 33 bits, with integers
/// below 2^20 are exact.
constexpr double kHalfPiHigh = 0x1.921fb544p+0;
constexpr double kHalfPiLow = 0x1.0b4611a626331p-34;
constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
/// Up to here the two parts do.
constexpr float kLargeAngle = 0x1p20f;
/// 2/pi by 29 bits at a time: products with an f32 are exact. What is behind
/// the last is less than 2^-74 of a quarter turn for every f32.
constexpr int kPieceBits = 29;
constexpr int64_t kTwoOverPiPieces[] = {0x145f306d, 0x19391054, 0x14fe13ab,
                                        0x1d1f534d, 0x1b81b6c5, 0x5664f10,
                                        0x1c820ff2};

constexpr double kInf = std::numeric_limits<double>::infinity();

/// The operations of MathBuilder, and those on f64.
class Wide : public MathBuilder {
public:
  using MathBuilder::MathBuilder;

  Type f64() { return typeOf(b.getF64Type()); }
  Type i64() { return typeOf(b.getI64Type()); }

  Value real(double value) { return constant(b.getF64FloatAttr(value)); }
  Value word(uint64_t value) { return constant(b.getI64IntegerAttr(value)); }
  using MathBuilder::add, MathBuilder::sub, MathBuilder::mul;
  Value add(Value left, double right) { return add(left, real(right)); }
  Value sub(Value left, double right) { return sub(left, real(right)); }
  Value mul(Value left, double right) { return mul(left, real(right)); }
  Value isSet(Value words, uint64_t mask) {
    Value masked = both(words, word(mask));
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne, masked,
                                 word(0));
  }
  Value words(Value value) { return bits(value, i64()); }
  Value widen(Value value) {
    return arith::ExtFOp::create(b, loc, f64(), value);
  }
  Value round(Value value) {
    return arith::TruncFOp::create(b, loc, narrow, value);
  }

  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value sum = real(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      sum = add(mul(sum, x), coefficient);
    return sum;
  }

  /// log2(1 + offset), finite and positive, and `sum` the rounded 1 + offset.
  /// Without `offset`, log2(sum).
  Value log2(Value sum, Value offset = Value(),
             ArrayRef<double> coefficients = kLog2) {
    constexpr uint64_t kHalf = 0x3fe6a09e00000000, kExponent = 0xfffull << 52;
    Value all = words(sum);
    Value above = make<arith::SubIOp>(all, word(kHalf));
    Value exponent = both(above, word(kExponent));
    Value significand = bits(make<arith::SubIOp>(all, exponent), f64());
    // As a number: the bits of 2^52 + 1024 + exponent.
    Value biased = make<arith::ShRUIOp>(
        make<arith::AddIOp>(above, word(1024ull << 52)), word(52));
    Value number =
        sub(bits(either(biased, words(real(0x1p52))), f64()), 0x1p52 + 1024);
    Value r = sub(significand, 1.0);
    if (offset) {
      Value isNear = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                           exponent, word(0));
      r = choose(isNear, offset, r);
    }
    return add(number, mul(r, polynomial(r, coefficients)));
  }

  /// 2^t as `scale` times 1 + `rest`, for any t: beyond what f32 reaches, the
  /// result stays beyond it.
  struct Power {
    Value scale, rest;
  };
  Power exp2(Value t) {
    constexpr double kMost = 300;
    t = choose(less(real(kMost), t), real(kMost), t);
    t = choose(less(t, real(-kMost)), real(-kMost), t);
    Value shifted = add(t, kRound);
    Value r = sub(t, sub(shifted, kRound));
    Value exponent = make<arith::ShLIOp>(words(shifted), word(52));
    Value scale = bits(make<arith::AddIOp>(exponent, words(real(1.0))), f64());
    return {scale, mul(r, polynomial(r, kExp2))};
  }
  Value value(const Power &power) {
    return add(power.scale, mul(power.scale, power.rest));
  }
  Value valueMinusOne(const Power &power) {
    return add(sub(power.scale, 1.0), mul(power.scale, power.rest));
  }

  /// An angle as `turns` quarter turns, of which the two low bits count, and a
  /// rest of up to pi/4.
  struct Angle {
    Value rest, turns;
  };
  Angle reduce(Value x);
  Angle reduceLarge(Value wide);
  Value anyOf(Value condition);

  struct Circle {
    Value sine, cosine;
  };
  Circle circle(Value rest) {
    Value z = mul(rest, rest);
    return {add(rest, mul(mul(rest, z), polynomial(z, kSin))),
            add(mul(z, polynomial(z, kCos)), 1.0)};
  }
  /// sin for a quarter of 0, cos for one of 1.
  Value sine(Value x, uint64_t quarter) {
    Angle angle = reduce(x);
    Value turns = angle.turns;
    if (quarter)
      turns = make<arith::AddIOp>(turns, word(quarter));
    Circle at = circle(angle.rest);
    Value chosen = choose(isSet(turns, 1), at.cosine, at.sine);
    Value sign = make<arith::ShLIOp>(both(turns, word(2)), word(62));
    Value result = round(bits(flip(words(chosen), sign), f64()));
    return choose(equal(abs(x), single(kInf)), invalid(), orNaN(x, result));
  }

  /// The angle of a point with coordinates y and x, both positive or zero.
  Value angle(Value y, Value x) {
    Value isSteep = less(mul(x, 0x1.3504f333f9de6p+1), y);
    Value isMiddle = less(mul(x, 0x1.a827999fcef32p-2), y);
    Value numerator =
        choose(isSteep, sub(real(0.0), x), choose(isMiddle, sub(y, x), y));
    Value denominator = choose(isSteep, y, choose(isMiddle, add(y, x), x));
    Value base = choose(isSteep, real(kPi / 2),
                        choose(isMiddle, real(kPi / 4), real(0.0)));
    Value t = choose(equal(y, real(0.0)), y, div(numerator, denominator));
    Value z = mul(t, t);
    Value rest = add(t, mul(mul(t, z), polynomial(z, kAtan)));
    Value both = equal(x, real(kInf));
    Value onDiagonal = this->both(both, equal(y, real(kInf)));
    return choose(onDiagonal, real(kPi / 4), add(base, rest));
  }
  /// The same where x, of f32, may be negative.
  Value angleOf(Value y, Value x, Value signOfX) {
    Value first = angle(y, x);
    Value isLeft = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                         bits(signOfX, i32()),
                                         constant(b.getI32IntegerAttr(0)));
    return choose(isLeft, sub(real(kPi), first), first);
  }
};

} // namespace

Value Wide::anyOf(Value condition) {
  auto type = dyn_cast<VectorType>(condition.getType());
  if (!type)
    return condition;
  if (type.getRank() != 1)
    condition = vector::ShapeCastOp::create(
        b, loc, VectorType::get({type.getNumElements()}, type.getElementType()),
        condition);
  return vector::ReductionOp::create(b, loc, vector::CombiningKind::OR,
                                     condition);
}

Wide::Angle Wide::reduce(Value x) {
  Value wide = widen(x);
  Value shifted = add(mul(wide, kTwoOverPi), kRound);
  Value count = sub(shifted, kRound);
  Value rest = sub(sub(wide, mul(count, kHalfPiHigh)), mul(count, kHalfPiLow));
  Value turns = words(shifted);
  Value isLarge = is(arith::CmpFPredicate::OGE, abs(x), single(kLargeAngle));
  auto branch = scf::IfOp::create(
      b, loc, anyOf(isLarge),
      [&](OpBuilder &, Location) {
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointToEnd(b.getInsertionBlock());
        Angle large = reduceLarge(wide);
        scf::YieldOp::create(b, loc,
                             ValueRange{choose(isLarge, large.rest, rest),
                                        choose(isLarge, large.turns, turns)});
      },
      [&](OpBuilder &, Location) {
        scf::YieldOp::create(b, loc, ValueRange{rest, turns});
      });
  return {branch.getResult(0), branch.getResult(1)};
}

/// The product with each piece of 2/pi is exact and loses its whole turns, and
/// their sum is kept with its error.
Wide::Angle Wide::reduceLarge(Value wide) {
  Value sum, error;
  for (auto [index, piece] : llvm::enumerate(kTwoOverPiPieces)) {
    Value quarters =
        mul(wide, std::ldexp(double(piece), -kPieceBits * int(index + 1)));
    Value turns = mul(quarters, 0.25);
    // A number of 2^52 and more is whole, and less than that is rounded to an
    // even number by twice kRound.
    Value whole = choose(less(abs(turns), real(0x1p52)),
                         sub(add(turns, 2 * kRound), 2 * kRound), turns);
    Value part = sub(quarters, mul(whole, 4.0));
    if (!sum) {
      sum = part;
      continue;
    }
    Value next = add(sum, part);
    Value second = sub(next, sum);
    Value lost = add(sub(sum, sub(next, second)), sub(part, second));
    error = error ? add(error, lost) : lost;
    sum = next;
  }
  Value shifted = add(sum, kRound);
  Value rest = add(sub(sum, sub(shifted, kRound)), error);
  return {mul(rest, kPi / 2), words(shifted)};
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

using Operands = ArrayRef<Value>;

static Value emitExp2(Wide &w, Operands x) {
  return w.orNaN(x[0], w.round(w.value(w.exp2(w.widen(x[0])))));
}

static Value emitExpM1(Wide &w, Operands x) {
  Value result = w.round(w.valueMinusOne(w.exp2(w.mul(w.widen(x[0]), kLog2E))));
  // Keeps the sign of zero.
  Value isZero = w.equal(x[0], w.single(0));
  return w.choose(isZero, x[0], w.orNaN(x[0], result));
}

static Value emitSinh(Wide &w, Operands x) {
  Value t = w.mul(w.widen(w.abs(x[0])), kLog2E);
  Value less = w.valueMinusOne(w.exp2(t));
  Value sum = w.add(less, w.div(less, w.add(less, 1.0)));
  return w.orNaN(x[0], w.withSign(w.round(w.mul(sum, 0.5)), x[0]));
}

static Value emitCosh(Wide &w, Operands x) {
  Value t = w.mul(w.widen(w.abs(x[0])), kLog2E);
  Value power = w.value(w.exp2(t));
  Value sum = w.add(power, w.div(w.real(1.0), power));
  return w.orNaN(x[0], w.round(w.mul(sum, 0.5)));
}

/// The logarithm of `argument`, rounded to f32, where that is finite and
/// positive, and what the others give.
static Value finishLog(Wide &w, Value x, Value argument, Value logarithm) {
  Value result = w.round(logarithm);
  Value zero = w.real(0.0);
  result = w.choose(w.equal(argument, zero), w.single(-kInf), result);
  result = w.choose(w.equal(argument, w.real(kInf)), w.single(kInf), result);
  result = w.choose(w.less(argument, zero), w.invalid(), result);
  return w.orNaN(x, result);
}

static Value emitLog(Wide &w, Operands x) {
  Value wide = w.widen(x[0]);
  return finishLog(w, x[0], wide, w.mul(w.log2(wide), kLn2));
}

static Value emitLog2(Wide &w, Operands x) {
  Value wide = w.widen(x[0]);
  return finishLog(w, x[0], wide, w.log2(wide));
}

static Value emitLog10(Wide &w, Operands x) {
  Value wide = w.widen(x[0]);
  return finishLog(w, x[0], wide, w.mul(w.log2(wide), kLog10Of2));
}

static Value emitLog1p(Wide &w, Operands x) {
  Value wide = w.widen(x[0]);
  Value sum = w.add(wide, 1.0);
  Value result = finishLog(w, x[0], sum, w.mul(w.log2(sum, wide), kLn2));
  return w.choose(w.equal(x[0], w.single(0)), x[0], result);
}

static Value emitAsinh(Wide &w, Operands x) {
  Value a = w.widen(w.abs(x[0]));
  Value square = w.mul(a, a);
  Value root = w.sqrt(w.add(square, 1.0));
  Value offset = w.add(a, w.div(square, w.add(root, 1.0)));
  Value result = w.round(w.mul(w.log2(w.add(offset, 1.0), offset), kLn2));
  result = w.choose(w.equal(a, w.real(kInf)), w.single(kInf), result);
  return w.orNaN(x[0], w.withSign(result, x[0]));
}

static Value emitAcosh(Wide &w, Operands x) {
  Value above = w.sub(w.widen(x[0]), 1.0);
  Value root = w.sqrt(w.mul(above, w.add(above, 2.0)));
  Value offset = w.add(above, root);
  Value result = w.round(w.mul(w.log2(w.add(offset, 1.0), offset), kLn2));
  result = w.choose(w.equal(x[0], w.single(kInf)), x[0], result);
  result = w.choose(w.equal(x[0], w.single(1)), w.single(0), result);
  result = w.choose(w.less(x[0], w.single(1)), w.invalid(), result);
  return w.orNaN(x[0], result);
}

static Value emitAtanh(Wide &w, Operands x) {
  Value narrow = w.abs(x[0]), a = w.widen(narrow);
  Value offset = w.div(w.add(a, a), w.sub(w.real(1.0), a));
  Value result = w.round(w.mul(w.log2(w.add(offset, 1.0), offset), 0.5 * kLn2));
  result = w.choose(w.equal(narrow, w.single(1)), w.single(kInf), result);
  result = w.withSign(result, x[0]);
  result = w.choose(w.less(w.single(1), narrow), w.invalid(), result);
  return w.orNaN(x[0], result);
}

static Value emitCbrt(Wide &w, Operands x) {
  Value narrow = w.abs(x[0]);
  Value third = w.mul(w.log2(w.widen(narrow), Value(), kExactLog2), 1.0 / 3);
  Value result = w.withSign(w.round(w.value(w.exp2(third))), x[0]);
  Value isKept =
      w.either(w.equal(x[0], w.single(0)), w.equal(narrow, w.single(kInf)));
  return w.choose(isKept, x[0], w.orNaN(x[0], result));
}

static Value emitSin(Wide &w, Operands x) {
  Value isZero = w.equal(x[0], w.single(0));
  return w.choose(isZero, x[0], w.sine(x[0], 0));
}

static Value emitCos(Wide &w, Operands x) { return w.sine(x[0], 1); }

static Value emitTan(Wide &w, Operands x) {
  Wide::Angle angle = w.reduce(x[0]);
  Wide::Circle at = w.circle(angle.rest);
  Value isOdd = w.isSet(angle.turns, 1);
  Value quotient = w.div(w.choose(isOdd, at.cosine, at.sine),
                         w.choose(isOdd, at.sine, at.cosine));
  Value sign = w.make<arith::ShLIOp>(angle.turns, w.word(63));
  Value result = w.round(w.bits(w.flip(w.words(quotient), sign), w.f64()));
  result = w.choose(w.equal(w.abs(x[0]), w.single(kInf)), w.invalid(),
                    w.orNaN(x[0], result));
  return w.choose(w.equal(x[0], w.single(0)), x[0], result);
}

static Value emitAtan(Wide &w, Operands x) {
  Value a = w.widen(w.abs(x[0]));
  Value result = w.round(w.angle(a, w.real(1.0)));
  return w.orNaN(x[0], w.withSign(result, x[0]));
}

static Value emitAtan2(Wide &w, Operands x) {
  Value y = w.widen(w.abs(x[0])), along = w.widen(w.abs(x[1]));
  Value result = w.withSign(w.round(w.angleOf(y, along, x[1])), x[0]);
  return w.orNaN(x[0], w.orNaN(x[1], result));
}

/// sqrt(1 - x * x)
static Value emitOther(Wide &w, Value a) {
  return w.sqrt(w.mul(w.sub(w.real(1.0), a), w.add(a, 1.0)));
}

static Value emitAsin(Wide &w, Operands x) {
  Value narrow = w.abs(x[0]), a = w.widen(narrow);
  Value result = w.withSign(w.round(w.angle(a, emitOther(w, a))), x[0]);
  result = w.choose(w.less(w.single(1), narrow), w.invalid(), result);
  return w.orNaN(x[0], result);
}

static Value emitAcos(Wide &w, Operands x) {
  Value narrow = w.abs(x[0]), a = w.widen(narrow);
  Value result = w.round(w.angleOf(emitOther(w, a), a, x[0]));
  result = w.choose(w.less(w.single(1), narrow), w.invalid(), result);
  return w.orNaN(x[0], result);
}

static Value emitPow(Wide &w, Operands operands) {
  using Predicate = arith::CmpFPredicate;
  Value x = operands[0], y = operands[1];
  Value narrow = w.abs(x), zero = w.single(0), infinity = w.single(kInf);
  Value logarithm = w.log2(w.widen(narrow), Value(), kExactLog2);
  Value result = w.round(w.value(w.exp2(w.mul(w.widen(y), logarithm))));

  Value isZero = w.equal(narrow, zero);
  Value vanishes = w.flip(isZero, w.less(y, zero));
  result = w.choose(w.either(isZero, w.equal(narrow, infinity)),
                    w.choose(vanishes, zero, infinity), result);

  // From 2^24 on, every f32 is an even integer.
  Value isSmall = w.less(w.abs(y), w.single(0x1p24f));
  Value integer =
      arith::FPToSIOp::create(w.b, w.loc, w.i32(), w.choose(isSmall, y, zero));
  Value whole = arith::SIToFPOp::create(w.b, w.loc, w.narrow, integer);
  Value low = w.both(integer, w.constant(w.b.getI32IntegerAttr(1)));
  Value isOdd = arith::CmpIOp::create(w.b, w.loc, arith::CmpIPredicate::ne, low,
                                      w.constant(w.b.getI32IntegerAttr(0)));
  isOdd = w.both(isOdd, w.equal(whole, y));
  result = w.choose(isOdd, w.withSign(result, x), result);
  Value isFraction = w.both(isSmall, w.is(Predicate::ONE, whole, y));
  Value isNegative =
      w.both(w.less(x, zero), w.is(Predicate::ONE, x, w.single(-kInf)));
  result = w.choose(w.both(isNegative, isFraction), w.invalid(), result);
  result = w.orNaN(x, w.orNaN(y, result));

  Value isRoot =
      w.both(w.equal(narrow, w.single(1)), w.equal(w.abs(y), infinity));
  Value isOne = w.either(w.equal(x, w.single(1)), w.equal(y, zero));
  return w.choose(w.either(isOne, isRoot), w.single(1), result);
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

template <typename Op, Value (*Emit)(Wide &, Operands)>
using Widen = SpellMath<Op, Wide, Emit>;

void mlir::qopt::populateWideMathPatterns(RewritePatternSet &patterns) {
  patterns.add<Widen<math::Exp2Op, emitExp2>, Widen<math::ExpM1Op, emitExpM1>,
               Widen<math::SinhOp, emitSinh>, Widen<math::CoshOp, emitCosh>,
               Widen<math::LogOp, emitLog>, Widen<math::Log2Op, emitLog2>,
               Widen<math::Log10Op, emitLog10>, Widen<math::Log1pOp, emitLog1p>,
               Widen<math::AsinhOp, emitAsinh>, Widen<math::AcoshOp, emitAcosh>,
               Widen<math::AtanhOp, emitAtanh>, Widen<math::CbrtOp, emitCbrt>,
               Widen<math::SinOp, emitSin>, Widen<math::CosOp, emitCos>,
               Widen<math::TanOp, emitTan>, Widen<math::AtanOp, emitAtan>,
               Widen<math::Atan2Op, emitAtan2>, Widen<math::AsinOp, emitAsin>,
               Widen<math::AcosOp, emitAcos>, Widen<math::PowFOp, emitPow>>(
      patterns.getContext());
}
