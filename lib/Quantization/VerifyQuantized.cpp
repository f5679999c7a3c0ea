//===- VerifyQuantized.cpp - Contract of quantization, reasons for floats -===//

#include "Selection.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_VERIFYQUANTIZED
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
struct VerifyQuantized : qopt::impl::VerifyQuantizedBase<VerifyQuantized> {
  using VerifyQuantizedBase::VerifyQuantizedBase;

  llvm::DenseMap<Operation *, bool> boundary;

  /// Whether no quantized value is made from what `op` computes.
  bool isAtBoundary(Operation *op) {
    auto [it, isNew] = boundary.try_emplace(op, true);
    if (!isNew)
      return it->second;
    bool result = true;
    for (Operation *user : op->getUsers())
      result &= !isa<QuantizeOp>(user) && isAtBoundary(user);
    return boundary[op] = result;
  }

  /// An operation that could compute on integers and computes in float.
  bool isLeftInFloat(Operation *op) {
    return getRole(op) != QuantRole::None || op->hasAttr(kFloatAttr);
  }

  LogicalResult explain(Operation *op) {
    std::string reason = "it has no integer form";
    if (auto given = op->getAttrOfType<StringAttr>(kFloatAttr))
      reason = given.str();
    bool atBoundary = isAtBoundary(op);
    op->removeAttr(kFloatAttr);
    op->removeAttr(kIntegerAttr);
    std::string name;
    if (auto given =
            op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName()))
      name = (" '" + given.getValue() + "'").str();
    if (requireInt8 && !atBoundary)
      return op->emitError("'")
             << op->getName() << "'" << name << " stays in float: " << reason
             << "; the configuration requires int8";
    op->emitRemark("'") << op->getName() << "'" << name
                        << " stays in float: " << reason;
    return success();
  }

  void runOnOperation() override {
    boundary.clear();
    WalkResult result = getOperation().walk([&](Operation *op) -> WalkResult {
      if (isa<ObserveOp, FakeQuantOp>(op))
        return op->emitOpError("is left after quantization; run "
                               "qopt-insert-qdq and qopt-fold-qdq");
      if (op != getOperation() && isLeftInFloat(op))
        return explain(op);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
