//===- ScalarProgram.h - Evaluates bodies of scalar operations --*- C++ -*-===//
//
// Compiles a block of scalar arith, math and qopt operations to a list of
// instructions and runs it on numbers: how lookup tables are made, constants
// are folded in time linear in their elements, and rewrites are checked on all
// inputs.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_ANALYSIS_SCALARPROGRAM_H
#define QUANTOPT_ANALYSIS_SCALARPROGRAM_H

#include "mlir/IR/Block.h"
#include "mlir/IR/Operation.h"

#include <vector>

namespace mlir::qopt {

/// A number of an MLIR scalar type. Floats narrower than f64 hold exactly the
/// value of their type; integers are sign extended from their width.
union ScalarValue {
  double real;
  int64_t integer;
};

/// A compiled block. Every f32 operation rounds to f32 as the operation would;
/// functions of the math dialect are those of the host's C library in double,
/// rounded once.
class ScalarProgram {
public:
  /// What an undefined conversion of a float to an integer gives (NaN, or a
  /// value that does not fit): either is legal, and a program whose result
  /// depends on which is undefined.
  enum class OutOfRange {
    Saturate, ///< the nearest integer that fits, 0 for NaN
    Lowest,   ///< the lowest integer, as x86 does
  };

  /// Compiles `block`, whose terminator's operands are the results. Values from
  /// outside of the block must be scalar constants. Fails on an operation that
  /// has no instruction; `unsupported`, if given, is then set to it. The values
  /// `extra` (of operations in the block or outside) are inputs behind the
  /// block's arguments.
  static FailureOr<ScalarProgram>
  compile(Block &block, Operation **unsupported = nullptr,
          ValueRange extra = {}, OutOfRange outOfRange = OutOfRange::Saturate);

  unsigned getNumInputs() const { return numInputs; }
  unsigned getNumInstructions() const { return instructions.size(); }
  /// Whether any conversion of a float to an integer may be undefined.
  bool convertsToInteger() const { return hasConversions; }
  unsigned getNumResults() const { return results.size(); }

  /// Runs the program: `inputs` are the block's arguments in order, values of
  /// unused arguments are ignored.
  void run(ArrayRef<ScalarValue> inputs, MutableArrayRef<ScalarValue> outputs);

  /// How many elements runBlock takes at most: enough that instructions run as
  /// loops over vectors, few enough that all values stay in the cache.
  static constexpr size_t kBlock = 256;

  /// Where the first `count` values of an input go before runBlock(count), and
  /// where those of a result lie afterwards.
  ScalarValue *getInput(unsigned input);
  const ScalarValue *getResult(unsigned result) const {
    return &block[results[result] * kBlock];
  }

  /// Runs the program on `count` elements.
  void runBlock(size_t count);

private:
  /// Runs one instruction on `count` elements; those of a slot are contiguous,
  /// slots are `stride` elements apart.
  using Function = void (*)(ScalarValue *slots, size_t stride, size_t count,
                            const int32_t *operands, int32_t result,
                            int64_t data);
  struct Instruction {
    Function function;
    int32_t operands[3];
    int32_t result;
    /// Number of mantissa bits, width or predicate, as the function needs it.
    int64_t data;
  };

  unsigned numInputs = 0;
  bool hasConversions = false;
  SmallVector<Instruction> instructions;
  SmallVector<int32_t> results;
  /// Initial contents: inputs first, then constants, then one slot a result.
  SmallVector<ScalarValue> slots;
  /// kBlock of each slot, once needed.
  std::vector<ScalarValue> block;

  friend class ScalarCompiler;
};

/// The value of a numeric attribute of scalar type; nothing on other types.
std::optional<ScalarValue> getScalarValue(Attribute attribute);

/// `value` as an attribute of the scalar type `type`, rounded to it.
Attribute getScalarAttr(ScalarValue value, Type type);

} // namespace mlir::qopt

#endif // QUANTOPT_ANALYSIS_SCALARPROGRAM_H
