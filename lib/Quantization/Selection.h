//===- Selection.h - What selection decided about operations ----*- C++ -*-===//
//
// The attributes through which the passes of this phase speak to each other,
// and the few questions that several of them ask.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_QUANTIZATION_SELECTION_H
#define QUANTOPT_LIB_QUANTIZATION_SELECTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"

namespace mlir::qopt {

/// Set on an operation that is to compute on integers.
constexpr StringLiteral kIntegerAttr = "qopt.integer";
/// Set, with the reason, on an operation that stays in float.
constexpr StringLiteral kFloatAttr = "qopt.float";

/// Set on a function whose decisions were recorded: a list of dictionaries.
constexpr StringLiteral kExplanationAttr = "qopt.explanation";

bool isInteger(Operation *op);
/// Whether `op` is a contraction that quantizes its activations at run time.
bool isDynamic(Operation *op);
/// Whether `op` is a contraction in float whose weights are stored in fewer
/// bits, or reads embedding tables that are.
bool isWeightOnly(Operation *op);
void markInteger(Operation *op);
void markFloat(Operation *op, const Twine &reason);

/// The role of `op`; None for operations without the interface and for those
/// that make no real values.
QuantRole getRole(Operation *op);

/// Whether `op` computes on integers by moving them: operands and result share
/// their parameters.
bool isMover(Operation *op);

/// Whether `operand` is an activation of its operation.
bool isActivation(OpOperand &operand);

/// `value` as its producer made it, before observers that only count. A `final`
/// observer, which rounds, is a producer.
Value getObserved(Value value);

/// The uses of `value`, those of its observers included and these left out; a
/// `final` observer is a use.
SmallVector<OpOperand *> getUses(Value value);

/// The observers of `value` that only count.
SmallVector<ObserveOp> getCounting(Value value);

/// `op` where it is an observer that rounds, null otherwise.
ObserveOp getFinalObserver(Operation *op);

/// Whether `use` reads whole elements in place: its operation is an exact
/// elementwise generic that indexes it by the identity and has its shape.
bool isFusableUse(OpOperand &use);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_QUANTIZATION_SELECTION_H
