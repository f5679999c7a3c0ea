//===- Interpreter.h - Runs functions of tensors, by definition -*- C++ -*-===//
//
// The reference that rewrites are compared by: each operation is evaluated by
// its definition, from the formulas of QuantMath and the bodies of linalg
// operations. No pattern, folder or lowering of the compiler has a part in it,
// since any of them may be what is under test.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_VERIFICATION_INTERPRETER_H
#define QUANTOPT_LIB_VERIFICATION_INTERPRETER_H

#include "quantopt/Analysis/ScalarProgram.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"

#include <memory>

namespace mlir::qopt {

/// Elements in row-major order. Reals hold a number of their type, integers are
/// sign extended; what has a `!quant` type is its stored integers. A scalar has
/// no dimensions.
struct Tensor {
  SmallVector<int64_t> shape;
  std::vector<ScalarValue> elements;
};
using TensorRef = std::shared_ptr<const Tensor>;

/// The type of a tensor's elements or of a scalar; a storage type for `!quant`.
Type getStoredElementType(Type type);
/// Whether `type` is a scalar or a tensor of static shape that a Tensor holds.
bool isRepresentable(Type type);

/// Runs one function of a single block, many times. Sums of floats are taken in
/// the row-major order of the loops.
class Interpreter {
public:
  Interpreter(func::FuncOp func, ScalarProgram::OutOfRange outOfRange)
      : func(func), outOfRange(outOfRange) {}

  /// The results for `arguments`. Fails on an operation that it does not know:
  /// getUnsupported().
  FailureOr<SmallVector<TensorRef>> run(ArrayRef<TensorRef> arguments);

  Operation *getUnsupported() const { return unsupported; }
  /// Whether a conversion to integers may have been undefined.
  bool convertsToInteger() const { return conversions; }

private:
  using Results = SmallVector<TensorRef, 2>;
  LogicalResult runBlock(Block &block);
  FailureOr<Results> evaluate(Operation *op);
  FailureOr<Results> evaluateLinalg(linalg::LinalgOp op);
  FailureOr<Results> evaluateLoops(linalg::LinalgOp op);
  FailureOr<Results> evaluateScalarized(Operation *op);
  FailureOr<Results> evaluateConversion(Operation *op);
  FailureOr<Results> evaluateMovement(Operation *op);
  FailureOr<Results> evaluateSoftmax(linalg::SoftmaxOp op);
  FailureOr<Results> evaluateCall(func::CallOp op);
  ScalarProgram *findProgram(Operation *op) const;
  ScalarProgram *getProgram(Operation *op, Block &block, ValueRange extra);
  TensorRef get(Value value) const { return values.lookup(value); }

  func::FuncOp func;
  ScalarProgram::OutOfRange outOfRange;
  DenseMap<Value, TensorRef> values;
  /// Operations on constants only: evaluated in the first run.
  llvm::SmallPtrSet<Operation *, 16> fixed;
  DenseMap<Operation *, std::unique_ptr<ScalarProgram>> programs;
  /// Where the loops of evaluateLoops are.
  SmallVector<int64_t> loopIndex;
  Operation *unsupported = nullptr;
  bool conversions = false;
  unsigned depth = 0;
};

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_VERIFICATION_INTERPRETER_H
