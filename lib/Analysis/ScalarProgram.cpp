//===- ScalarProgram.cpp - Evaluates bodies of scalar operations ----------===//

#include "ScalarCompiler.h"
#include "quantopt/Support/QuantMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace mlir::qopt;

//===----------------------------------------------------------------------===//
// Scalars and attributes
//===----------------------------------------------------------------------===//

std::optional<ScalarValue> mlir::qopt::getScalarValue(Attribute attribute) {
  ScalarValue value;
  if (auto real = dyn_cast<FloatAttr>(attribute)) {
    value.real = real.getValueAsDouble();
    return value;
  }
  if (auto integer = dyn_cast<IntegerAttr>(attribute)) {
    if (integer.getValue().getBitWidth() > 64)
      return std::nullopt;
    // i1 holds 0 and 1, not 0 and -1.
    value.integer = integer.getValue().getBitWidth() == 1
                        ? int64_t(integer.getValue().getZExtValue())
                        : integer.getValue().getSExtValue();
    return value;
  }
  return std::nullopt;
}

Attribute mlir::qopt::getScalarAttr(ScalarValue value, Type type) {
  if (auto real = dyn_cast<FloatType>(type)) {
    APFloat rounded(value.real);
    bool losesInfo;
    rounded.convert(real.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                    &losesInfo);
    return FloatAttr::get(type, rounded);
  }
  unsigned width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  return IntegerAttr::get(type, APInt(width, uint64_t(value.integer),
                                      /*isSigned=*/true,
                                      /*implicitTrunc=*/true));
}

/// Rounds `value` to the precision of a float type with `width` bits.
double mlir::qopt::roundToWidth(double value, int64_t width) {
  if (width == 32)
    return static_cast<float>(value);
  if (width == 64)
    return value;
  APFloat rounded(value);
  bool losesInfo;
  rounded.convert(width == 16 ? APFloat::IEEEhalf() : APFloat::BFloat(),
                  APFloat::rmNearestTiesToEven, &losesInfo);
  return rounded.convertToDouble();
}

/// bf16 shares its width with f16: coded as 17.
static int64_t getFloatCode(Type type) {
  return type.isBF16() ? 17 : type.getIntOrFloatBitWidth();
}

//===----------------------------------------------------------------------===//
// Compiler
//===----------------------------------------------------------------------===//

FailureOr<int32_t> ScalarCompiler::getSlot(Value value) {
  if (auto it = slotOf.find(value); it != slotOf.end())
    return it->second;
  Attribute constant;
  if (!matchPattern(value, m_Constant(&constant)))
    return failure();
  std::optional<ScalarValue> scalar = getScalarValue(constant);
  if (!scalar)
    return failure();
  int32_t slot = addSlot();
  program.slots[slot] = *scalar;
  slotOf[value] = slot;
  return slot;
}

LogicalResult ScalarCompiler::emit(Operation *op, Function function,
                                   int64_t data) {
  ScalarProgram::Instruction instruction = {function, {0, 0, 0}, 0, data};
  if (op->getNumOperands() > 3 || op->getNumResults() != 1)
    return failure();
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    FailureOr<int32_t> slot = getSlot(operand);
    if (failed(slot))
      return failure();
    instruction.operands[index] = *slot;
  }
  instruction.result = slotOf[op->getResult(0)] = addSlot();
  program.instructions.push_back(instruction);
  return success();
}

/// Two operands rounded to f32 give the f32 result when computed in f64 and
/// rounded again, for + - * / and sqrt (f64 has more than twice the mantissa);
/// the same holds for narrower types.
LogicalResult ScalarCompiler::compile(Operation *op) {
  Type type = op->getNumResults() == 1 ? op->getResult(0).getType() : Type();
  if (!type || !type.isIntOrIndexOrFloat())
    return failure();
  if (isa<FloatType>(type) && type.getIntOrFloatBitWidth() > 64)
    return failure();
  int64_t data = isa<FloatType>(type) ? getFloatCode(type)
                 : type.isIndex()     ? 64
                                      : type.getIntOrFloatBitWidth();
  auto sourceWidth = [&]() -> int64_t {
    Type source = op->getOperand(0).getType();
    return source.isIndex() ? 64 : source.getIntOrFloatBitWidth();
  };
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<QuantizeOp>([&](auto quantize) { return emitQuantize(quantize); })
      .Case<RequantizeOp>([&](auto req) { return emitRequantize(req); })
      .Case<LookupOp>([&](auto lookup) { return emitLookup(lookup); })
      .Case<DequantizeOp>([&](auto deq) { return emitDequantize(deq); })
      .Case<arith::AddFOp>(
          [&](auto) { return emit(op, REAL(A.real + B.real), data); })
      .Case<arith::SubFOp>(
          [&](auto) { return emit(op, REAL(A.real - B.real), data); })
      .Case<arith::MulFOp>(
          [&](auto) { return emit(op, REAL(A.real * B.real), data); })
      .Case<arith::DivFOp>(
          [&](auto) { return emit(op, REAL(A.real / B.real), data); })
      .Case<math::FmaOp>([&](auto) {
        // Rounded once: a sum in f64 would be rounded before it is f32.
        if (type.isF32())
          return emit(op, EVAL(R.real = std::fma(float(A.real), float(B.real),
                                                 float(C.real))));
        if (type.isF64())
          return emit(op, EVAL(R.real = std::fma(A.real, B.real, C.real)));
        return LogicalResult(failure());
      })
      .Case<arith::NegFOp>([&](auto) { return emit(op, REAL(-A.real), data); })
      .Case<arith::MaximumFOp>([&](auto) {
        return emit(op, EVAL(R.real = std::isnan(A.real) ? A.real
                                      : std::isnan(B.real)
                                          ? B.real
                                          : std::fmax(A.real, B.real)));
      })
      .Case<arith::MinimumFOp>([&](auto) {
        return emit(op, EVAL(R.real = std::isnan(A.real) ? A.real
                                      : std::isnan(B.real)
                                          ? B.real
                                          : std::fmin(A.real, B.real)));
      })
      .Case<arith::MaxNumFOp>([&](auto) {
        return emit(op, EVAL(R.real = std::fmax(A.real, B.real)));
      })
      .Case<arith::MinNumFOp>([&](auto) {
        return emit(op, EVAL(R.real = std::fmin(A.real, B.real)));
      })
      .Case<arith::CmpFOp>([&](arith::CmpFOp cmp) {
        return emit(op,
                    EVAL(R.integer = arith::applyCmpPredicate(
                             static_cast<arith::CmpFPredicate>(DATA),
                             APFloat(A.real), APFloat(B.real))),
                    static_cast<int64_t>(cmp.getPredicate()));
      })
      .Case<arith::SelectOp>(
          [&](auto) { return emit(op, EVAL(R = A.integer ? B : C)); })
      .Case<arith::ExtFOp>([&](auto) { return emit(op, EVAL(R = A)); })
      .Case<arith::TruncFOp>([&](auto) { return emit(op, REAL(A.real), data); })
      .Case<arith::SIToFPOp>(
          [&](auto) { return emit(op, REAL(double(A.integer)), data); })
      .Case<arith::UIToFPOp>([&](auto) {
        if (sourceWidth() > 32)
          return failure();
        // Two numbers in one: the width of the source and the code of the type.
        return emit(
            op,
            EVAL(R.real = roundToWidth(double(zeroExtend(A.integer, DATA >> 8)),
                                       DATA & 255)),
            sourceWidth() << 8 | data);
      })
      .Case<arith::FPToSIOp>([&](auto) { return emitToInteger(op, true); })
      .Case<arith::FPToUIOp>([&](auto) { return emitToInteger(op, false); })
      .Case<arith::CmpIOp>([&](arith::CmpIOp cmp) {
        // Two numbers in one: the width of the operands and the predicate.
        return emit(op,
                    EVAL(unsigned width = unsigned(DATA >> 8);
                         R.integer = arith::applyCmpPredicate(
                             static_cast<arith::CmpIPredicate>(DATA & 255),
                             APInt(width, uint64_t(A.integer), true, true),
                             APInt(width, uint64_t(B.integer), true, true))),
                    sourceWidth() << 8 |
                        static_cast<int64_t>(cmp.getPredicate()));
      })
      .Case<arith::ExtSIOp, arith::IndexCastOp>([&](auto) {
        // A slot of i1 holds 0 or 1, whose sign bit is its only one.
        if (sourceWidth() == 1)
          return emit(op, INTEGER(-(A.integer & 1)), data);
        return emit(op, INTEGER(A.integer), data);
      })
      .Case<arith::TruncIOp>(
          [&](auto) { return emit(op, INTEGER(A.integer), data); })
      .Case<arith::ExtUIOp>([&](auto) {
        return emit(op, EVAL(R.integer = int64_t(zeroExtend(A.integer, DATA))),
                    sourceWidth());
      })
      .Case<arith::AddIOp>([&](auto) {
        return emit(op, INTEGER(uint64_t(A.integer) + uint64_t(B.integer)),
                    data);
      })
      .Case<arith::SubIOp>([&](auto) {
        return emit(op, INTEGER(uint64_t(A.integer) - uint64_t(B.integer)),
                    data);
      })
      .Case<arith::MulIOp>([&](auto) {
        return emit(op, INTEGER(uint64_t(A.integer) * uint64_t(B.integer)),
                    data);
      })
      .Case<arith::MaxSIOp>([&](auto) {
        return emit(op, INTEGER(std::max(A.integer, B.integer)), data);
      })
      .Case<arith::MinSIOp>([&](auto) {
        return emit(op, INTEGER(std::min(A.integer, B.integer)), data);
      })
      .Case<arith::MaxUIOp>([&](auto) {
        return emit(
            op,
            EVAL(R = zeroExtend(A.integer, DATA) < zeroExtend(B.integer, DATA)
                         ? B
                         : A),
            data);
      })
      .Case<arith::MinUIOp>([&](auto) {
        return emit(
            op,
            EVAL(R = zeroExtend(B.integer, DATA) < zeroExtend(A.integer, DATA)
                         ? B
                         : A),
            data);
      })
      // Shifts by the width or more are undefined: here they give 0 or the
      // sign.
      .Case<arith::ShLIOp>([&](auto) {
        return emit(op,
                    INTEGER(zeroExtend(B.integer, DATA) >= uint64_t(DATA)
                                ? 0
                                : uint64_t(A.integer) << B.integer),
                    data);
      })
      .Case<arith::ShRSIOp>([&](auto) {
        return emit(op,
                    INTEGER(A.integer >> std::min<uint64_t>(
                                             zeroExtend(B.integer, DATA), 63)),
                    data);
      })
      .Case<arith::ShRUIOp>([&](auto) {
        return emit(op,
                    INTEGER(zeroExtend(B.integer, DATA) >= uint64_t(DATA)
                                ? 0
                                : zeroExtend(A.integer, DATA) >> B.integer),
                    data);
      })
      // A division by zero is undefined: here it gives 0.
      .Case<arith::DivSIOp>([&](auto) {
        return emit(op,
                    INTEGER(B.integer == 0 ? 0
                            : B.integer == -1
                                ? -uint64_t(A.integer)
                                : uint64_t(A.integer / B.integer)),
                    data);
      })
      .Case<arith::RemSIOp>([&](auto) {
        return emit(op,
                    INTEGER(B.integer == 0 || B.integer == -1
                                ? 0
                                : A.integer % B.integer),
                    data);
      })
      .Case<arith::DivUIOp>([&](auto) {
        return emit(op,
                    INTEGER(B.integer == 0 ? 0
                                           : zeroExtend(A.integer, DATA) /
                                                 zeroExtend(B.integer, DATA)),
                    data);
      })
      .Case<arith::XOrIOp>(
          [&](auto) { return emit(op, INTEGER(A.integer ^ B.integer), data); })
      .Case<arith::AndIOp>(
          [&](auto) { return emit(op, INTEGER(A.integer & B.integer), data); })
      .Case<arith::OrIOp>(
          [&](auto) { return emit(op, INTEGER(A.integer | B.integer), data); })
      .Case<math::ExpOp>(
          [&](auto) { return emit(op, REAL(std::exp(A.real)), data); })
      .Case<math::ExpM1Op>(
          [&](auto) { return emit(op, REAL(std::expm1(A.real)), data); })
      .Case<math::LogOp>(
          [&](auto) { return emit(op, REAL(std::log(A.real)), data); })
      .Case<math::Log1pOp>(
          [&](auto) { return emit(op, REAL(std::log1p(A.real)), data); })
      .Case<math::SqrtOp>(
          [&](auto) { return emit(op, REAL(std::sqrt(A.real)), data); })
      .Case<math::RsqrtOp>(
          [&](auto) { return emit(op, REAL(1.0 / std::sqrt(A.real)), data); })
      .Case<math::TanhOp>(
          [&](auto) { return emit(op, REAL(std::tanh(A.real)), data); })
      .Case<math::ErfOp>(
          [&](auto) { return emit(op, REAL(std::erf(A.real)), data); })
      .Case<math::SinOp>(
          [&](auto) { return emit(op, REAL(std::sin(A.real)), data); })
      .Case<math::CosOp>(
          [&](auto) { return emit(op, REAL(std::cos(A.real)), data); })
      .Case<math::PowFOp>(
          [&](auto) { return emit(op, REAL(std::pow(A.real, B.real)), data); })
      .Case<math::FPowIOp>([&](auto) {
        return emit(op, REAL(std::pow(A.real, double(B.integer))), data);
      })
      .Case<math::AbsFOp>(
          [&](auto) { return emit(op, REAL(std::fabs(A.real)), data); })
      .Case<math::CeilOp>(
          [&](auto) { return emit(op, REAL(std::ceil(A.real)), data); })
      .Case<math::FloorOp>(
          [&](auto) { return emit(op, REAL(std::floor(A.real)), data); })
      .Case<math::RoundOp>(
          [&](auto) { return emit(op, REAL(std::round(A.real)), data); })
      .Case<math::RoundEvenOp>(
          [&](auto) { return emit(op, REAL(std::nearbyint(A.real)), data); })
      .Case<math::TruncOp>(
          [&](auto) { return emit(op, REAL(std::trunc(A.real)), data); })
      .Default([](Operation *) { return failure(); });
}

LogicalResult ScalarCompiler::compileBlock(Block &block,
                                           Operation **unsupported,
                                           ValueRange extra) {
  for (BlockArgument argument : block.getArguments())
    slotOf[argument] = addSlot();
  for (Value value : extra)
    slotOf[value] = addSlot();
  program.numInputs = block.getNumArguments() + extra.size();
  for (Operation &op : block.without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>() ||
        (op.getNumResults() == 1 && slotOf.count(op.getResult(0))))
      continue;
    if (failed(compile(&op))) {
      if (unsupported)
        *unsupported = &op;
      return failure();
    }
  }
  for (Value result : block.getTerminator()->getOperands()) {
    FailureOr<int32_t> slot = getSlot(result);
    if (failed(slot))
      return failure();
    program.results.push_back(*slot);
  }
  return success();
}

FailureOr<ScalarProgram> ScalarProgram::compile(Block &block,
                                                Operation **unsupported,
                                                ValueRange extra,
                                                OutOfRange outOfRange) {
  ScalarProgram program;
  ScalarCompiler compiler(program, outOfRange);
  if (failed(compiler.compileBlock(block, unsupported, extra)))
    return failure();
  return program;
}

void ScalarProgram::run(ArrayRef<ScalarValue> inputs,
                        MutableArrayRef<ScalarValue> outputs) {
  assert(inputs.size() == numInputs && outputs.size() == results.size());
  std::copy(inputs.begin(), inputs.end(), slots.begin());
  for (const Instruction &instruction : instructions)
    instruction.function(slots.data(), /*stride=*/1, /*count=*/1,
                         instruction.operands, instruction.result,
                         instruction.data);
  for (auto [output, slot] : llvm::zip_equal(outputs, results))
    output = slots[slot];
}

ScalarValue *ScalarProgram::getInput(unsigned input) {
  assert(input < numInputs && "the block has as many arguments as inputs");
  if (block.empty()) {
    block.reserve(slots.size() * kBlock);
    for (ScalarValue slot : slots)
      block.insert(block.end(), kBlock, slot);
  }
  return &block[input * kBlock];
}

void ScalarProgram::runBlock(size_t count) {
  assert(count <= kBlock && !block.empty());
  for (const Instruction &instruction : instructions)
    instruction.function(block.data(), kBlock, count, instruction.operands,
                         instruction.result, instruction.data);
}
