//===- FakeQuantForm.cpp - Fake quantization as a generic -----------------===//

#include "FakeQuantForm.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::qopt;

FakeQuantShape FakeQuantShape::get(FakeQuantOp op,
                                   const UniformParams &params) {
  bool hasZeroPoint =
      llvm::any_of(params.zeroPoints, [](int64_t zero) { return zero != 0; });
  // Zero points of several channels: the widest side counts.
  int64_t positive = params.storageMax - *llvm::min_element(params.zeroPoints);
  return {cast<RankedTensorType>(op.getInput().getType()),
          params.axis,
          params.storageMin,
          params.storageMax,
          hasZeroPoint,
          positive};
}

RankedTensorType FakeQuantShape::getParameterType() const {
  SmallVector<int64_t> sizes;
  if (axis)
    sizes.push_back(type.getDimSize(*axis));
  return RankedTensorType::get(sizes, type.getElementType());
}

int64_t FakeQuantShape::getCount() const {
  return type.getNumElements() /
         std::max<int64_t>(1, axis ? type.getDimSize(*axis) : 1);
}

bool FakeQuantShape::operator==(const FakeQuantShape &other) const {
  return type == other.type && axis == other.axis && min == other.min &&
         max == other.max && hasZeroPoint == other.hasZeroPoint &&
         positive == other.positive;
}

AffineMap mlir::qopt::getParameterMap(const FakeQuantShape &shape,
                                      MLIRContext *context) {
  int64_t rank = shape.type.getRank();
  if (!shape.axis)
    return AffineMap::get(rank, 0, context);
  return AffineMap::get(rank, 0, getAffineDimExpr(*shape.axis, context));
}

Value mlir::qopt::emitNumber(OpBuilder &builder, Location loc, double value) {
  return arith::ConstantOp::create(builder, loc,
                                   builder.getF32FloatAttr(value));
}

linalg::GenericOp mlir::qopt::emitFakeQuant(OpBuilder &builder, Location loc,
                                            const FakeQuantShape &shape,
                                            Value x, Value scale, Value zero) {
  int64_t rank = shape.type.getRank();
  AffineMap identity = builder.getMultiDimIdentityMap(rank);
  AffineMap parameter = getParameterMap(shape, builder.getContext());
  SmallVector<Value> inputs = {x, scale};
  SmallVector<AffineMap> maps = {identity, parameter};
  if (zero) {
    inputs.push_back(zero);
    maps.push_back(parameter);
  }
  maps.push_back(identity);
  Value empty = tensor::EmptyOp::create(builder, loc, shape.type.getShape(),
                                        shape.type.getElementType());
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  return linalg::GenericOp::create(
      builder, loc, shape.type, inputs, empty, maps, loops,
      [&](OpBuilder &b, Location at, ValueRange args) {
        Value q = arith::DivFOp::create(b, at, args[0], args[1]);
        q = math::RoundEvenOp::create(b, at, q);
        if (zero)
          q = arith::AddFOp::create(b, at, q, args[2]);
        // Comparisons that NaN fails: it becomes the lower end.
        Value low = emitNumber(b, at, shape.min);
        Value isAbove =
            arith::CmpFOp::create(b, at, arith::CmpFPredicate::OGT, q, low);
        q = arith::SelectOp::create(b, at, isAbove, q, low);
        Value high = emitNumber(b, at, shape.max);
        Value isBelow =
            arith::CmpFOp::create(b, at, arith::CmpFPredicate::OLT, q, high);
        q = arith::SelectOp::create(b, at, isBelow, q, high);
        if (zero)
          q = arith::SubFOp::create(b, at, q, args[2]);
        q = arith::MulFOp::create(b, at, q, args[1]);
        linalg::YieldOp::create(b, at, q);
      });
}
