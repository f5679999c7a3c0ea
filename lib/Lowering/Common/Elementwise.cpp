//===- Elementwise.cpp - Arithmetic on tensors as linalg ------------------===//

#include "Elementwise.h"
#include "quantopt/Lowering/Common/QuantArith.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::qopt;

Value mlir::qopt::emitElementwise(OpBuilder &builder, Location loc,
                                  ArrayRef<Value> inputs, Type element,
                                  ElementBody body) {
  auto type = cast<RankedTensorType>(inputs.front().getType());
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(), element);
  SmallVector<AffineMap> maps(inputs.size() + 1,
                              builder.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, empty.getType(), inputs, empty, maps, iterators,
             [&](OpBuilder &b, Location bodyLoc, ValueRange args) {
               linalg::YieldOp::create(b, bodyLoc, body(b, bodyLoc, args));
             })
      .getResult(0);
}

Value mlir::qopt::emitReciprocals(OpBuilder &builder, Location loc, Value x) {
  Type f32 = builder.getF32Type();
  return emitElementwise(
      builder, loc, x, f32, [&](OpBuilder &b, Location loc, ValueRange args) {
        Value one = emitConstant(b, loc, f32, 1.0);
        return arith::DivFOp::create(b, loc, one, args[0]).getResult();
      });
}
