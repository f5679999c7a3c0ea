//===- ScalarConversions.cpp - Instructions with parameters ---------------===//
//
// Conversions between real and stored numbers, in bodies of scalar operations.
//
//===----------------------------------------------------------------------===//

#include "ScalarCompiler.h"
#include "quantopt/Support/QuantMath.h"

#include <cmath>

using namespace mlir;
using namespace mlir::qopt;

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

int32_t ScalarCompiler::addConstant(int64_t value) {
  int32_t slot = addSlot();
  program.slots[slot].integer = value;
  return slot;
}

/// The instruction finds the parameters behind one another, the first as its
/// second operand.
LogicalResult ScalarCompiler::emitRequantize(RequantizeOp op) {
  FailureOr<UniformParams> from = UniformParams::get(op.getFrom());
  FailureOr<UniformParams> to = UniformParams::get(op.getTo());
  FailureOr<int32_t> input = getSlot(op.getInput());
  NumericsAttr numerics = getNumerics(op);
  if (failed(from) || failed(to) || failed(input) || from->isPerAxis() ||
      to->isPerAxis() || numerics.getMultiplier() != Multiplier::F32)
    return failure();
  int32_t first = addSlot();
  program.slots[first].real =
      quantopt::requantMultiplier(from->scales[0], to->scales[0]);
  addConstant(from->zeroPoints[0]);
  addConstant(to->zeroPoints[0]);
  addConstant(to->storageMin);
  addConstant(to->storageMax);
  addConstant(from->isSigned ? 0 : from->storageWidth);
  ScalarProgram::Instruction instruction = {
    EVAL(int64_t width = b[5 * stride + i].integer;
         int64_t q = width ? int64_t(zeroExtend(A.integer, width)) : A.integer;
         R.integer = quantopt::requantizeF32(
             int32_t(q - b[stride + i].integer), float(B.real),
             b[2 * stride + i].integer, b[3 * stride + i].integer,
             b[4 * stride + i].integer,
             static_cast<quantopt::RoundingMode>(DATA))),
    {*input, first, 0},
    0,
    static_cast<int64_t>(numerics.getRounding())
  };
  int32_t wide = instruction.result = addSlot();
  program.instructions.push_back(instruction);
  int32_t narrow = slotOf[op.getResult()] = addSlot();
  program.instructions.push_back(
      {INTEGER(A.integer), {wide, 0, 0}, narrow, int64_t(to->storageWidth)});
  return success();
}

/// The lowest and highest integer stand behind one another, and what a number
/// out of range becomes behind them.
LogicalResult ScalarCompiler::emitToInteger(Operation *op, bool isSigned) {
  FailureOr<int32_t> input = getSlot(op->getOperand(0));
  Type type = op->getResult(0).getType();
  if (failed(input) || !type.isIntOrIndex())
    return failure();
  int64_t width = type.isIndex() ? 64 : type.getIntOrFloatBitWidth();
  // From 2^53 on doubles skip integers.
  int64_t digits = std::min<int64_t>(width - isSigned, 53);
  int32_t first = addConstant(isSigned ? -(int64_t(1) << digits) : 0);
  addConstant((int64_t(1) << digits) - 1);
  addConstant(outOfRange == ScalarProgram::OutOfRange::Lowest);
  program.hasConversions = true;
  int32_t wide = addSlot();
  program.instructions.push_back({
    EVAL(double whole = std::trunc(A.real); int64_t low = B.integer;
         int64_t high = b[stride + i].integer;
         bool fits = whole >= double(low) && whole <= double(high);
         R.integer = fits                        ? int64_t(whole)
                     : b[2 * stride + i].integer ? low
                     : std::isnan(whole)         ? 0
                     : whole > 0                 ? high
                                                 : low),
        {*input, first, 0}, wide, 0
  });
  int32_t narrow = slotOf[op->getResult(0)] = addSlot();
  program.instructions.push_back(
      {INTEGER(A.integer), {wide, 0, 0}, narrow, width});
  return success();
}

/// The table stands in 256 slots behind one another.
LogicalResult ScalarCompiler::emitLookup(LookupOp op) {
  FailureOr<int32_t> input = getSlot(op.getInput());
  auto table = op.getTable().tryGetValues<Attribute>();
  if (failed(input) || !table)
    return failure();
  int32_t first = int32_t(program.slots.size());
  for (Attribute entry : *table) {
    std::optional<ScalarValue> value = getScalarValue(entry);
    if (!value)
      return failure();
    program.slots.push_back(*value);
  }
  int32_t result = slotOf[op.getResult()] = addSlot();
  program.instructions.push_back(
      {EVAL(R = b[zeroExtend(A.integer, 8) * stride + i]),
       {*input, first, 0},
       result,
       0});
  return success();
}
