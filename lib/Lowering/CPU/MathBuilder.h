//===- MathBuilder.h - Builds arithmetic on floats --------------*- C++ -*-===//

#ifndef QUANTOPT_LIB_LOWERING_CPU_MATHBUILDER_H
#define QUANTOPT_LIB_LOWERING_CPU_MATHBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"

namespace mlir::qopt {

/// Operations on scalars or on vectors of one shape, of f32: of the type
/// `narrow`.
class MathBuilder {
public:
  MathBuilder(OpBuilder &builder, Location loc, Type narrow)
      : b(builder), loc(loc), narrow(narrow) {}

  Type typeOf(Type element) const {
    auto vector = dyn_cast<VectorType>(narrow);
    return vector ? Type(vector.cloneWith(std::nullopt, element)) : element;
  }
  Type i32() { return typeOf(b.getI32Type()); }

  Value constant(TypedAttr value) {
    if (auto vector = dyn_cast<VectorType>(narrow))
      value = DenseElementsAttr::get(
          vector.cloneWith(std::nullopt, value.getType()), Attribute(value));
    return arith::ConstantOp::create(b, loc, value);
  }
  Value single(float value) { return constant(b.getF32FloatAttr(value)); }
  Value integer(int32_t value) { return constant(b.getI32IntegerAttr(value)); }
  /// The NaN that operations on invalid operands give.
  Value invalid() { return bits(integer(0x7FC00000), narrow); }

  template <typename Op>
  Value make(Value left, Value right) {
    return Op::create(b, loc, left, right);
  }
  Value add(Value left, Value right) {
    return make<arith::AddFOp>(left, right);
  }
  Value sub(Value left, Value right) {
    return make<arith::SubFOp>(left, right);
  }
  Value mul(Value left, Value right) {
    return make<arith::MulFOp>(left, right);
  }
  Value div(Value left, Value right) {
    return make<arith::DivFOp>(left, right);
  }
  Value both(Value left, Value right) {
    return make<arith::AndIOp>(left, right);
  }
  Value either(Value left, Value right) {
    return make<arith::OrIOp>(left, right);
  }
  Value flip(Value left, Value right) {
    return make<arith::XOrIOp>(left, right);
  }
  Value abs(Value value) { return math::AbsFOp::create(b, loc, value); }
  Value sqrt(Value value) { return math::SqrtOp::create(b, loc, value); }
  Value is(arith::CmpFPredicate predicate, Value left, Value right) {
    return arith::CmpFOp::create(b, loc, predicate, left, right);
  }
  Value equal(Value left, Value right) {
    return is(arith::CmpFPredicate::OEQ, left, right);
  }
  Value less(Value left, Value right) {
    return is(arith::CmpFPredicate::OLT, left, right);
  }
  Value isNaN(Value value) {
    return is(arith::CmpFPredicate::UNO, value, value);
  }
  Value choose(Value condition, Value yes, Value no) {
    return arith::SelectOp::create(b, loc, condition, yes, no);
  }
  /// One instruction on x86; NaN stays.
  Value atMost(Value value, Value bound) {
    return choose(less(bound, value), bound, value);
  }
  Value atLeast(Value value, Value bound) {
    return choose(less(value, bound), bound, value);
  }
  Value bits(Value value, Type type) {
    return arith::BitcastOp::create(b, loc, type, value);
  }
  /// `magnitude`, positive, with the sign of `sign`.
  Value withSign(Value magnitude, Value sign) {
    Value top = both(bits(sign, i32()), integer(INT32_MIN));
    return bits(either(bits(magnitude, i32()), top), narrow);
  }
  /// `result`, or an operand that is NaN.
  Value orNaN(Value operand, Value result) {
    return choose(isNaN(operand), operand, result);
  }

  OpBuilder &b;
  Location loc;
  Type narrow;
};

/// Replaces `Op` on f32 by what `Emit` builds with a `Builder`.
template <typename Op, typename Builder,
          Value (*Emit)(Builder &, ArrayRef<Value>)>
struct SpellMath : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Type type = op->getResult(0).getType();
    auto vector = dyn_cast<VectorType>(type);
    if (!getElementTypeOrSelf(type).isF32() || (!vector && !type.isF32()) ||
        (vector && vector.isScalable()))
      return failure();
    Builder builder(rewriter, op.getLoc(), type);
    SmallVector<Value> operands(op->getOperands());
    rewriter.replaceOp(op, Emit(builder, operands));
    return success();
  }
};

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_LOWERING_CPU_MATHBUILDER_H
