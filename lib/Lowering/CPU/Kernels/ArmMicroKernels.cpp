//===- ArmMicroKernels.cpp - Dot and matrix products of AArch64 -----------===//

#include "MicroKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// Products of signed bytes. Unsigned activations are read with 128 taken away.
struct SignedKernel : MicroKernel {
  using MicroKernel::MicroKernel;

  int32_t getShift(bool isUnsigned) const override {
    return isUnsigned ? -128 : 0;
  }

  /// `bytes` as signed ones.
  Value toSigned(OpBuilder &b, Location loc, Value bytes,
                 bool isUnsigned) const {
    if (!isUnsigned)
      return bytes;
    auto type = cast<VectorType>(bytes.getType());
    Value sign = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(type, int8_t(-128)));
    return arith::XOrIOp::create(b, loc, bytes, sign);
  }

  Value loadBytes(OpBuilder &b, Location loc, Value flat, Value index,
                  int64_t count) const {
    return vector::LoadOp::create(b, loc,
                                  VectorType::get({count}, b.getI8Type()), flat,
                                  ValueRange{index});
  }
};

/// sdot: four products a lane. The activations of four steps are one vector, of
/// which an instruction takes one lane.
struct DotKernel : SignedKernel {
  explicit DotKernel(const VectorUnit &unit) : SignedKernel(unit, 4) {
    stepsPerLoad = 4;
  }

  Parts emitActivation(OpBuilder &b, Location loc, Value flat,
                       ValueRange indices, bool isUnsigned) const override {
    Value words = emitWords(b, loc, flat, indices.front());
    Value bytes =
        vector::BitCastOp::create(b, loc, vectorOf(b.getI8Type(), 4), words);
    return emitLanes(b, loc, bytes, isUnsigned);
  }

  bool takesLanes() const override { return true; }

  Parts emitLanes(OpBuilder &b, Location loc, Value bytes,
                  bool isUnsigned) const override {
    return {toSigned(b, loc, bytes, isUnsigned)};
  }

  SmallVector<Parts> emitActivations(OpBuilder &b, Location loc, Value flat,
                                     ValueRange indices,
                                     bool isUnsigned) const override {
    VectorType words = vectorOf(b.getI32Type());
    VectorType bytes = vectorOf(b.getI8Type(), 4);
    Value loaded = loadBytes(b, loc, flat, indices.front(), lanes * 4);
    Value four = vector::BitCastOp::create(
        b, loc, words, toSigned(b, loc, loaded, isUnsigned));
    SmallVector<Parts> steps;
    for (int64_t step = 0; step < stepsPerLoad; ++step) {
      SmallVector<int64_t> mask(lanes, step);
      Value word = vector::ShuffleOp::create(b, loc, four, four, mask);
      steps.push_back({vector::BitCastOp::create(b, loc, bytes, word)});
    }
    return steps;
  }

  Parts emitWeights(OpBuilder &b, Location loc, Value flat,
                    Value index) const override {
    return {emitStored(b, loc, flat, index)};
  }

  void emitStep(OpBuilder &b, Location loc, MutableArrayRef<Value> accumulators,
                ArrayRef<Value> activation,
                ArrayRef<Value> weights) const override {
    // The second factor is the one that can be a lane.
    accumulators[0] = emitIntrinsic(
        b, loc, "llvm.aarch64.neon.sdot.v4i32.v16i8", accumulators[0].getType(),
        {accumulators[0], weights.front(), activation.front()});
  }
};

/// smmla: two rows by two columns, eight products each. A vector of four
/// columns is two of them; the accumulators of two rows hold columns 0 and 1 of
/// both, and columns 2 and 3 of both.
struct MatrixKernel : SignedKernel {
  explicit MatrixKernel(const VectorUnit &unit) : SignedKernel(unit, 8) {
    rows = 2;
    cost.weightRegisters = 2;
    cost.scratchRegisters += 2;
  }

  Parts emitActivation(OpBuilder &b, Location loc, Value flat,
                       ValueRange indices, bool isUnsigned) const override {
    Value first = loadBytes(b, loc, flat, indices[0], group);
    Value second = loadBytes(b, loc, flat, indices[1], group);
    auto mask = llvm::to_vector(llvm::seq<int64_t>(0, 2 * group));
    Value both = vector::ShuffleOp::create(b, loc, first, second, mask);
    return {toSigned(b, loc, both, isUnsigned)};
  }

  Parts emitWeights(OpBuilder &b, Location loc, Value flat,
                    Value index) const override {
    Value half = arith::ConstantIndexOp::create(b, loc, 2 * group);
    Value next = arith::AddIOp::create(b, loc, index, half);
    return {loadBytes(b, loc, flat, index, 2 * group),
            loadBytes(b, loc, flat, next, 2 * group)};
  }

  Parts emitOnes(OpBuilder &b, Location loc) const override {
    auto bytes = VectorType::get({2 * group}, b.getI8Type());
    return {arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(bytes, int8_t(1)))};
  }

  void emitStep(OpBuilder &b, Location loc, MutableArrayRef<Value> accumulators,
                ArrayRef<Value> activation,
                ArrayRef<Value> weights) const override {
    for (auto [accumulator, columns] : llvm::zip_equal(accumulators, weights))
      accumulator = emitIntrinsic(b, loc, "llvm.aarch64.neon.smmla.v4i32.v16i8",
                                  accumulator.getType(),
                                  {accumulator, activation.front(), columns});
  }

  void emitArrangement(OpBuilder &b, Location loc,
                       MutableArrayRef<Value> accumulators) const override {
    Value first = accumulators[0], second = accumulators[1];
    accumulators[0] = vector::ShuffleOp::create(b, loc, first, second,
                                                ArrayRef<int64_t>{0, 1, 4, 5});
    accumulators[1] = vector::ShuffleOp::create(b, loc, first, second,
                                                ArrayRef<int64_t>{2, 3, 6, 7});
  }
};

} // namespace

void mlir::qopt::addArmKernels(const TargetInfo &target,
                               MicroKernels &kernels) {
  VectorUnit unit = VectorUnit::get(target);
  if (target.has("i8mm"))
    kernels.integers.push_back(std::make_shared<MatrixKernel>(unit));
  if (target.has("dotprod"))
    kernels.integers.push_back(std::make_shared<DotKernel>(unit));
}
