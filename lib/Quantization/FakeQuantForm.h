//===- FakeQuantForm.h - Fake quantization for trainers ---------*- C++ -*-===//
//
// What a training program has in place of qopt.fake_quant: the same rounding as
// a generic that reads its scale and its zero point, and the functions that
// carry gradients through it.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTOPT_LIB_QUANTIZATION_FAKEQUANTFORM_H
#define QUANTOPT_LIB_QUANTIZATION_FAKEQUANTFORM_H

#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::qopt {

/// Which function of gradients a trainer wants.
enum class GradientKind { None, Ste, SteRange, Lsq };

/// The shape of the fake quantization of a value: what its scale and its zero
/// point are not.
struct FakeQuantShape {
  RankedTensorType type;
  /// The dimension along which scales differ, or nothing.
  std::optional<int64_t> axis;
  int64_t min, max;
  bool hasZeroPoint;
  /// Steps above zero, LSQ's Qp: the range's end less the zero point.
  int64_t positive;

  static FakeQuantShape get(FakeQuantOp op, const UniformParams &params);
  /// That of the scale and of the zero point.
  RankedTensorType getParameterType() const;
  /// Elements that share a scale.
  int64_t getCount() const;
  bool operator==(const FakeQuantShape &other) const;
};

/// Emits `(clamp(roundeven(x / scale) + zero, min, max) - zero) * scale`, where
/// `zero` is null if the shape has none. Bit for bit what qopt.fake_quant
/// computes where zero points are whole and 16 bits are enough; NaN gives the
/// lower end.
linalg::GenericOp emitFakeQuant(OpBuilder &builder, Location loc,
                                const FakeQuantShape &shape, Value x,
                                Value scale, Value zero);

/// Emits the function of gradients at the insertion point. Formulas and sources
/// are those of qopt-insert-fake-quant.
func::FuncOp emitFakeQuantGradient(OpBuilder &builder, Location loc,
                                   StringRef name, const FakeQuantShape &shape,
                                   GradientKind kind);

/// By which a generic over the value reads its scale and zero point.
AffineMap getParameterMap(const FakeQuantShape &shape, MLIRContext *context);

/// An f32 constant.
Value emitNumber(OpBuilder &builder, Location loc, double value);

} // namespace mlir::qopt

#endif // QUANTOPT_LIB_QUANTIZATION_FAKEQUANTFORM_H
