//===- ConvertSoftmax.cpp - Softmax as linalg and arith -------------------===//
//
// Upstream's decomposition with a last step of its own: all of a row are
// divided by one sum.
//
//===----------------------------------------------------------------------===//

#include "ConvertSoftmax.h"
#include "Elementwise.h"
#include "quantopt/Lowering/Common/QuantArith.h"
#include "quantopt/Support/QuantMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct ConvertSoftmax : OpRewritePattern<linalg::SoftmaxOp> {
  ConvertSoftmax(MLIRContext *context, bool hasFMA)
      : OpRewritePattern(context, /*benefit=*/2), hasFMA(hasFMA) {}

  LogicalResult matchAndRewrite(linalg::SoftmaxOp op,
                                PatternRewriter &rewriter) const override {
    FailureOr<SmallVector<Value>> values = op.decomposeOperation(rewriter);
    if (failed(values))
      return failure();
    auto quotient = values->front().getDefiningOp<linalg::GenericOp>();
    if (quotient && isDivision(quotient))
      values->front() = divide(rewriter, quotient);
    rewriter.replaceOp(op, *values);
    if (quotient && quotient->use_empty())
      rewriter.eraseOp(quotient);
    return success();
  }

private:
  /// Whether `op` divides its first operand by its second, in f32.
  static bool isDivision(linalg::GenericOp op) {
    Block *body = op.getBody();
    auto division = dyn_cast<arith::DivFOp>(body->front());
    return division && division.getType().isF32() &&
           division.getLhs() == body->getArgument(0) &&
           division.getRhs() == body->getArgument(1) &&
           op.getNumDpsInputs() == 2 &&
           body->getTerminator()->getOperand(0) == division;
  }

  /// The sums of rows are at least 1, so quotients are no subnormals, and with
  /// exponentials from kLeastDividend on, remainders are exact.
  Value divide(PatternRewriter &rewriter, linalg::GenericOp op) const {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(op);
    Value sums = op.getDpsInputs()[1];
    SmallVector<Value> inputs(op.getDpsInputs());
    SmallVector<AffineMap> maps(op.getIndexingMapsArray());
    if (hasFMA) {
      inputs.push_back(emitReciprocals(rewriter, op.getLoc(), sums));
      maps.insert(maps.begin() + 2, maps[1]);
    }
    return linalg::GenericOp::create(
               rewriter, op.getLoc(), op.getResultTypes(), inputs,
               op.getDpsInits(), maps, op.getIteratorTypesArray(),
               [&](OpBuilder &b, Location loc, ValueRange args) {
                 Type f32 = b.getF32Type();
                 Value least = emitConstant(b, loc, f32,
                                            double(quantopt::kLeastDividend));
                 Value zero = emitConstant(b, loc, f32, 0.0);
                 Value isSmall = arith::CmpFOp::create(
                     b, loc, arith::CmpFPredicate::OLT, args[0], least);
                 Value x =
                     arith::SelectOp::create(b, loc, isSmall, zero, args[0]);
                 Value result = hasFMA
                                    ? emitQuotient(b, loc, x, args[1], args[2])
                                    : arith::DivFOp::create(b, loc, x, args[1])
                                          .getResult();
                 linalg::YieldOp::create(b, loc, result);
               })
        .getResult(0);
  }

  bool hasFMA;
};
} // namespace

void mlir::qopt::populateConvertSoftmaxPatterns(RewritePatternSet &patterns,
                                                bool hasFMA) {
  patterns.add<ConvertSoftmax>(patterns.getContext(), hasFMA);
}
