//===- X86MicroKernels.cpp - Multiply-add instructions of x86 -------------===//

#include "MicroKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qopt;

namespace {

/// The name of an intrinsic by the width of vectors.
struct IntrinsicNames {
  StringRef of4, of8, of16;
  StringRef get(unsigned lanes) const {
    return lanes == 16 ? of16 : lanes == 8 ? of8 : of4;
  }
};

constexpr IntrinsicNames kMultiplyAddWords = {"llvm.x86.sse2.pmadd.wd",
                                              "llvm.x86.avx2.pmadd.wd",
                                              "llvm.x86.avx512.pmaddw.d.512"};

/// Splits words into their even and odd bytes as i16.
Value emitHalf(OpBuilder &b, Location loc, Value halves, bool isOdd,
               bool isUnsigned) {
  auto type = cast<VectorType>(halves.getType());
  auto splat = [&](int16_t value) -> Value {
    return arith::ConstantOp::create(b, loc,
                                     DenseElementsAttr::get(type, value));
  };
  if (isUnsigned && !isOdd)
    return arith::AndIOp::create(b, loc, halves, splat(0xff));
  Value eight = splat(8);
  if (isUnsigned)
    return arith::ShRUIOp::create(b, loc, halves, eight);
  if (!isOdd)
    halves = arith::ShLIOp::create(b, loc, halves, eight);
  return arith::ShRSIOp::create(b, loc, halves, eight);
}

/// Four products of bytes a lane; the activations of a step are one word.
struct BytesKernel : MicroKernel {
  explicit BytesKernel(const VectorUnit &unit) : MicroKernel(unit, 4) {
    // SSE overwrites an operand, of which copies are made.
    if (lanes == 4)
      cost.scratchRegisters += 2;
  }

  Parts emitActivation(OpBuilder &b, Location loc, Value flat,
                       ValueRange indices, bool isUnsigned) const override {
    return emitLanes(
        b, loc,
        vector::BitCastOp::create(b, loc, vectorOf(b.getI8Type(), 4),
                                  emitWords(b, loc, flat, indices.front())),
        isUnsigned);
  }

  bool takesLanes() const override { return true; }

  Parts emitLanes(OpBuilder &b, Location loc, Value bytes,
                  bool isUnsigned) const override {
    if (isUnsigned == readsUnsigned())
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
};

/// u8 x s8: s8 activations are read with their sign bit inverted.
struct UnsignedBytesKernel : BytesKernel {
  using BytesKernel::BytesKernel;
  bool readsUnsigned() const override { return true; }
  int32_t getShift(bool isUnsigned) const override {
    return isUnsigned ? 0 : 128;
  }
};

/// s8 x s8: u8 activations are read with 128 taken away.
struct SignedBytesKernel : BytesKernel {
  using BytesKernel::BytesKernel;
  int32_t getShift(bool isUnsigned) const override {
    return isUnsigned ? -128 : 0;
  }
};

/// vpdpbusd.
struct VNNIKernel : UnsignedBytesKernel {
  using UnsignedBytesKernel::UnsignedBytesKernel;

  void emitStep(OpBuilder &b, Location loc, MutableArrayRef<Value> accumulators,
                ArrayRef<Value> activation,
                ArrayRef<Value> weights) const override {
    accumulators[0] =
        emitIntrinsic(b, loc,
                      lanes == 16 ? "llvm.x86.avx512.vpdpbusd.512"
                                  : "llvm.x86.avx512.vpdpbusd.256",
                      accumulators[0].getType(),
                      {accumulators[0], activation.front(), weights.front()});
  }
};

/// vpdpbssd.
struct SignedVNNIKernel : SignedBytesKernel {
  using SignedBytesKernel::SignedBytesKernel;

  void emitStep(OpBuilder &b, Location loc, MutableArrayRef<Value> accumulators,
                ArrayRef<Value> activation,
                ArrayRef<Value> weights) const override {
    accumulators[0] =
        emitIntrinsic(b, loc,
                      lanes == 16 ? "llvm.x86.avx10.vpdpbssd.512"
                                  : "llvm.x86.avx2.vpdpbssd.256",
                      accumulators[0].getType(),
                      {accumulators[0], activation.front(), weights.front()});
  }
};

/// The sums of four products in each lane, by vpmaddubsw, whose sums of two
/// products have 16 bits, and vpmaddwd by ones.
Value emitBytePairs(OpBuilder &b, Location loc, Value accumulator,
                    Value unsignedBytes, Value signedBytes) {
  constexpr IntrinsicNames kMultiplyAddBytes = {
      "llvm.x86.ssse3.pmadd.ub.sw.128", "llvm.x86.avx2.pmadd.ub.sw",
      "llvm.x86.avx512.pmaddubs.w.512"};
  int64_t lanes = cast<VectorType>(accumulator.getType()).getDimSize(0);
  auto halves = VectorType::get({lanes * 2}, b.getI16Type());
  Value pairs = emitIntrinsic(b, loc, kMultiplyAddBytes.get(lanes), halves,
                              {unsignedBytes, signedBytes});
  Value ones = arith::ConstantOp::create(
      b, loc, DenseElementsAttr::get(halves, int16_t(1)));
  Value sums = emitIntrinsic(b, loc, kMultiplyAddWords.get(lanes),
                             accumulator.getType(), {pairs, ones});
  return arith::AddIOp::create(b, loc, accumulator, sums);
}

/// u8 activations as they are: exact where no pair can leave 16 bits.
struct BoundedKernel : UnsignedBytesKernel {
  explicit BoundedKernel(const VectorUnit &unit) : UnsignedBytesKernel(unit) {
    bound = WeightBound::Pairs;
    cost.step = 2;
    cost.scratchRegisters += 2;
    cost.chains = 2;
  }

  void emitStep(OpBuilder &b, Location loc, MutableArrayRef<Value> accumulators,
                ArrayRef<Value> activation,
                ArrayRef<Value> weights) const override {
    accumulators[0] = emitBytePairs(b, loc, accumulators[0], activation.front(),
                                    weights.front());
  }
};

/// s8 activations as magnitudes, and weights with the activations' signs. Two
/// products are at most 2 * 128 * 127, so this is exact for all weights that
/// can change their sign.
struct SymmetricKernel : SignedBytesKernel {
  explicit SymmetricKernel(const VectorUnit &unit) : SignedBytesKernel(unit) {
    bound = WeightBound::Symmetric;
    cost.step = 2.67;
    cost.activation = 1;
    cost.weights = 0.67;
    cost.scratchRegisters += 3;
    cost.chains = 2;
  }

  Parts emitLanes(OpBuilder &b, Location loc, Value elements,
                  bool isUnsigned) const override {
    Parts bytes = SignedBytesKernel::emitLanes(b, loc, elements, isUnsigned);
    // 128, the magnitude of -128, is right as an unsigned byte.
    bytes.push_back(LLVM::AbsOp::create(b, loc, bytes.front().getType(),
                                        bytes.front(),
                                        /*is_int_min_poison=*/false));
    return bytes;
  }

  Parts emitOnes(OpBuilder &b, Location loc) const override {
    Value ones = SignedBytesKernel::emitOnes(b, loc).front();
    return {ones, ones};
  }

  void emitStep(OpBuilder &b, Location loc, MutableArrayRef<Value> accumulators,
                ArrayRef<Value> activation,
                ArrayRef<Value> weights) const override {
    Value turned = emitIntrinsic(
        b, loc,
        lanes == 8 ? "llvm.x86.avx2.psign.b" : "llvm.x86.ssse3.psign.b.128",
        weights.front().getType(), {weights.front(), activation[0]});
    accumulators[0] =
        emitBytePairs(b, loc, accumulators[0], activation[1], turned);
  }
};

/// vpmaddwd twice: once for the even and once for the odd bytes of each word,
/// extended to 16 bits. Any bytes are exact.
struct WideningKernel : UnsignedBytesKernel {
  explicit WideningKernel(const VectorUnit &unit) : UnsignedBytesKernel(unit) {
    cost.step = 2.67;
    cost.activation = 1.33;
    cost.weights = 2;
    cost.weightRegisters = 2;
    cost.scratchRegisters += registers >= 32 ? 6 : 4;
    cost.chains = 2;
  }

  Parts split(OpBuilder &b, Location loc, Value bytes, bool isUnsigned) const {
    Value halves =
        vector::BitCastOp::create(b, loc, vectorOf(b.getI16Type(), 2), bytes);
    return {emitHalf(b, loc, halves, /*isOdd=*/false, isUnsigned),
            emitHalf(b, loc, halves, /*isOdd=*/true, isUnsigned)};
  }

  Parts emitLanes(OpBuilder &b, Location loc, Value elements,
                  bool isUnsigned) const override {
    Parts bytes = UnsignedBytesKernel::emitLanes(b, loc, elements, isUnsigned);
    return split(b, loc, bytes.front(), /*isUnsigned=*/true);
  }

  Parts emitWeights(OpBuilder &b, Location loc, Value flat,
                    Value index) const override {
    return split(b, loc, emitStored(b, loc, flat, index), /*isUnsigned=*/false);
  }

  Parts emitOnes(OpBuilder &b, Location loc) const override {
    Value ones = arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(vectorOf(b.getI16Type(), 2), int16_t(1)));
    return {ones, ones};
  }

  void emitStep(OpBuilder &b, Location loc, MutableArrayRef<Value> accumulators,
                ArrayRef<Value> activation,
                ArrayRef<Value> weights) const override {
    for (auto [left, right] : llvm::zip_equal(activation, weights)) {
      Value sums = emitIntrinsic(b, loc, kMultiplyAddWords.get(lanes),
                                 accumulators[0].getType(), {left, right});
      accumulators[0] = arith::AddIOp::create(b, loc, accumulators[0], sums);
    }
  }
};

/// vpdpwssd, or vpmaddwd, of 16-bit activations and weights of 16 bits, or
/// bytes extended to that: two products a lane.
struct WidePairsKernel : MicroKernel {
  WidePairsKernel(const VectorUnit &unit, bool hasPairDot)
      : MicroKernel(unit, 2), hasPairDot(hasPairDot) {
    if (!hasPairDot) {
      cost.step = 1.33;
      cost.chains = 2;
    }
  }

  Parts emitActivation(OpBuilder &b, Location loc, Value flat,
                       ValueRange indices, bool) const override {
    return {
        vector::BitCastOp::create(b, loc, vectorOf(b.getI16Type(), 2),
                                  emitWords(b, loc, flat, indices.front()))};
  }

  bool takesLanes() const override { return true; }
  bool takesWordWeights() const override { return true; }

  Parts emitWeights(OpBuilder &b, Location loc, Value flat,
                    Value index) const override {
    Value stored = emitStored(b, loc, flat, index);
    if (getElementTypeOrSelf(stored).isInteger(16))
      return {stored};
    return {
        arith::ExtSIOp::create(b, loc, vectorOf(b.getI16Type(), 2), stored)};
  }

  void emitStep(OpBuilder &b, Location loc, MutableArrayRef<Value> accumulators,
                ArrayRef<Value> activation,
                ArrayRef<Value> weights) const override {
    Type type = accumulators[0].getType();
    if (hasPairDot) {
      accumulators[0] = emitIntrinsic(
          b, loc,
          lanes == 16 ? "llvm.x86.avx512.vpdpwssd.512"
                      : "llvm.x86.avx512.vpdpwssd.256",
          type, {accumulators[0], activation.front(), weights.front()});
      return;
    }
    Value sums = emitIntrinsic(b, loc, kMultiplyAddWords.get(lanes), type,
                               {activation.front(), weights.front()});
    accumulators[0] = arith::AddIOp::create(b, loc, accumulators[0], sums);
  }

  const bool hasPairDot;
};

} // namespace

/// AVX512-VNNI for vectors of 512 bits, AVX-VNNI for 256.
static bool hasVNNI(const TargetInfo &target, unsigned lanes) {
  return lanes == 16  ? target.has("avx512vnni")
         : lanes == 8 ? target.has("avxvnni")
                      : false;
}

/// Products of signed bytes at the full width of vectors.
static bool hasSignedVNNI(const TargetInfo &target, unsigned lanes) {
  return lanes == 16  ? target.has("avx10.2")
         : lanes == 8 ? target.has("avxvnniint8")
                      : false;
}

void mlir::qopt::addX86Kernels(const TargetInfo &target,
                               MicroKernels &kernels) {
  VectorUnit unit = VectorUnit::get(target);
  bool isVNNI = hasVNNI(target, unit.lanes);
  kernels.hasMatrixTiles = target.has("amx-int8");
  if (target.has("sse2"))
    kernels.wide = std::make_shared<WidePairsKernel>(unit, isVNNI);
  if (hasSignedVNNI(target, unit.lanes)) {
    kernels.integers.push_back(std::make_shared<SignedVNNIKernel>(unit));
    return;
  }
  if (isVNNI) {
    kernels.integers.push_back(std::make_shared<VNNIKernel>(unit));
    return;
  }
  if (target.has("ssse3"))
    kernels.integers.push_back(std::make_shared<BoundedKernel>(unit));
  // vpsignb has no form of 512 bits.
  if (target.has("ssse3") && unit.lanes <= 8)
    kernels.integers.push_back(std::make_shared<SymmetricKernel>(unit));
  if (target.has("sse2"))
    kernels.integers.push_back(std::make_shared<WideningKernel>(unit));
}
