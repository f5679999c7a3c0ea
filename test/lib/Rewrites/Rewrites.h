//===- Rewrites.h - Rewrites that are wrong, and their right twins --------===//
//
// What --qopt-verify-rewrites must reject and what it must let pass. Each
// pattern is made twice: as somebody wrote it, and with the condition or the
// arithmetic that was missing.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_TEST_LIB_REWRITES_REWRITES_H
#define QUANTOPT_TEST_LIB_REWRITES_REWRITES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/PatternMatch.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

namespace rewrites {

/// Adds a pattern; `isSound` chooses the twin.
using AddPattern = void (*)(mlir::RewritePatternSet &patterns, bool isSound);

/// The patterns by name: those of reported bugs, and those that everybody
/// writes once.
llvm::ArrayRef<std::pair<llvm::StringLiteral, AddPattern>> getReportedBugs();
llvm::ArrayRef<std::pair<llvm::StringLiteral, AddPattern>> getClassics();

void registerTestRewrite();

/// A pattern that knows whether it is the right twin.
template <typename Op>
struct Twin : mlir::OpRewritePattern<Op> {
  Twin(mlir::MLIRContext *context, bool isSound)
      : mlir::OpRewritePattern<Op>(context), isSound(isSound) {}
  bool isSound;
};

template <typename Pattern>
void add(mlir::RewritePatternSet &patterns, bool isSound) {
  patterns.add<Pattern>(patterns.getContext(), isSound);
}

/// A tensor like `like` of elements of `element`, all `value`.
mlir::Value splat(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type like,
                  mlir::Type element, double value);
/// `like` with elements of `element`.
mlir::Type withElement(mlir::Type like, mlir::Type element);
/// The parameters of a per-tensor type.
mlir::quant::UniformQuantizedType getUniform(mlir::quant::QuantizedType type);
/// round(x) + zero point, clamped, as stored integers of `type`.
mlir::Value roundToStorage(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::Value x,
                           mlir::quant::UniformQuantizedType type,
                           mlir::Type result);
/// Stored integers of `type` for x, and back.
mlir::Value quantizeAs(mlir::OpBuilder &builder, mlir::Location loc,
                       mlir::Value x, mlir::quant::QuantizedType type);
mlir::Value dequantizeAs(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::Value q, mlir::quant::QuantizedType type);
/// `type` with another zero point and sign of storage.
mlir::quant::UniformQuantizedType
withStorage(mlir::quant::UniformQuantizedType type, bool isSigned,
            int64_t zeroPoint);

} // namespace rewrites

#endif // QUANTOPT_TEST_LIB_REWRITES_REWRITES_H
