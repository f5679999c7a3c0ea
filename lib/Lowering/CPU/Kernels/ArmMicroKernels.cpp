//===- ArmMicroKernels.cpp - Dot products of AArch64 ----------------------===//

#include "MicroKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// sdot: four s8 x s8 products a lane. Unsigned activations are read with 128
/// taken away.
struct DotKernel : MicroKernel {
  explicit DotKernel(const VectorUnit &unit) : MicroKernel(unit, 4) {}

  int32_t getShift(bool isUnsigned) const override {
    return isUnsigned ? -128 : 0;
  }

  Parts emitActivation(OpBuilder &b, Location loc, Value flat, Value index,
                       bool isUnsigned) const override {
    return emitLanes(b, loc,
                     vector::BitCastOp::create(b, loc,
                                               vectorOf(b.getI8Type(), 4),
                                               emitWords(b, loc, flat, index)),
                     isUnsigned);
  }

  bool takesLanes() const override { return true; }

  Parts emitLanes(OpBuilder &b, Location loc, Value bytes,
                  bool isUnsigned) const override {
    if (!isUnsigned)
      return {bytes};
    Value sign = arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(vectorOf(b.getI8Type(), 4), int8_t(-128)));
    return {arith::XOrIOp::create(b, loc, bytes, sign)};
  }

  Parts emitWeights(OpBuilder &b, Location loc, Value flat,
                    Value index) const override {
    return {emitStored(b, loc, flat, index)};
  }

  Value emitStep(OpBuilder &b, Location loc, Value accumulator,
                 ArrayRef<Value> activation,
                 ArrayRef<Value> weights) const override {
    return emitIntrinsic(b, loc, "llvm.aarch64.neon.sdot.v4i32.v16i8",
                         accumulator.getType(),
                         {accumulator, activation.front(), weights.front()});
  }
};

} // namespace

void mlir::qopt::addArmKernels(const TargetInfo &target,
                               MicroKernels &kernels) {
  if (target.has("dotprod"))
    kernels.integers.push_back(
        std::make_shared<DotKernel>(VectorUnit::get(target)));
}
