//===- RewriteMatching.h - What a pass has rewritten ------------*- C++ -*-===//
//
// Compares a function before and after a pass and cuts out what differs: pairs
// of small functions that claim to compute the same value.
//
// Values are numbered over both functions at once, so that what is computed in
// the same way from the same inputs has one number. An operation that the pass
// left where it was, but whose operand it exchanged, says that the old and the
// new operand are equal: a claim. Everything behind is numbered as if claims
// were true, so that each of several rewrites is a claim of its own.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_VERIFICATION_REWRITEMATCHING_H
#define QUANTOPT_LIB_VERIFICATION_REWRITEMATCHING_H

#include "OperationPairing.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/SetVector.h"

namespace mlir::qopt {

/// "`before` and `after` are equal", as operations of the function after the
/// pass say: those that read `after` where they read `before` before, or the
/// one at the place of another.
struct Claim {
  Value before, after;
  SmallVector<Operation *, 2> claimants;
  /// All claimants may be other operations than those that they look like.
  bool isGuess = false;
};

/// Two functions of one signature and one result in a module of their own.
struct RewriteSlice {
  OwningOpRef<ModuleOp> module;
  func::FuncOp before, after;
  /// From the inputs to what the inputs are without growth.
  func::FuncOp reach;
  /// Whether the inputs can be moved further back.
  bool canGrow = false;
};

class RewriteMatching {
public:
  /// `survivors` are operations that the pass left, or exchanged operands of;
  /// `replacements` stand at the place of one that is gone. Those in `ignored`
  /// claim nothing.
  RewriteMatching(func::FuncOp before, func::FuncOp after,
                  const OperationPairs &survivors,
                  const OperationPairs &replacements,
                  const DenseSet<Operation *> &ignored);

  ArrayRef<Claim> getClaims() const { return claims; }

  /// Whether the function after the pass has `value`, of the one before, too.
  bool isAlive(Value value) const { return isCommon(value); }

  /// The two sides of a claim as functions of the nearest values that both
  /// have. Each of `growth` steps moves inputs that are not stored integers of
  /// 8 bits back by one operation.
  RewriteSlice extract(const Claim &claim, unsigned growth);

  /// The operations of `after` that compute its side of the claim.
  SmallVector<Operation *> getRewritten(const Claim &claim) const;
  /// The operations of `before` that computed the other side.
  SmallVector<Operation *> getReplaced(const Claim &claim) const;

private:
  using Number = unsigned;
  struct Cone {
    llvm::SetVector<Operation *> ops;
    llvm::SetVector<Value> inputs;
  };
  void numberBefore();
  void numberAfter();
  llvm::hash_code hash(Operation *op) const;
  bool isInPlace(Operation *old, Operation *op) const;
  bool computeSame(Operation *lhs, Operation *rhs) const;
  bool isReadInPlace(Operation *old, Operation *op);
  Operation *find(Operation *op) const;
  void assign(Operation *op, Operation *same);
  void addValue(Value value, Number number, bool isConstant);
  SmallVector<Value> getOperands(Operation *op) const;
  bool isCommon(Value value) const;
  Cone getBeforeCone(const Claim &claim) const;
  Cone getAfterCone(const Claim &claim) const;
  Cone getCone(ArrayRef<Value> roots, function_ref<bool(Value)> isInput) const;
  void removeDependent(llvm::SetVector<Value> &inputs) const;
  void grow(llvm::SetVector<Value> &inputs, bool onlyDequantize) const;

  func::FuncOp before, after;
  const OperationPairs &survivors, &replacements;
  const DenseSet<Operation *> &ignored;
  DenseMap<Value, Number> numbers;
  /// The value of `before` that has a number; null where only `after` has it.
  std::vector<Value> values;
  DenseSet<Value> constants;
  /// The numbers that `after` has, too.
  DenseSet<Number> common;
  DenseMap<Operation *, unsigned> positions;
  std::multimap<size_t, Operation *> known;
  SmallVector<Claim> claims;
};

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_VERIFICATION_REWRITEMATCHING_H
