//===- LaneBuilder.cpp - Bodies and operands on vectors of lanes ----------===//

#include "LaneBuilder.h"
#include "Bounds.h"
#include "quantopt/Lowering/Common/QuantArith.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace mlir::qopt;

LaneBuilder::LaneBuilder(OpBuilder &builder, Nest &nest, unsigned lane,
                         const MicroKernel &kernel)
    : builder(builder), loc(nest.getAnchor()->getLoc()), nest(nest), lane(lane),
      lanes(kernel.lanes), hasByteTables(kernel.hasByteTables),
      unit(kernel.unit) {
  if (nest.epilogue)
    nest.epilogue->accumulatorBound = boundAccumulator(nest);
  for (Access *access : nest.getAccesses())
    if (isa<MemRefType>(access->buffer.getType()))
      views.try_emplace({access->buffer, access->element},
                        emitFlatView(builder, loc, *access));
}

Value LaneBuilder::flat(const Access &access) {
  return views.lookup({access.buffer, access.element});
}

Value LaneBuilder::index(const Access &access, const Point &point) {
  int64_t extra = 0;
  for (auto [stride, shift] : llvm::zip(access.strides, point.shifts))
    extra += stride * shift;
  return emitIndex(builder, loc, access, point.ivs, extra);
}

Value LaneBuilder::mask(unsigned active) {
  SmallVector<bool> bits(lanes, false);
  std::fill_n(bits.begin(), active, true);
  return arith::ConstantOp::create(
      builder, loc,
      DenseElementsAttr::get(vectorOf(builder.getI1Type()),
                             ArrayRef<bool>(bits)));
}

Value LaneBuilder::flip(Value value, const Access &access) {
  if (!access.isFlipped)
    return value;
  auto bit = builder.getI8IntegerAttr(-128);
  TypedAttr constant = bit;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    constant = DenseElementsAttr::get(vector, Attribute(bit));
  Value sign = arith::ConstantOp::create(builder, loc, constant);
  return arith::XOrIOp::create(builder, loc, value, sign);
}

Value LaneBuilder::splat(Value scalar) {
  return vector::BroadcastOp::create(builder, loc, vectorOf(scalar.getType()),
                                     scalar);
}

/// LLVM sees that nobody stores the idle lanes of a partial vector, and where
/// it knows that the memory may be read, it loads whatever lies there: integers
/// are tiny floats, for which x86 leaves the fast path of multiplications,
/// divisions and square roots for a hundred cycles. A fence keeps the zeros.
Value LaneBuilder::keepIdleLanes(Value floats) {
  if (unit.family != Family::X86)
    return floats;
  return emitIntrinsic(builder, loc, "llvm.arithmetic.fence", floats.getType(),
                       floats);
}

Value LaneBuilder::load(const Access &access, const Point &point,
                        unsigned active) {
  if (!isa<MemRefType>(access.buffer.getType()))
    return splat(access.buffer);
  if (auto loaded = block.find(&access); loaded != block.end())
    return loaded->second[selected];
  return loadAt(access, index(access, point), active);
}

/// The vector whose first lane is element `first`.
Value LaneBuilder::loadAt(const Access &access, Value first, unsigned active) {
  Value buffer = flat(access);
  int64_t stride = access.strides[lane];
  if (stride == 0) {
    Value scalar =
        memref::LoadOp::create(builder, loc, buffer, ValueRange{first});
    return splat(flip(scalar, access));
  }
  VectorType type = vectorOf(access.element);
  if (stride == 1) {
    if (active == lanes)
      return flip(
          vector::LoadOp::create(builder, loc, type, buffer, ValueRange{first}),
          access);
    Value zero = arith::ConstantOp::create(
        builder, loc, cast<TypedAttr>(builder.getZeroAttr(type)));
    Value loaded = vector::MaskedLoadOp::create(
        builder, loc, type, buffer, ValueRange{first}, mask(active), zero);
    return access.element.isF32() ? keepIdleLanes(loaded)
                                  : flip(loaded, access);
  }
  Value value = arith::ConstantOp::create(
      builder, loc, cast<TypedAttr>(builder.getZeroAttr(type)));
  for (unsigned i = 0; i < active; ++i) {
    Value step = arith::ConstantIndexOp::create(builder, loc, i * stride);
    Value at = arith::AddIOp::create(builder, loc, first, step);
    Value scalar = memref::LoadOp::create(builder, loc, buffer, ValueRange{at});
    value = vector::InsertOp::create(builder, loc, scalar, value, i);
  }
  return flip(value, access);
}

bool LaneBuilder::isTransposed(const Access &access, unsigned loop) const {
  return isa<MemRefType>(access.buffer.getType()) &&
         access.strides[lane] != 0 && access.strides[lane] != 1 &&
         access.strides[loop] == 1;
}

SmallVector<Value> mlir::qopt::emitTranspose(OpBuilder &b, Location loc,
                                             SmallVector<Value> rows) {
  const int64_t size = rows.size();
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < size; ++i) {
    low.push_back(i / 2 + (i % 2) * size);
    high.push_back(low.back() + size / 2);
  }
  for (int64_t stage = 1; stage < size; stage *= 2) {
    SmallVector<Value> next;
    for (int64_t i = 0; i < size / 2; ++i)
      for (ArrayRef<int64_t> order : {ArrayRef(low), ArrayRef(high)})
        next.push_back(vector::ShuffleOp::create(b, loc, rows[i],
                                                 rows[i + size / 2], order));
    rows = std::move(next);
  }
  return rows;
}

void LaneBuilder::beginBlock(ArrayRef<Point> points, unsigned loop,
                             unsigned active) {
  for (const Access &input : nest.inputs) {
    if (!isTransposed(input, loop))
      continue;
    SmallVector<Value> rows;
    for (unsigned i = 0; i < lanes; ++i) {
      // Nobody looks at what idle lanes hold.
      if (i >= active) {
        rows.push_back(rows.front());
        continue;
      }
      Point first = points.front();
      first.shifts[lane] += i;
      rows.push_back(flip(
          vector::LoadOp::create(builder, loc, vectorOf(input.element),
                                 flat(input), ValueRange{index(input, first)}),
          input));
    }
    block[&input] = emitTranspose(builder, loc, std::move(rows));
  }
}

void LaneBuilder::store(Value value, const Access &access, const Point &point,
                        unsigned active) {
  Value buffer = flat(access);
  Value first = index(access, point);
  int64_t stride = access.strides[lane];
  value = flip(value, access);
  // A single lane is a scalar: LLVM 22 stores four bytes for a masked store of
  // one lane of bytes truncated from words.
  bool isScalar = active == 1;
  if (stride == 1 && active == lanes) {
    vector::StoreOp::create(builder, loc, value, buffer, ValueRange{first});
    return;
  }
  if (stride == 1 && !isScalar) {
    vector::MaskedStoreOp::create(builder, loc, buffer, ValueRange{first},
                                  mask(active), value);
    return;
  }
  for (unsigned i = 0; i < active; ++i) {
    Value scalar = vector::ExtractOp::create(builder, loc, value, i);
    Value step = arith::ConstantIndexOp::create(builder, loc, i * stride);
    Value at = arith::AddIOp::create(builder, loc, first, step);
    memref::StoreOp::create(builder, loc, scalar, buffer, ValueRange{at});
  }
}

Value LaneBuilder::emitStage(const Stage &stage, const Point &point,
                             Value accumulator, unsigned active, Value result) {
  SmallVector<Value> arguments;
  linalg::GenericOp op = stage.op;
  Block &body = *op.getBody();
  for (auto [index, input] : llvm::enumerate(stage.inputs)) {
    if (static_cast<int>(index) == stage.accumulator)
      arguments.push_back(accumulator);
    else if (body.getArgument(index).use_empty())
      arguments.push_back(Value());
    else
      arguments.push_back(load(input, point, active));
  }
  arguments.push_back(Value());
  llvm::SaveAndRestore current(this->stage, &stage);
  return emitBody(body, arguments, result);
}

Value LaneBuilder::emitMain(const Point &point, Value accumulator,
                            unsigned active, Value result) {
  Block &body = *nest.main.getBody();
  SmallVector<Value> arguments;
  for (auto [index, input] : llvm::enumerate(nest.inputs))
    arguments.push_back(body.getArgument(index).use_empty()
                            ? Value()
                            : load(input, point, active));
  if (!accumulator && !body.getArguments().back().use_empty())
    accumulator = load(nest.accumulator, point, active);
  arguments.push_back(accumulator);
  llvm::SaveAndRestore at(position, &point);
  llvm::SaveAndRestore count(activeLanes, active);
  return emitBody(body, arguments, result);
}

Value LaneBuilder::emitInit(const Point &point, unsigned active) {
  if (nest.init)
    return emitStage(*nest.init, point, Value(), active);
  return load(nest.accumulator, point, active);
}

void LaneBuilder::emitFinish(Value accumulator, const Point &point,
                             unsigned active) {
  if (nest.epilogue)
    accumulator = emitStage(*nest.epilogue, point, accumulator, active);
  store(accumulator, nest.output, point, active);
}

Value LaneBuilder::combineLanes(Operation &combiner,
                                SmallVector<Value> accumulators) {
  auto combine = [&](Value low, Value high) {
    return builder
        .create(loc, combiner.getName().getIdentifier(), {low, high},
                {low.getType()}, combiner.getAttrs())
        ->getResult(0);
  };
  while (accumulators.size() > 1) {
    size_t half = accumulators.size() / 2;
    for (size_t i = 0; i < half; ++i)
      accumulators[i] = combine(accumulators[i], accumulators[i + half]);
    accumulators.resize(half);
  }
  Value value = accumulators[0];
  for (int64_t half = lanes / 2; half > 0; half /= 2) {
    auto take = [&](int64_t first) -> Value {
      SmallVector<int64_t> chosen;
      for (int64_t i = 0; i < half; ++i)
        chosen.push_back(first + i);
      return vector::ShuffleOp::create(builder, loc, value, value, chosen);
    };
    Value low = take(0), high = take(half);
    value = combine(low, high);
  }
  return value;
}

void LaneBuilder::emitCombination(SmallVector<Value> accumulators,
                                  const Point &point) {
  linalg::GenericOp op = nest.epilogue->op;
  Value value = combineLanes(op.getBody()->front(), std::move(accumulators));
  Value scalar = vector::ExtractOp::create(builder, loc, value, 0);
  memref::StoreOp::create(builder, loc, scalar, flat(nest.output),
                          ValueRange{index(nest.output, point)});
}

/// How the body ends whose result is stored, if it quantizes.
std::optional<NarrowTail> LaneBuilder::findTail() {
  if (nest.epilogue)
    return matchNarrowTail(nest.epilogue->op, &*nest.epilogue, unit);
  if (!nest.hasReduction())
    return matchNarrowTail(nest.main, nullptr, unit);
  return std::nullopt;
}

Value LaneBuilder::getFinished(unsigned active, bool isInterleaved) {
  if (nest.epilogue ||
      (!isInterleaved && (active == 1 || nest.output.strides[lane] != 1)))
    return nullptr;
  std::optional<NarrowTail> tail = findTail();
  return tail ? tail->value : nullptr;
}

void LaneBuilder::emitInterleaved(ArrayRef<Value> values, const Point &first) {
  Value neighbours;
  if (std::optional<NarrowTail> tail = findTail()) {
    SmallVector<Value> rounded;
    for (Value value : values)
      rounded.push_back(emitRounded(builder, loc, value, *tail, unit.family));
    neighbours = emitNarrow(builder, loc, rounded, *tail, nest.output.isFlipped,
                            unit.family);
  } else {
    SmallVector<Value> flipped;
    for (Value value : values)
      flipped.push_back(flip(value, nest.output));
    neighbours = concatenate(builder, loc, flipped);
  }
  SmallVector<int64_t> order;
  for (unsigned i = 0; i < lanes; ++i)
    for (size_t v = 0; v < values.size(); ++v)
      order.push_back(v * lanes + i);
  Value sorted =
      vector::ShuffleOp::create(builder, loc, neighbours, neighbours, order);
  vector::StoreOp::create(builder, loc, sorted, flat(nest.output),
                          ValueRange{index(nest.output, first)});
}

void LaneBuilder::emitFinish(ArrayRef<Value> accumulators,
                             ArrayRef<Point> points,
                             ArrayRef<unsigned> active) {
  std::optional<NarrowTail> tail = findTail();
  if (nest.output.strides[lane] != 1)
    tail.reset();
  auto offsetOf = [&](const Point &point) {
    int64_t offset = 0;
    for (auto [stride, shift] : llvm::zip(nest.output.strides, point.shifts))
      offset += stride * shift;
    return offset;
  };
  size_t first = 0, count = 1;
  for (; first < points.size(); first += count) {
    count = 1;
    if (!tail || active[first] == 1) {
      emitFinish(accumulators[first], points[first], active[first]);
      continue;
    }
    while (count < kMaximalNarrow && active[first] == lanes &&
           first + count < points.size() && active[first + count] == lanes &&
           points[first + count].ivs == points[first].ivs &&
           offsetOf(points[first + count]) ==
               offsetOf(points[first]) + static_cast<int64_t>(count * lanes))
      ++count;
    // Of a vector that is not full, LLVM takes packs apart byte by byte: bounds
    // and a truncation are shorter.
    const bool isFull = active[first] == lanes;
    NarrowTail end = *tail;
    end.saturates &= isFull;
    SmallVector<Value> rounded;
    for (size_t i = first; i < first + count; ++i) {
      Value value = accumulators[i];
      if (nest.epilogue)
        value =
            emitStage(*nest.epilogue, points[i], value, active[i], end.value);
      rounded.push_back(emitRounded(builder, loc, value, end, unit.family));
    }
    Value narrow = emitNarrow(builder, loc, rounded, end, nest.output.isFlipped,
                              unit.family);
    if (!isFull) {
      Access output = nest.output;
      output.isFlipped = false;
      store(narrow, output, points[first], active[first]);
      continue;
    }
    vector::StoreOp::create(builder, loc, narrow, flat(nest.output),
                            ValueRange{index(nest.output, points[first])});
  }
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

bool mlir::qopt::hasLanes(Block &body) {
  return llvm::all_of(body.without_terminator(), [](Operation &op) {
    if (op.getNumRegions() != 0 || op.getNumResults() != 1)
      return false;
    return isa<arith::ConstantOp, memref::LoadOp>(op) ||
           (isPure(&op) &&
            !isa<BaseMemRefType, ShapedType>(op.getResult(0).getType()));
  });
}

Value LaneBuilder::emitBody(Block &body, ArrayRef<Value> arguments,
                            Value result) {
  if (!result)
    result = body.getTerminator()->getOperand(0);
  IRMapping mapping;
  for (auto [argument, value] : llvm::zip(body.getArguments(), arguments))
    if (value)
      mapping.map(argument, value);
  for (Operation &op : body.without_terminator()) {
    if (mapping.contains(result))
      break;
    // Loads know the position.
    if (!isa<linalg::IndexOp>(op))
      mapping.map(op.getResult(0), emitOp(&op, mapping));
  }
  if (Value mapped = mapping.lookupOrNull(result))
    return mapped;
  return splat(result);
}

Value LaneBuilder::emitOp(Operation *op, IRMapping &mapping) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    VectorType type = vectorOf(constant.getType());
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(type, Attribute(constant.getValue())));
  }
  if (auto load = dyn_cast<memref::LoadOp>(op)) {
    if (Value looked = emitTable(load, mapping))
      return looked;
    if (Value loaded = emitLoad(load, mapping))
      return loaded;
  }
  if (auto division = dyn_cast<arith::DivFOp>(op); division && unit.hasFMA)
    if (Value quotient = emitDivision(division, mapping))
      return quotient;
  // LLVM's powi takes one exponent for all lanes.
  if (!OpTrait::hasElementwiseMappableTraits(op) || isa<math::FPowIOp>(op))
    return emitByLane(op, mapping);
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    Value mapped = mapping.lookupOrNull(operand);
    operands.push_back(mapped ? mapped : splat(operand));
  }
  Operation *clone = builder.create(
      loc, op->getName().getIdentifier(), operands,
      TypeRange{vectorOf(op->getResult(0).getType())}, op->getAttrs());
  return clone->getResult(0);
}

/// A load from a table of 256 bytes at a byte: two lookups of 128 entries, and
/// the index's top bit chooses. Null where the load is something else.
Value LaneBuilder::emitTable(memref::LoadOp load, IRMapping &mapping) {
  MemRefType type = load.getMemRefType();
  if (!hasByteTables || type.getRank() != 1 || type.getDimSize(0) != 256 ||
      !type.getElementType().isInteger(8) || !type.getLayout().isIdentity())
    return nullptr;
  auto cast = load.getIndices()[0].getDefiningOp<arith::IndexCastUIOp>();
  if (!cast || !cast.getIn().getType().isInteger(8))
    return nullptr;
  Value narrow = mapping.lookupOrNull(cast.getIn());
  if (!narrow)
    return nullptr;
  auto bytes = VectorType::get({64}, builder.getI8Type());
  SmallVector<int64_t> widen;
  for (int64_t i = 0; i < 64; ++i)
    widen.push_back(i % lanes);
  Value index = vector::ShuffleOp::create(builder, loc, narrow, narrow, widen);
  SmallVector<Value> quarters;
  for (int64_t i = 0; i < 4; ++i) {
    Value at = arith::ConstantIndexOp::create(builder, loc, i * 64);
    quarters.push_back(vector::LoadOp::create(
        builder, loc, bytes, load.getMemRef(), ValueRange{at}));
  }
  auto lookUp = [&](Value low, Value high) {
    return LLVM::CallIntrinsicOp::create(
               builder, loc, bytes,
               builder.getStringAttr("llvm.x86.avx512.vpermi2var.qi.512"),
               ValueRange{low, index, high})
        .getResult(0);
  };
  Value positive = lookUp(quarters[0], quarters[1]);
  Value negative = lookUp(quarters[2], quarters[3]);
  Value zero = arith::ConstantOp::create(
      builder, loc, DenseElementsAttr::get(bytes, int8_t(0)));
  Value isNegative = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::slt, index, zero);
  Value looked =
      arith::SelectOp::create(builder, loc, isNegative, negative, positive);
  return vector::ExtractStridedSliceOp::create(
      builder, loc, looked, ArrayRef<int64_t>{0},
      ArrayRef<int64_t>{static_cast<int64_t>(lanes)}, ArrayRef<int64_t>{1});
}

/// A load at a position of the loops, to which the body adds indices of its
/// own; null where the load is something else.
Value LaneBuilder::emitLoad(memref::LoadOp load, IRMapping &mapping) {
  auto *found = llvm::find_if(
      nest.loads, [&](const auto &entry) { return entry.first == load; });
  if (found == nest.loads.end())
    return nullptr;
  const Access &access = found->second;
  Value first = index(access, *position);
  for (auto [term, stride] : access.terms) {
    Value number = term;
    if (Value mapped = mapping.lookupOrNull(term))
      number = vector::ExtractOp::create(builder, loc, mapped, 0);
    Value step = arith::ConstantIndexOp::create(builder, loc, stride);
    number = arith::MulIOp::create(builder, loc, number, step);
    first = arith::AddIOp::create(builder, loc, first, number);
  }
  return loadAt(access, first, activeLanes);
}

/// A division by a constant as one multiplication, or with one or two fused
/// multiply-adds behind it, as `getExactDivision` says; null where that is not
/// proven.
Value LaneBuilder::emitDivision(arith::DivFOp division, IRMapping &mapping) {
  std::optional<ExactDivision> exact = getExactDivision(stage, division);
  if (!exact)
    return nullptr;
  Value value = mapping.lookupOrNull(exact->value);
  if (!value)
    value = splat(exact->value);
  auto factor = [&](float value) -> Value {
    return arith::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(vectorOf(builder.getF32Type()), value));
  };
  if (exact->limit > 0) {
    auto clamp = [&](arith::CmpFPredicate predicate, float bound) {
      Value isInside =
          arith::CmpFOp::create(builder, loc, predicate, value, factor(bound));
      value =
          arith::SelectOp::create(builder, loc, isInside, value, factor(bound));
    };
    clamp(arith::CmpFPredicate::OGT, -exact->limit);
    clamp(arith::CmpFPredicate::OLT, exact->limit);
  }
  if (!exact->factors)
    return emitQuotient(builder, loc, value, factor(exact->divisor),
                        factor(1 / exact->divisor));
  const auto &[high, low] = *exact->factors;
  if (low == 0)
    return arith::MulFOp::create(builder, loc, value, factor(high));
  Value correction = arith::MulFOp::create(builder, loc, value, factor(low));
  return vector::FMAOp::create(builder, loc, value, factor(high), correction);
}

/// One scalar operation a lane.
Value LaneBuilder::emitByLane(Operation *op, IRMapping &mapping) {
  VectorType type = vectorOf(op->getResult(0).getType());
  Value result;
  if (type.getElementType().isIndex())
    result = splat(arith::ConstantIndexOp::create(builder, loc, 0));
  else
    result = arith::ConstantOp::create(
        builder, loc, cast<TypedAttr>(builder.getZeroAttr(type)));
  for (unsigned i = 0; i < lanes; ++i) {
    IRMapping scalars;
    for (Value operand : op->getOperands())
      if (Value mapped = mapping.lookupOrNull(operand))
        scalars.map(operand,
                    Value(vector::ExtractOp::create(builder, loc, mapped, i)));
    Operation *clone = builder.clone(*op, scalars);
    result =
        vector::InsertOp::create(builder, loc, clone->getResult(0), result, i);
  }
  return result;
}
