//===- InputValues.h - What the elements of an input may be -----*- C++ -*-===//

#ifndef QUANTOPT_LIB_VERIFICATION_INPUTVALUES_H
#define QUANTOPT_LIB_VERIFICATION_INPUTVALUES_H

#include "Interpreter.h"

#include <limits>
#include <random>

namespace mlir::qopt {

/// The values that an element of an input takes.
struct Domain {
  std::vector<ScalarValue> values;
  /// These are all values of the type.
  bool isComplete = false;
  bool isReal = false;
};

struct DomainOptions {
  /// The quantized types around the input.
  ArrayRef<quant::QuantizedType> types;
  /// Only reals that these types can represent.
  bool withinRange = false;
  /// Also reals far outside of them.
  bool hugeReals = false;
};

/// Values of `type`: all for integers of at most 16 bits, else the ends of the
/// type, zero, powers of two and their neighbours, for reals the values of
/// `types`, the ties between them and the numbers next to these; and random
/// ones. Always the same ones.
Domain getDomain(Type type, const DomainOptions &options);

/// Between which numbers an input lies; empty where nothing is known.
struct InputRange {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  /// All values that it takes, where samples showed few again and again.
  std::vector<double> values;
};

/// Keeps the values of `domain` within `range`, and adds its ends and numbers
/// all over it.
void restrictDomain(Domain &domain, Type type, const InputRange &range);

/// A tensor of `type` for run number `run` of a sampled check: the first are
/// constant or regular, all others random.
TensorRef sampleTensor(Type type, const Domain &domain, uint64_t run,
                       std::mt19937_64 &random);

/// The ranges of the results of `func` on samples, each end twice as far from
/// zero. Fails where an operation cannot be evaluated.
FailureOr<SmallVector<InputRange>> getResultRanges(func::FuncOp func,
                                                   uint64_t budget);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_VERIFICATION_INPUTVALUES_H
