//===- ShortFloats.cpp - Rounding to bf16 ---------------------------------===//

#include "ShortFloats.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::qopt;

/// `element`, in a vector like that of `type`.
static Type like(Type type, Type element) {
  auto shaped = dyn_cast<ShapedType>(type);
  return shaped ? Type(shaped.clone(element)) : element;
}

namespace {
/// f64 goes by an f32 that is rounded to odd: its last bit is set where bits
/// were lost, so that no tie is made and the second rounding is the only one.
/// (S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded sums:
/// proved algorithms using rounding to odd", IEEE Trans. Computers 57, 2008.)
struct TruncateDouble : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    Value wide = op.getIn();
    if (!getElementTypeOrSelf(wide.getType()).isF64() ||
        !getElementTypeOrSelf(op.getType()).isBF16() || op.getRoundingmode())
      return failure();
    Location loc = op.getLoc();
    Type f32 = like(wide.getType(), rewriter.getF32Type());
    Type i32 = like(wide.getType(), rewriter.getI32Type());
    Value nearest = arith::TruncFOp::create(rewriter, loc, f32, wide);
    Value back = arith::ExtFOp::create(rewriter, loc, wide.getType(), nearest);
    auto asInteger = [&](arith::CmpFPredicate predicate, Value a, Value b) {
      Value holds = arith::CmpFOp::create(rewriter, loc, predicate, a, b);
      return arith::ExtUIOp::create(rewriter, loc, i32, holds).getResult();
    };
    Value isAway = asInteger(arith::CmpFPredicate::OGT,
                             math::AbsFOp::create(rewriter, loc, back),
                             math::AbsFOp::create(rewriter, loc, wide));
    Value isOther = asInteger(arith::CmpFPredicate::UNE, back, wide);
    Value bits = arith::BitcastOp::create(rewriter, loc, i32, nearest);
    Value towardsZero = arith::SubIOp::create(rewriter, loc, bits, isAway);
    Value odd = arith::OrIOp::create(rewriter, loc, towardsZero, isOther);
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(
        op, op.getType(), arith::BitcastOp::create(rewriter, loc, f32, odd));
    return success();
  }
};

struct WidenFma : OpRewritePattern<math::FmaOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(math::FmaOp op,
                                PatternRewriter &rewriter) const override {
    if (!getElementTypeOrSelf(op.getType()).isBF16())
      return failure();
    Location loc = op.getLoc();
    Type f32 = like(op.getType(), rewriter.getF32Type());
    auto extend = [&](Value value) {
      return arith::ExtFOp::create(rewriter, loc, f32, value).getResult();
    };
    Value wide = math::FmaOp::create(rewriter, loc, extend(op.getA()),
                                     extend(op.getB()), extend(op.getC()));
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, op.getType(), wide);
    return success();
  }
};
} // namespace

void mlir::qopt::populateShortFloatPatterns(RewritePatternSet &patterns) {
  // An extension is a shift for LLVM, too, and vectors of weights are unrolled
  // by how many operations they take.
  RewritePatternSet expansions(patterns.getContext());
  arith::populateExpandBFloat16Patterns(expansions);
  for (std::unique_ptr<RewritePattern> &pattern :
       expansions.getNativePatterns())
    if (pattern->getRootKind() && pattern->getRootKind()->getStringRef() ==
                                      arith::TruncFOp::getOperationName())
      patterns.add(std::move(pattern));
  patterns.add<TruncateDouble, WidenFma>(patterns.getContext());
}
