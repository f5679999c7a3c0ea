//===- VerifyQuantized.cpp - Contract of quantization, reasons for floats -===//

#include "Selection.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"

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

  /// Operations of one name that stay in float for one reason: a transformer
  /// has dozens.
  struct Group {
    Location loc;
    std::string name;
    int64_t count = 0;
  };
  llvm::MapVector<std::pair<OperationName, StringAttr>, Group> groups;

  /// Whether no quantized value is made from what `op` computes: the float end
  /// of a model. A contraction there is none.
  bool isAtBoundary(Operation *op) {
    auto [it, isNew] = boundary.try_emplace(op, true);
    if (!isNew)
      return it->second;
    bool result = true;
    for (Operation *user : op->getUsers())
      result &= !isa<QuantizeOp>(user) && isAtBoundary(user);
    return boundary[op] = result;
  }

  /// An operation on activations of which quantization knows nothing.
  bool isUnknown(Operation *op) {
    if (op->getParentOp() != getOperation() ||
        isa<QuantizableOpInterface>(op) || isa<QOptDialect>(op->getDialect()))
      return false;
    return llvm::any_of(op->getResults(), [](Value result) {
      auto type = dyn_cast<RankedTensorType>(result.getType());
      return type && isa<FloatType>(type.getElementType()) &&
             !isConstantDerived(result);
    });
  }

  /// An operation that reads storage, its run-time parameters and constants
  /// only: the integer form of one whose result is wanted in float.
  bool readsStorageOnly(Operation *op) {
    bool readsIntegers = false;
    for (Value operand : op->getOperands()) {
      auto type = dyn_cast<RankedTensorType>(operand.getType());
      if (type && isa<IntegerType>(type.getElementType()))
        readsIntegers = true;
      else if (!isConstantDerived(operand) &&
               !operand.getDefiningOp<QuantizeDynamicOp>())
        return false;
    }
    return readsIntegers;
  }

  /// An operation that could compute on integers and computes in float.
  bool isLeftInFloat(Operation *op) {
    if (op->hasAttr(kFloatAttr))
      return true;
    return (getRole(op) != QuantRole::None || isUnknown(op)) &&
           !readsStorageOnly(op);
  }

  /// A function of which only weights are stored in fewer bits: all of it is
  /// meant to compute in float.
  bool isMeantInFloat() {
    bool hasStored = false, hasQuantized = false;
    getOperation().walk([&](Operation *op) {
      hasStored |= isWeightOnly(op) && getRole(op) == QuantRole::Contraction;
      hasQuantized |= isa<QuantizeOp, QuantizeDynamicOp>(op);
    });
    return hasStored && !hasQuantized;
  }

  static void forget(Operation *op) {
    op->removeAttr(kFloatAttr);
    op->removeAttr(kIntegerAttr);
    op->removeAttr(QOptDialect::getDynamicAttrName());
    op->removeAttr(QOptDialect::getWeightOnlyAttrName());
  }

  LogicalResult explain(Operation *op) {
    std::string reason = isUnknown(op)
                             ? "it does not implement QuantizableOpInterface"
                             : "it has no integer form";
    if (auto given = op->getAttrOfType<StringAttr>(kFloatAttr))
      reason = given.str();
    bool atBoundary = getRole(op) != QuantRole::Contraction && isAtBoundary(op);
    forget(op);
    std::string name = ("'" + op->getName().getStringRef() + "'").str();
    if (auto given =
            op->getAttrOfType<StringAttr>(QOptDialect::getNameAttrName()))
      name += (" '" + given.getValue() + "'").str();
    // Not at the operation: printing it numbers the whole function, each time.
    if (requireInt8 && !atBoundary)
      return emitError(op->getLoc()) << name << " stays in float: " << reason
                                     << "; the configuration requires int8";
    Group &group = groups
                       .try_emplace({op->getName(),
                                     StringAttr::get(&getContext(), reason)},
                                    Group{op->getLoc(), name})
                       .first->second;
    ++group.count;
    return success();
  }

  void report() {
    for (const auto &[key, group] : groups) {
      InFlightDiagnostic remark = emitRemark(group.loc) << group.name;
      if (group.count == 1) {
        remark << " stays in float: " << key.second.getValue();
        continue;
      }
      remark << " and " << group.count - 1
             << (group.count == 2 ? " other" : " others")
             << " of its kind stay in float: " << key.second.getValue()
             << "; --qopt-quantize=explain=FILE lists them";
    }
  }

  void runOnOperation() override {
    boundary.clear();
    groups.clear();
    // All of them are reported: what keeps an operation in float is often
    // another one behind it.
    bool hasErrors = false;
    const bool meantInFloat = isMeantInFloat();
    getOperation().walk([&](Operation *op) {
      if (isa<ObserveOp, FakeQuantOp>(op)) {
        op->emitOpError("is left after quantization; run "
                        "qopt-insert-qdq and qopt-fold-qdq");
        hasErrors = true;
      } else if (isWeightOnly(op)) {
        forget(op);
      } else if (meantInFloat && getRole(op) != QuantRole::Contraction) {
        forget(op);
      } else if (op != getOperation() && isLeftInFloat(op)) {
        hasErrors |= failed(explain(op));
      }
    });
    report();
    if (hasErrors)
      signalPassFailure();
  }
};
} // namespace
