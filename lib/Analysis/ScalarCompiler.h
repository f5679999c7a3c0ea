//===- ScalarCompiler.h - Makes ScalarPrograms ------------------*- C++ -*-===//
//
// What the instructions of a ScalarProgram are written with.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_ANALYSIS_SCALARCOMPILER_H
#define QUANTOPT_LIB_ANALYSIS_SCALARCOMPILER_H

#include "quantopt/Analysis/ScalarProgram.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/IR/BuiltinAttributes.h"

namespace mlir::qopt {

/// Rounds `value` to the precision of a float type with `width` bits.
double roundToWidth(double value, int64_t width);

inline int64_t signExtend(int64_t value, int64_t width) {
  if (width >= 64)
    return value;
  if (width == 1)
    return value & 1;
  return llvm::SignExtend64(uint64_t(value), unsigned(width));
}

inline uint64_t zeroExtend(int64_t value, int64_t width) {
  return width >= 64 ? uint64_t(value)
                     : uint64_t(value) & ((uint64_t(1) << width) - 1);
}

class ScalarCompiler {
public:
  ScalarCompiler(ScalarProgram &program, ScalarProgram::OutOfRange outOfRange)
      : program(program), outOfRange(outOfRange) {}

  FailureOr<int32_t> getSlot(Value value);
  LogicalResult compile(Operation *op);
  LogicalResult compileBlock(Block &block, Operation **unsupported,
                             ValueRange extra);

private:
  using Function = ScalarProgram::Function;

  int32_t addSlot() {
    program.slots.push_back(ScalarValue{});
    return int32_t(program.slots.size()) - 1;
  }
  LogicalResult emit(Operation *op, Function function, int64_t data = 0);
  LogicalResult emitQuantize(QuantizeOp op);
  LogicalResult emitDequantize(DequantizeOp op);
  LogicalResult emitRequantize(RequantizeOp op);
  LogicalResult emitLookup(LookupOp op);
  LogicalResult emitToInteger(Operation *op, bool isSigned);
  int32_t addConstant(int64_t value);

  ScalarProgram &program;
  ScalarProgram::OutOfRange outOfRange;
  DenseMap<Value, int32_t> slotOf;
};
} // namespace mlir::qopt

// The function of an instruction: A, B and C are its operands, R its result and
// DATA its constant.
#define A a[i]
#define B b[i]
#define C c[i]
#define R r[i]
#define DATA data
#define EVAL(...)                                                              \
  [](ScalarValue *slots, size_t stride, size_t count, const int32_t *operands, \
     int32_t result, [[maybe_unused]] int64_t data) {                          \
    [[maybe_unused]] const ScalarValue *a = slots + operands[0] * stride;      \
    [[maybe_unused]] const ScalarValue *b = slots + operands[1] * stride;      \
    [[maybe_unused]] const ScalarValue *c = slots + operands[2] * stride;      \
    ScalarValue *r = slots + result * stride;                                  \
    for (size_t i = 0; i < count; ++i) {                                       \
      __VA_ARGS__;                                                             \
    }                                                                          \
  }
#define REAL(expression) EVAL(R.real = roundToWidth(expression, DATA))
#define INTEGER(expression)                                                    \
  EVAL(R.integer = signExtend(int64_t(expression), DATA))

#endif // QUANTOPT_LIB_ANALYSIS_SCALARCOMPILER_H
