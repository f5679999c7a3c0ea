//===- MicroKernel.cpp - The inner step of a register tile ----------------===//

#include "MicroKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qopt;

VectorUnit VectorUnit::get(const TargetInfo &target) {
  VectorUnit unit{4, 16};
  unit.hasFMA = target.hasFMA();
  if (target.triple.isAArch64()) {
    unit.registers = 32;
    unit.family = Family::Arm;
    return unit;
  }
  if (!target.triple.isX86())
    return unit;
  unit.family = Family::X86;
  unit.hasBytePairs = target.has("ssse3");
  unit.hasSparePorts = StringRef(target.cpu).starts_with("znver");
  if (target.has("avx512bw") && target.has("avx512vl")) {
    unit.lanes = 16;
    unit.registers = 32;
    unit.hasByteTables = target.has("avx512vbmi");
  } else if (target.has("avx2")) {
    unit.lanes = 8;
  }
  return unit;
}

MicroKernel::~MicroKernel() = default;

SmallVector<MicroKernel::Parts>
MicroKernel::emitActivations(OpBuilder &b, Location loc, Value flat,
                             ValueRange indices, bool isUnsigned) const {
  assert(stepsPerLoad == 1 && "kernels that load more say how");
  return {emitActivation(b, loc, flat, indices, isUnsigned)};
}

MicroKernel::Parts MicroKernel::emitOnes(OpBuilder &b, Location loc) const {
  return {arith::ConstantOp::create(
      b, loc,
      DenseElementsAttr::get(vectorOf(b.getI8Type(), group), int8_t(1)))};
}

Value MicroKernel::emitWords(OpBuilder &b, Location loc, Value flat,
                             Value index) const {
  Type i32 = b.getI32Type();
  Type element = cast<MemRefType>(flat.getType()).getElementType();
  auto type = VectorType::get({32 / element.getIntOrFloatBitWidth()}, element);
  Value loaded = vector::LoadOp::create(b, loc, type, flat, ValueRange{index});
  Value word =
      vector::BitCastOp::create(b, loc, VectorType::get({1}, i32), loaded);
  Value scalar = vector::ExtractOp::create(b, loc, word, 0);
  return vector::BroadcastOp::create(b, loc, vectorOf(i32), scalar);
}

Value MicroKernel::emitStored(OpBuilder &b, Location loc, Value flat,
                              Value index) const {
  Type element = cast<MemRefType>(flat.getType()).getElementType();
  return vector::LoadOp::create(b, loc, vectorOf(element, group), flat,
                                ValueRange{index});
}

Value mlir::qopt::emitIntrinsic(OpBuilder &b, Location loc, StringRef name,
                                Type result, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, loc, result, b.getStringAttr(name),
                                       operands)
      .getResult(0);
}

namespace {

/// One product a lane, in i32.
struct SingleKernel : MicroKernel {
  explicit SingleKernel(const VectorUnit &unit) : MicroKernel(unit, 1) {
    cost.step = 2;
  }

  Parts emitActivation(OpBuilder &b, Location loc, Value flat,
                       ValueRange indices, bool isUnsigned) const override {
    Type i32 = b.getI32Type();
    Value scalar = memref::LoadOp::create(b, loc, flat, indices);
    Value wide;
    if (isUnsigned)
      wide = arith::ExtUIOp::create(b, loc, i32, scalar);
    else
      wide = arith::ExtSIOp::create(b, loc, i32, scalar);
    return {vector::BroadcastOp::create(b, loc, vectorOf(i32), wide)};
  }

  Parts emitWeights(OpBuilder &b, Location loc, Value flat,
                    Value index) const override {
    return {arith::ExtSIOp::create(b, loc, vectorOf(b.getI32Type()),
                                   emitStored(b, loc, flat, index))};
  }

  Parts emitOnes(OpBuilder &b, Location loc) const override {
    return {arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(vectorOf(b.getI32Type()), int32_t(1)))};
  }

  void emitStep(OpBuilder &b, Location loc, MutableArrayRef<Value> accumulators,
                ArrayRef<Value> activation,
                ArrayRef<Value> weights) const override {
    Value product =
        arith::MulIOp::create(b, loc, activation.front(), weights.front());
    accumulators[0] = arith::AddIOp::create(b, loc, accumulators[0], product);
  }
};

/// One product a lane, in f32, fused where the target can.
struct FloatKernel : MicroKernel {
  explicit FloatKernel(const VectorUnit &unit) : MicroKernel(unit, 1) {}

  bool isFloat() const override { return true; }

  Parts emitActivation(OpBuilder &b, Location loc, Value flat,
                       ValueRange indices, bool) const override {
    Value scalar = memref::LoadOp::create(b, loc, flat, indices);
    return {
        vector::BroadcastOp::create(b, loc, vectorOf(b.getF32Type()), scalar)};
  }

  /// Stored integers and shorter floats are exact in f32.
  Parts emitWeights(OpBuilder &b, Location loc, Value flat,
                    Value index) const override {
    Value stored = emitStored(b, loc, flat, index);
    Type element = getElementTypeOrSelf(stored), f32 = b.getF32Type();
    if (element == f32)
      return {stored};
    if (isa<FloatType>(element))
      return {arith::ExtFOp::create(b, loc, vectorOf(f32), stored)};
    return {arith::SIToFPOp::create(b, loc, vectorOf(f32), stored)};
  }

  void emitStep(OpBuilder &b, Location loc, MutableArrayRef<Value> accumulators,
                ArrayRef<Value> activation,
                ArrayRef<Value> weights) const override {
    accumulators[0] = emitMultiplyAdd(b, loc, activation.front(),
                                      weights.front(), accumulators[0]);
  }
};

/// f32 activations by weights of four bits, eight steps of the reduction in the
/// 32 bits of a lane, the first one in the lowest.
struct NibbleKernel : MicroKernel {
  explicit NibbleKernel(const VectorUnit &unit) : MicroKernel(unit, kSteps) {
    bound = WeightBound::Nibbles;
    cost.step = kSteps;
    cost.weights = kSteps * (hasLaneTables() ? 2 : 3);
    cost.weightRegisters = kSteps;
  }

  bool isFloat() const override { return true; }

  Parts emitActivation(OpBuilder &b, Location loc, Value flat,
                       ValueRange indices, bool) const override {
    Parts parts;
    for (unsigned i = 0; i < kSteps; ++i) {
      Value at = arith::AddIOp::create(
          b, loc, indices.front(), arith::ConstantIndexOp::create(b, loc, i));
      Value scalar = memref::LoadOp::create(b, loc, flat, at);
      parts.push_back(vector::BroadcastOp::create(
          b, loc, vectorOf(b.getF32Type()), scalar));
    }
    return parts;
  }

  Parts emitWeights(OpBuilder &b, Location loc, Value flat,
                    Value index) const override {
    VectorType integers = vectorOf(b.getI32Type()),
               floats = vectorOf(b.getF32Type());
    Value word = arith::DivUIOp::create(
        b, loc, index, arith::ConstantIndexOp::create(b, loc, kSteps));
    Value stored =
        vector::LoadOp::create(b, loc, integers, flat, ValueRange{word});
    auto bits = [&](int32_t amount) -> Value {
      return arith::ConstantOp::create(
          b, loc, DenseElementsAttr::get(integers, amount));
    };
    Parts parts;
    for (unsigned i = 0; i < kSteps; ++i) {
      // The look-up reads the four lowest bits of each lane.
      if (hasLaneTables()) {
        Value table = arith::ConstantOp::create(
            b, loc,
            DenseElementsAttr::get(floats, ArrayRef<float>{0, 1, 2, 3, 4, 5, 6,
                                                           7, -8, -7, -6, -5,
                                                           -4, -3, -2, -1}));
        parts.push_back(emitIntrinsic(
            b, loc, "llvm.x86.avx512.permvar.sf.512", floats,
            {table, arith::ShRUIOp::create(b, loc, stored, bits(4 * i))}));
        continue;
      }
      Value top = arith::ShLIOp::create(b, loc, stored, bits(28 - 4 * i));
      parts.push_back(arith::SIToFPOp::create(
          b, loc, floats, arith::ShRSIOp::create(b, loc, top, bits(28))));
    }
    return parts;
  }

  void emitStep(OpBuilder &b, Location loc, MutableArrayRef<Value> accumulators,
                ArrayRef<Value> activation,
                ArrayRef<Value> weights) const override {
    for (auto [x, w] : llvm::zip_equal(activation, weights))
      accumulators[0] = emitMultiplyAdd(b, loc, x, w, accumulators[0]);
  }

private:
  static constexpr unsigned kSteps = 8;

  bool hasLaneTables() const { return lanes == 16; }
};

} // namespace

Value MicroKernel::emitMultiplyAdd(OpBuilder &b, Location loc, Value x, Value w,
                                   Value sum) const {
  if (unit.hasFMA)
    return vector::FMAOp::create(b, loc, x, w, sum);
  Value product = arith::MulFOp::create(b, loc, x, w);
  return arith::AddFOp::create(b, loc, sum, product);
}

MicroKernels MicroKernels::get(const TargetInfo &target) {
  VectorUnit unit = VectorUnit::get(target);
  MicroKernels kernels;
  if (target.triple.isX86())
    addX86Kernels(target, kernels);
  else if (target.triple.isAArch64())
    addArmKernels(target, kernels);
  if (kernels.integers.empty() || kernels.integers.back()->rows > 1)
    kernels.integers.push_back(std::make_shared<SingleKernel>(unit));
  if (!kernels.wide)
    kernels.wide = std::make_shared<SingleKernel>(unit);
  kernels.floating = std::make_shared<FloatKernel>(unit);
  kernels.nibbles = std::make_shared<NibbleKernel>(unit);
  return kernels;
}
