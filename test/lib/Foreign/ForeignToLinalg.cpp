//===- ForeignToLinalg.cpp - What foreign operations compute --------------===//
//
// The lowering that another stack has for its own operations. It knows nothing
// of quantization: dense works on whatever types it finds.
//
//===----------------------------------------------------------------------===//

#include "Foreign.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

/// A generic of `op`'s result over `inputs`, parallel in all of its dimensions.
static Value buildElementwise(
    Operation *op, PatternRewriter &rewriter, ValueRange inputs,
    ArrayRef<AffineMap> maps,
    llvm::function_ref<Value(OpBuilder &, Location, ValueRange)> body) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value empty = tensor::EmptyOp::create(rewriter, op->getLoc(), type.getShape(),
                                        type.getElementType());
  SmallVector<AffineMap> allMaps(maps);
  allMaps.push_back(rewriter.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> loops(type.getRank(),
                                         utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             rewriter, op->getLoc(), TypeRange(type), inputs, empty, allMaps,
             loops,
             [&](OpBuilder &b, Location loc, ValueRange arguments) {
               linalg::YieldOp::create(b, loc, body(b, loc, arguments));
             })
      .getResult(0);
}

namespace {

/// The bias broadcast to the rows, then a matmul of transposed weights.
struct LowerDense : OpRewritePattern<foreign::DenseOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(foreign::DenseOp op,
                                PatternRewriter &rewriter) const override {
    MLIRContext *context = op.getContext();
    auto type = cast<RankedTensorType>(op.getResult().getType());
    Value init =
        buildElementwise(op, rewriter, op.getBias(),
                         AffineMap::get(2, 0, rewriter.getAffineDimExpr(1)),
                         [](OpBuilder &, Location, ValueRange arguments) {
                           return arguments[0];
                         });
    AffineExpr m, n, k;
    bindDims(context, m, n, k);
    auto maps = AffineMap::inferFromExprList({ArrayRef<AffineExpr>{m, k},
                                              ArrayRef<AffineExpr>{n, k},
                                              ArrayRef<AffineExpr>{m, n}},
                                             context);
    SmallVector<utils::IteratorType> loops = {utils::IteratorType::parallel,
                                              utils::IteratorType::parallel,
                                              utils::IteratorType::reduction};
    bool isReal = isa<FloatType>(type.getElementType());
    rewriter.replaceOpWithNewOp<linalg::GenericOp>(
        op, TypeRange(type), ValueRange{op.getInput(), op.getWeights()}, init,
        maps, loops, [&](OpBuilder &b, Location loc, ValueRange arguments) {
          Value left = arguments[0], right = arguments[1], sum;
          if (isReal) {
            Value product = arith::MulFOp::create(b, loc, left, right);
            sum = arith::AddFOp::create(b, loc, arguments[2], product);
          } else {
            Type wide = arguments[2].getType();
            left = arith::ExtSIOp::create(b, loc, wide, left);
            right = arith::ExtSIOp::create(b, loc, wide, right);
            Value product = arith::MulIOp::create(b, loc, left, right);
            sum = arith::AddIOp::create(b, loc, arguments[2], product);
          }
          linalg::YieldOp::create(b, loc, sum);
        });
    return success();
  }
};

/// Reads the last dimension from its end.
struct LowerMirror : OpRewritePattern<foreign::MirrorOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(foreign::MirrorOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getResult().getType());
    Value source = op.getInput();
    int64_t last = type.getRank() - 1;
    rewriter.replaceOp(
        op, buildElementwise(
                op, rewriter, {}, {},
                [&](OpBuilder &b, Location loc, ValueRange) -> Value {
                  SmallVector<Value> indices;
                  for (int64_t dim = 0; dim <= last; ++dim)
                    indices.push_back(linalg::IndexOp::create(b, loc, dim));
                  Value end = arith::ConstantIndexOp::create(
                      b, loc, type.getDimSize(last) - 1);
                  indices[last] =
                      arith::SubIOp::create(b, loc, end, indices[last]);
                  return tensor::ExtractOp::create(b, loc, source, indices);
                }));
    return success();
  }
};

/// 1 / (1 + exp(-x))
struct LowerSquash : OpRewritePattern<foreign::SquashOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(foreign::SquashOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getResult().getType());
    rewriter.replaceOp(
        op, buildElementwise(
                op, rewriter, op.getInput(),
                rewriter.getMultiDimIdentityMap(type.getRank()),
                [&](OpBuilder &b, Location loc, ValueRange arguments) -> Value {
                  Value one = arith::ConstantOp::create(
                      b, loc, b.getFloatAttr(type.getElementType(), 1.0));
                  Value minus = arith::NegFOp::create(b, loc, arguments[0]);
                  Value power = math::ExpOp::create(b, loc, minus);
                  Value sum = arith::AddFOp::create(b, loc, one, power);
                  return arith::DivFOp::create(b, loc, one, sum);
                }));
    return success();
  }
};

struct ForeignToLinalg : PassWrapper<ForeignToLinalg, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ForeignToLinalg)

  StringRef getArgument() const override { return "foreign-to-linalg"; }
  StringRef getDescription() const override {
    return "Lower the foreign dialect to linalg";
  }

  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, linalg::LinalgDialect,
                    math::MathDialect, tensor::TensorDialect>();
  }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    foreign::populateForeignToLinalg(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void foreign::populateForeignToLinalg(RewritePatternSet &patterns) {
  patterns.add<LowerDense, LowerMirror, LowerSquash>(patterns.getContext());
}

void foreign::registerForeignToLinalg() { PassRegistration<ForeignToLinalg>(); }
