//===- Explanation.h - Why each value is what it is -------------*- C++ -*-===//

#ifndef QUANTOPT_QUANTIZATION_EXPLANATION_H
#define QUANTOPT_QUANTIZATION_EXPLANATION_H

#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace mlir::qopt {

/// What qopt-record-explanation kept of an input or an operation.
struct Explanation {
  std::string name, op, location;
  std::string state;  ///< integer, dynamic, weight-only or float
  std::string reason; ///< of float
  /// The parameters where the value is an integer anywhere, else no type.
  quant::UniformQuantizedType type;
  std::string why;     ///< where the parameters come from
  std::string weights; ///< how weight-only ones are stored; what there is to
                       ///< say of their scales
};

/// What was recorded in all functions of `module`, in their order, with what
/// turned out to have no integer form since. Changes nothing.
std::vector<Explanation> readExplanations(ModuleOp module);

/// Removes all traces of it.
void removeExplanations(ModuleOp module);

/// "i8" or "u8".
std::string describeStorage(quant::UniformQuantizedType type);

} // namespace mlir::qopt

#endif // QUANTOPT_QUANTIZATION_EXPLANATION_H
