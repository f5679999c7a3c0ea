//===- MicroKernel.cpp - The inner step of a register tile ----------------===//

#include "MicroKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::qopt;

/// Widest vectors of 32-bit lanes, and how many registers hold them.
static std::pair<unsigned, unsigned> vectorShape(const TargetInfo &target) {
  if (target.triple.isAArch64())
    return {4, 32};
  if (target.has("avx512bw") && target.has("avx512vl"))
    return {16, 32};
  if (target.has("avx2"))
    return {8, 16};
  return {4, 16};
}

MicroKernel MicroKernel::getInteger(const TargetInfo &target) {
  auto [lanes, registers] = vectorShape(target);
  MicroKernel kernel{Kind::Single, lanes, 1, registers};
  kernel.hasByteTables = lanes == 16 && target.has("avx512vbmi");
  bool hasVNNI = lanes == 16 ? target.has("avx512vnni") : target.has("avxvnni");
  if (target.triple.isAArch64() && target.has("dotprod")) {
    kernel.kind = Kind::SignedDot4;
    kernel.group = 4;
  } else if (lanes >= 8 && hasVNNI) {
    kernel.kind = Kind::Dot4;
    kernel.group = 4;
  } else if (lanes >= 8) {
    kernel.kind = Kind::Pairs;
    kernel.group = 2;
  }
  return kernel;
}

MicroKernel MicroKernel::getWide(const TargetInfo &target) {
  auto [lanes, registers] = vectorShape(target);
  if (target.triple.isAArch64() || lanes < 8)
    return {Kind::Single, lanes, 1, registers};
  MicroKernel kernel{Kind::WidePairs, lanes, 2, registers};
  kernel.hasPairDot = target.has(lanes == 16 ? "avx512vnni" : "avxvnni");
  kernel.hasByteTables = lanes == 16 && target.has("avx512vbmi");
  return kernel;
}

MicroKernel MicroKernel::getFloat(const TargetInfo &target) {
  auto [lanes, registers] = vectorShape(target);
  MicroKernel kernel{Kind::Float, lanes, 1, registers};
  kernel.hasFMA = target.triple.isAArch64() || target.has("fma");
  kernel.hasByteTables = lanes == 16 && target.has("avx512vbmi");
  return kernel;
}

/// Four bytes as one i32 in every lane, then as bytes again.
static Value broadcastBytes(OpBuilder &b, Location loc, Value flat, Value index,
                            unsigned lanes) {
  auto bytes = VectorType::get({4}, b.getI8Type());
  Value loaded = vector::LoadOp::create(b, loc, bytes, flat, ValueRange{index});
  Value word = vector::BitCastOp::create(
      b, loc, VectorType::get({1}, b.getI32Type()), loaded);
  Value scalar = vector::ExtractOp::create(b, loc, word, 0);
  return vector::BroadcastOp::create(
      b, loc, VectorType::get({lanes}, b.getI32Type()), scalar);
}

static Value asBytes(OpBuilder &b, Location loc, Value words) {
  int64_t lanes = cast<VectorType>(words.getType()).getDimSize(0);
  return vector::BitCastOp::create(
      b, loc, VectorType::get({lanes * 4}, b.getI8Type()), words);
}

/// Two i16 in every 32-bit lane.
static Value splatPair(OpBuilder &b, Location loc, Value pair, unsigned lanes) {
  Type i32 = b.getI32Type();
  Value word =
      vector::BitCastOp::create(b, loc, VectorType::get({1}, i32), pair);
  Value scalar = vector::ExtractOp::create(b, loc, word, 0);
  Value splat = vector::BroadcastOp::create(
      b, loc, VectorType::get({lanes}, i32), scalar);
  return vector::BitCastOp::create(
      b, loc, VectorType::get({lanes * 2}, b.getI16Type()), splat);
}

Value MicroKernel::emitActivation(OpBuilder &b, Location loc, Value flat,
                                  Value index, bool isUnsigned) const {
  Type i32 = b.getI32Type();
  auto words = VectorType::get({lanes}, i32);
  switch (kind) {
  case Kind::Dot4: {
    Value value = broadcastBytes(b, loc, flat, index, lanes);
    if (!isUnsigned) {
      Value sign = arith::ConstantOp::create(
          b, loc, DenseElementsAttr::get(words, int32_t(0x80808080)));
      value = arith::XOrIOp::create(b, loc, value, sign);
    }
    return asBytes(b, loc, value);
  }
  case Kind::SignedDot4:
    return asBytes(b, loc, broadcastBytes(b, loc, flat, index, lanes));
  case Kind::Pairs: {
    auto bytes = VectorType::get({2}, b.getI8Type());
    auto halves = VectorType::get({2}, b.getI16Type());
    Value loaded =
        vector::LoadOp::create(b, loc, bytes, flat, ValueRange{index});
    Value wide;
    if (isUnsigned)
      wide = arith::ExtUIOp::create(b, loc, halves, loaded);
    else
      wide = arith::ExtSIOp::create(b, loc, halves, loaded);
    return splatPair(b, loc, wide, lanes);
  }
  case Kind::WidePairs: {
    auto halves = VectorType::get({2}, b.getI16Type());
    Value loaded =
        vector::LoadOp::create(b, loc, halves, flat, ValueRange{index});
    return splatPair(b, loc, loaded, lanes);
  }
  case Kind::Single: {
    Value scalar = memref::LoadOp::create(b, loc, flat, ValueRange{index});
    Value wide;
    if (isUnsigned)
      wide = arith::ExtUIOp::create(b, loc, i32, scalar);
    else
      wide = arith::ExtSIOp::create(b, loc, i32, scalar);
    return vector::BroadcastOp::create(b, loc, words, wide);
  }
  case Kind::Float: {
    Value scalar = memref::LoadOp::create(b, loc, flat, ValueRange{index});
    return vector::BroadcastOp::create(
        b, loc, VectorType::get({lanes}, b.getF32Type()), scalar);
  }
  }
  llvm_unreachable("all kinds handled");
}

Value MicroKernel::emitWeights(OpBuilder &b, Location loc, Value flat,
                               Value index) const {
  Type element = cast<MemRefType>(flat.getType()).getElementType();
  auto type = VectorType::get({int64_t(lanes) * group}, element);
  Value loaded = vector::LoadOp::create(b, loc, type, flat, ValueRange{index});
  if (kind == Kind::Pairs || kind == Kind::WidePairs)
    return arith::ExtSIOp::create(b, loc, type.clone(b.getI16Type()), loaded);
  if (kind == Kind::Single)
    return arith::ExtSIOp::create(b, loc, type.clone(b.getI32Type()), loaded);
  return loaded;
}

static Value callIntrinsic(OpBuilder &b, Location loc, StringRef name,
                           Type result, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, loc, result, b.getStringAttr(name),
                                       operands)
      .getResult(0);
}

Value MicroKernel::emitStep(OpBuilder &b, Location loc, Value accumulator,
                            Value activation, Value weights) const {
  Type type = accumulator.getType();
  switch (kind) {
  case Kind::Dot4:
    return callIntrinsic(b, loc,
                         lanes == 16 ? "llvm.x86.avx512.vpdpbusd.512"
                                     : "llvm.x86.avx512.vpdpbusd.256",
                         type, {accumulator, activation, weights});
  case Kind::SignedDot4:
    return callIntrinsic(b, loc, "llvm.aarch64.neon.sdot.v4i32.v16i8", type,
                         {accumulator, activation, weights});
  case Kind::Pairs:
  case Kind::WidePairs: {
    if (hasPairDot)
      return callIntrinsic(b, loc,
                           lanes == 16 ? "llvm.x86.avx512.vpdpwssd.512"
                                       : "llvm.x86.avx512.vpdpwssd.256",
                           type, {accumulator, activation, weights});
    Value sums = callIntrinsic(b, loc,
                               lanes == 16 ? "llvm.x86.avx512.pmaddw.d.512"
                                           : "llvm.x86.avx2.pmadd.wd",
                               type, {activation, weights});
    return arith::AddIOp::create(b, loc, accumulator, sums);
  }
  case Kind::Single: {
    Value product = arith::MulIOp::create(b, loc, activation, weights);
    return arith::AddIOp::create(b, loc, accumulator, product);
  }
  case Kind::Float: {
    if (hasFMA)
      return vector::FMAOp::create(b, loc, activation, weights, accumulator);
    Value product = arith::MulFOp::create(b, loc, activation, weights);
    return arith::AddFOp::create(b, loc, accumulator, product);
  }
  }
  llvm_unreachable("all kinds handled");
}
