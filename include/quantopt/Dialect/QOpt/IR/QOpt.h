//===- QOpt.h - The qopt dialect --------------------------------*- C++ -*-===//
//
// The dialect, its attributes and operations. See QOptDialect.td.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_DIALECT_QOPT_IR_QOPT_H
#define QUANTOPT_DIALECT_QOPT_IR_QOPT_H

#include "quantopt/Support/QuantMath.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Quant/IR/QuantTypes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "quantopt/Dialect/QOpt/IR/QOptDialect.h.inc"
#include "quantopt/Dialect/QOpt/IR/QOptEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "quantopt/Dialect/QOpt/IR/QOptAttributes.h.inc"

#define GET_OP_CLASSES
#include "quantopt/Dialect/QOpt/IR/QOptOps.h.inc"

namespace mlir::qopt {

/// The numeric contract that holds for `op`: its own `numerics` attribute, else
/// the `qopt.numerics` of the innermost module around it that has one, else
/// half to even with f32 multipliers.
NumericsAttr getNumerics(Operation *op);

/// The rule of `numerics` for quotients.
quantopt::RoundingMode getRounding(NumericsAttr numerics);

/// How `op` is quantized at run time; null where it is not.
DynamicAttr getDynamic(Operation *op);

/// How the weights of `op`, which computes in float, are stored; null where
/// that is as they came.
WeightOnlyAttr getWeightOnly(Operation *op);

/// Whether `format` has integers, and so scales.
bool isInteger(WeightFormat format);

/// Of one weight in native code.
unsigned getBits(WeightFormat format);

/// Where the module around `op` is to be explained, appends `why` to what `op`
/// says of its parameters. `why` makes the text, which costs nothing elsewhere.
void explain(ObserveOp op, llvm::function_ref<std::string()> why);

/// Values of `qopt.float` where the user keeps an operation in float; all
/// others are consequences.
inline constexpr llvm::StringLiteral kKeptByConfig =
    "the configuration keeps it in float";
inline constexpr llvm::StringLiteral kKeptByMap =
    "the quantization map keeps it in float";

/// "file:line:column" of what `loc` names first, or "unknown".
std::string describeLocation(Location loc);

/// Scales and zero points of a per-tensor or per-axis uniform type, as a list:
/// one entry per tensor, or one per index of `axis`.
struct UniformParams {
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  /// The quantized dimension, or nothing where the parameters are per tensor.
  std::optional<int64_t> axis;
  int64_t storageMin = 0;
  int64_t storageMax = 0;
  unsigned storageWidth = 0;
  bool isSigned = true;

  /// Fails on types that are neither per tensor nor per axis.
  static FailureOr<UniformParams> get(Type type);
  bool isPerAxis() const { return axis.has_value(); }
};

} // namespace mlir::qopt

#endif // QUANTOPT_DIALECT_QOPT_IR_QOPT_H
