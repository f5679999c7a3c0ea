//===- ScalarProgram.cpp - Evaluates bodies of scalar operations ----------===//

#include "quantopt/Analysis/ScalarProgram.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
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
static double roundToWidth(double value, int64_t width) {
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

static int64_t signExtend(int64_t value, int64_t width) {
  if (width >= 64)
    return value;
  if (width == 1)
    return value & 1;
  return llvm::SignExtend64(uint64_t(value), unsigned(width));
}

static uint64_t zeroExtend(int64_t value, int64_t width) {
  return width >= 64 ? uint64_t(value)
                     : uint64_t(value) & ((uint64_t(1) << width) - 1);
}

//===----------------------------------------------------------------------===//
// Compiler
//===----------------------------------------------------------------------===//

namespace mlir::qopt {
class ScalarCompiler {
public:
  explicit ScalarCompiler(ScalarProgram &program) : program(program) {}

  FailureOr<int32_t> getSlot(Value value);
  LogicalResult compile(Operation *op);
  LogicalResult compileBlock(Block &block, Operation **unsupported);

private:
  using Function = ScalarProgram::Function;

  int32_t addSlot() {
    program.slots.push_back(ScalarValue{});
    return int32_t(program.slots.size()) - 1;
  }
  LogicalResult emit(Operation *op, Function function, int64_t data = 0);
  LogicalResult emitQuantize(QuantizeOp op);
  LogicalResult emitDequantize(DequantizeOp op);

  ScalarProgram &program;
  DenseMap<Value, int32_t> slotOf;
};
} // namespace mlir::qopt

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

#define A a[i]
#define B b[i]
#define C c[i]
#define R r[i]
#define DATA data
#define EVAL(...)                                                              \
  [](ScalarValue *slots, size_t stride, size_t count, const int32_t *operands, \
     int32_t result, [[maybe_unused]] int64_t data) {                          \
    [[maybe_unused]] const ScalarValue *a = slots + operands[0] * stride;      \
    [[maybe_unused]] const ScalarValue *b = slots + operands[1] * stride;      \
    [[maybe_unused]] const ScalarValue *c = slots + operands[2] * stride;      \
    ScalarValue *r = slots + result * stride;                                  \
    for (size_t i = 0; i < count; ++i) {                                       \
      __VA_ARGS__;                                                             \
    }                                                                          \
  }
#define REAL(expression) EVAL(R.real = roundToWidth(expression, DATA))
#define INTEGER(expression)                                                    \
  EVAL(R.integer = signExtend(int64_t(expression), DATA))

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
      .Case<DequantizeOp>([&](auto deq) { return emitDequantize(deq); })
      .Case<arith::AddFOp>(
          [&](auto) { return emit(op, REAL(A.real + B.real), data); })
      .Case<arith::SubFOp>(
          [&](auto) { return emit(op, REAL(A.real - B.real), data); })
      .Case<arith::MulFOp>(
          [&](auto) { return emit(op, REAL(A.real * B.real), data); })
      .Case<arith::DivFOp>(
          [&](auto) { return emit(op, REAL(A.real / B.real), data); })
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
      .Case<arith::FPToSIOp>([&](auto) {
        // Out of range is poison in MLIR; saturating is one legal choice.
        return emit(op,
                    EVAL(double limit = std::ldexp(1.0, int(DATA) - 1);
                         double whole = std::trunc(A.real);
                         R.integer = std::isnan(whole) ? 0
                                     : whole >= limit  ? int64_t(limit - 1)
                                     : whole < -limit  ? int64_t(-limit)
                                                       : int64_t(whole)),
                    std::min<int64_t>(data, 53));
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

/// A scalar conversion keeps its parameters in constant slots; the instruction
/// finds them behind its operand.
LogicalResult ScalarCompiler::emitQuantize(QuantizeOp op) {
  FailureOr<UniformParams> params = UniformParams::get(op.getType());
  if (failed(params) || params->isPerAxis())
    return failure();
  NumericsAttr numerics = getNumerics(op);
  FailureOr<int32_t> input = getSlot(op.getInput());
  if (failed(input))
    return failure();
  int32_t first = int32_t(program.slots.size());
  program.slots.push_back(ScalarValue{params->scales[0]});
  for (int64_t value :
       {params->zeroPoints[0], params->storageMin, params->storageMax}) {
    ScalarValue slot;
    slot.integer = value;
    program.slots.push_back(slot);
  }
  ScalarProgram::Instruction instruction = {
    EVAL(quantopt::QuantParams params{b[i].real, b[stride + i].integer,
                                      b[2 * stride + i].integer,
                                      b[3 * stride + i].integer};
         R.integer = quantopt::quantize(
             float(A.real), params, static_cast<quantopt::RoundingMode>(DATA))),
    {*input, first, 0},
    0,
    static_cast<int64_t>(numerics.getRounding())
  };
  instruction.result = slotOf[op.getResult()] = addSlot();
  // Storage of u8 is a signless i8: keep the pattern sign extended.
  program.instructions.push_back(instruction);
  if (!params->isSigned) {
    int32_t wide = instruction.result;
    int32_t narrow = slotOf[op.getResult()] = addSlot();
    program.instructions.push_back({INTEGER(A.integer),
                                    {wide, 0, 0},
                                    narrow,
                                    int64_t(params->storageWidth)});
  }
  return success();
}

LogicalResult ScalarCompiler::emitDequantize(DequantizeOp op) {
  FailureOr<UniformParams> params = UniformParams::get(op.getType());
  if (failed(params) || params->isPerAxis())
    return failure();
  FailureOr<int32_t> input = getSlot(op.getInput());
  if (failed(input))
    return failure();
  if (!params->isSigned) {
    int32_t wide = addSlot();
    program.instructions.push_back(
        {EVAL(R.integer = int64_t(zeroExtend(A.integer, DATA))),
         {*input, 0, 0},
         wide,
         int64_t(params->storageWidth)});
    input = wide;
  }
  int32_t first = int32_t(program.slots.size());
  program.slots.push_back(ScalarValue{params->scales[0]});
  ScalarValue zeroPoint;
  zeroPoint.integer = params->zeroPoints[0];
  program.slots.push_back(zeroPoint);
  ScalarProgram::Instruction instruction = {
      EVAL(R.real = float(A.integer - b[stride + i].integer) * float(B.real)),
      {*input, first, 0},
      0,
      0};
  instruction.result = slotOf[op.getResult()] = addSlot();
  program.instructions.push_back(instruction);
  return success();
}

LogicalResult ScalarCompiler::compileBlock(Block &block,
                                           Operation **unsupported) {
  for (BlockArgument argument : block.getArguments())
    slotOf[argument] = addSlot();
  program.numInputs = block.getNumArguments();
  for (Operation &op : block.without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>())
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
                                                Operation **unsupported) {
  ScalarProgram program;
  if (failed(ScalarCompiler(program).compileBlock(block, unsupported)))
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
