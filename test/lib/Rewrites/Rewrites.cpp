//===- Rewrites.cpp - Passes with rewrites that are wrong, or right -------===//

#include "Rewrites.h"
#include "quantopt/Verification/VerifyRewrites.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace rewrites;

Type rewrites::withElement(Type like, Type element) {
  return cast<RankedTensorType>(like).clone(element);
}

Value rewrites::splat(OpBuilder &builder, Location loc, Type like, Type element,
                      double value) {
  auto type = cast<RankedTensorType>(withElement(like, element));
  TypedAttr one =
      isa<FloatType>(element)
          ? TypedAttr(builder.getFloatAttr(element, value))
          : TypedAttr(builder.getIntegerAttr(element, int64_t(value)));
  return arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(type, Attribute(one)));
}

quant::UniformQuantizedType rewrites::getUniform(quant::QuantizedType type) {
  return dyn_cast<quant::UniformQuantizedType>(type);
}

Value rewrites::quantizeAs(OpBuilder &b, Location loc, Value x,
                           quant::QuantizedType type) {
  return qopt::QuantizeOp::create(
      b, loc, withElement(x.getType(), type.getStorageType()), x,
      TypeAttr::get(type), qopt::NumericsAttr());
}

Value rewrites::dequantizeAs(OpBuilder &b, Location loc, Value q,
                             quant::QuantizedType type) {
  return qopt::DequantizeOp::create(
      b, loc, withElement(q.getType(), type.getExpressedType()), q,
      TypeAttr::get(type));
}

quant::UniformQuantizedType
rewrites::withStorage(quant::UniformQuantizedType type, bool isSigned,
                      int64_t zeroPoint) {
  return quant::UniformQuantizedType::get(
      isSigned ? unsigned(quant::QuantizationFlags::Signed) : 0u,
      type.getStorageType(), type.getExpressedType(), type.getScale(),
      zeroPoint, isSigned ? -128 : 0, isSigned ? 127 : 255);
}

Value rewrites::roundToStorage(OpBuilder &b, Location loc, Value x,
                               quant::UniformQuantizedType type, Type result) {
  Type element = getElementTypeOrSelf(x);
  auto number = [&](double value) {
    return splat(b, loc, x.getType(), element, value);
  };
  Value rounded = math::RoundEvenOp::create(b, loc, x);
  Value moved =
      arith::AddFOp::create(b, loc, rounded, number(type.getZeroPoint()));
  Value low = arith::MaximumFOp::create(b, loc, moved,
                                        number(type.getStorageTypeMin()));
  Value both =
      arith::MinimumFOp::create(b, loc, low, number(type.getStorageTypeMax()));
  return arith::FPToSIOp::create(b, loc, result, both);
}

namespace {
struct TestRewrite : PassWrapper<TestRewrite, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestRewrite)

  TestRewrite() = default;
  TestRewrite(const TestRewrite &other) : PassWrapper(other) {}
  StringRef getArgument() const override { return "test-rewrite"; }
  StringRef getDescription() const override {
    return "Apply one rewrite of a list of wrong ones, or its right twin";
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry
        .insert<arith::ArithDialect, linalg::LinalgDialect, math::MathDialect,
                tensor::TensorDialect, qopt::QOptDialect>();
  }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    for (auto list : {getReportedBugs(), getClassics()})
      for (auto [known, addPattern] : list)
        if (known == name)
          addPattern(patterns, sound);
    if (patterns.getNativePatterns().empty()) {
      getOperation().emitError("there is no rewrite '") << name << "'";
      return signalPassFailure();
    }
    // Only what a pattern finds in the program: most would find their own
    // results again.
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingOps);
    config.enableFolding(false);
    config.enableConstantCSE(false);
    if (failed(
            applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }

  Option<std::string> name{*this, "pattern",
                           llvm::cl::desc("name of the rewrite")};
  Option<bool> sound{*this, "sound", llvm::cl::desc("the right twin"),
                     llvm::cl::init(false)};
};

/// Requantizes by a fixed-point multiplier where the contract says f32: that is
/// off by one at times, and the pass says so.
struct TestBounded : PassWrapper<TestBounded, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestBounded)

  TestBounded() = default;
  TestBounded(const TestBounded &other) : PassWrapper(other) {}
  StringRef getArgument() const override { return "test-bounded-rewrite"; }
  StringRef getDescription() const override {
    return "Take another multiplier, within the bound that is declared";
  }

  void runOnOperation() override {
    getOperation().walk([&](qopt::RequantizeOp op) {
      auto to = cast<quant::UniformQuantizedType>(op.getTo());
      if (off != 0)
        op.setToAttr(TypeAttr::get(quant::UniformQuantizedType::get(
            to.getFlags(), to.getStorageType(), to.getExpressedType(),
            to.getScale(), to.getZeroPoint() + off, to.getStorageTypeMin(),
            to.getStorageTypeMax())));
      op.setNumericsAttr(qopt::NumericsAttr::get(&getContext(),
                                                 qopt::Rounding::HalfEven,
                                                 qopt::Multiplier::Q31Double));
    });
  }

  Option<int64_t> off{*this, "off", llvm::cl::desc("steps to be wrong by"),
                      llvm::cl::init(0)};
};
} // namespace

void rewrites::registerTestRewrite() {
  PassRegistration<TestRewrite>();
  PassRegistration<TestBounded>();
  qopt::RewriteTolerance tolerance;
  tolerance.steps = 1;
  tolerance.why = "a multiplier of 31 bits";
  qopt::declareRewriteTolerance("test-bounded-rewrite", tolerance);
}
