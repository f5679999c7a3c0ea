//===- Interpreter.cpp - Runs functions of tensors, by definition ---------===//

#include "Interpreter.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace mlir::qopt;

Type mlir::qopt::getStoredElementType(Type type) {
  Type element = getElementTypeOrSelf(type);
  if (auto quantized = dyn_cast<quant::QuantizedType>(element))
    return quantized.getStorageType();
  return element;
}

bool mlir::qopt::isRepresentable(Type type) {
  if (auto shaped = dyn_cast<ShapedType>(type))
    if (!isa<RankedTensorType>(type) || !shaped.hasStaticShape())
      return false;
  Type element = getStoredElementType(type);
  if (auto real = dyn_cast<FloatType>(element))
    return real.isF16() || real.isBF16() || real.isF32() || real.isF64();
  return element.isIntOrIndex() &&
         (element.isIndex() || element.getIntOrFloatBitWidth() <= 64);
}

/// A tensor of `type` whose elements are not set.
static std::shared_ptr<Tensor> makeTensor(Type type) {
  auto tensor = std::make_shared<Tensor>();
  int64_t size = 1;
  if (auto shaped = dyn_cast<RankedTensorType>(type)) {
    tensor->shape = llvm::to_vector(shaped.getShape());
    size = shaped.getNumElements();
  }
  ScalarValue zero;
  zero.integer = 0;
  tensor->elements.assign(size, zero);
  return tensor;
}

static FailureOr<TensorRef> readConstant(Attribute attribute, Type type) {
  auto tensor = makeTensor(type);
  if (std::optional<ScalarValue> scalar = getScalarValue(attribute)) {
    tensor->elements = {*scalar};
    return TensorRef(tensor);
  }
  auto values = dyn_cast<ElementsAttr>(attribute);
  if (!values)
    return failure();
  if (isa<FloatType>(values.getElementType())) {
    if (auto reals = values.tryGetValues<APFloat>();
        reals && values.getElementType().isF64()) {
      for (auto [to, from] : llvm::zip(tensor->elements, *reals))
        to.real = from.convertToDouble();
      return TensorRef(tensor);
    }
    FailureOr<ConstantValues<float>> reals = readFloats(values);
    if (failed(reals) || reals->size() != tensor->elements.size())
      return failure();
    for (auto [to, from] : llvm::zip(tensor->elements, *reals))
      to.real = from;
    return TensorRef(tensor);
  }
  FailureOr<SmallVector<int64_t>> integers = readIntegers(values);
  if (failed(integers) || integers->size() != tensor->elements.size())
    return failure();
  bool isBit = values.getElementType().isInteger(1);
  for (auto [to, from] : llvm::zip(tensor->elements, *integers))
    to.integer = isBit ? from & 1 : from;
  return TensorRef(tensor);
}

//===----------------------------------------------------------------------===//
// Walking a function
//===----------------------------------------------------------------------===//

FailureOr<SmallVector<TensorRef>>
Interpreter::run(ArrayRef<TensorRef> arguments) {
  if (!llvm::hasSingleElement(func.getBody())) {
    unsupported = func;
    return failure();
  }
  Block &body = func.getBody().front();
  for (auto [argument, tensor] :
       llvm::zip_equal(body.getArguments(), arguments))
    values[argument] = tensor;
  if (failed(runBlock(body)))
    return failure();
  SmallVector<TensorRef> results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(get(value));
  return results;
}

LogicalResult Interpreter::runBlock(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (fixed.contains(&op))
      continue;
    llvm::SetVector<Value> used(op.operand_begin(), op.operand_end());
    getUsedValuesDefinedAbove(op.getRegions(), used);
    bool isFixed =
        !isa<linalg::IndexOp>(op) && llvm::all_of(used, [&](Value value) {
          return fixed.contains(value.getDefiningOp());
        });
    FailureOr<Results> results = evaluate(&op);
    if (failed(results) || results->size() != op.getNumResults()) {
      if (!unsupported)
        unsupported = &op;
      return failure();
    }
    for (auto [value, tensor] : llvm::zip_equal(op.getResults(), *results))
      values[value] = tensor;
    if (isFixed && isPure(&op))
      fixed.insert(&op);
  }
  return success();
}

FailureOr<Interpreter::Results> Interpreter::evaluate(Operation *op) {
  for (Type type : op->getResultTypes())
    if (!isRepresentable(type))
      return failure();
  Attribute constant;
  if (matchPattern(op, m_Constant(&constant))) {
    FailureOr<TensorRef> tensor =
        readConstant(constant, op->getResult(0).getType());
    if (failed(tensor))
      return failure();
    return Results{*tensor};
  }
  for (Value operand : op->getOperands())
    if (!get(operand))
      return failure();
  if (auto softmax = dyn_cast<linalg::SoftmaxOp>(op))
    return evaluateSoftmax(softmax);
  if (auto structured = dyn_cast<linalg::LinalgOp>(op))
    return evaluateLinalg(structured);
  if (auto call = dyn_cast<func::CallOp>(op))
    return evaluateCall(call);
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    auto result = makeTensor(dim.getType());
    std::optional<int64_t> index = dim.getConstantIndex();
    TensorRef source = get(dim.getSource());
    if (!index || *index < 0 || *index >= int64_t(source->shape.size()))
      return failure();
    result->elements[0].integer = source->shape[*index];
    return Results{result};
  }
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    auto result = makeTensor(index.getType());
    if (index.getDim() >= loopIndex.size())
      return failure();
    result->elements[0].integer = loopIndex[index.getDim()];
    return Results{result};
  }
  if (isa_and_nonnull<tensor::TensorDialect>(op->getDialect()) ||
      isa<TakeOp>(op))
    return evaluateMovement(op);
  if (isa_and_nonnull<QOptDialect, quant::QuantDialect>(op->getDialect()))
    return evaluateConversion(op);
  if (op->getNumRegions() == 0 && op->getNumResults() == 1 &&
      OpTrait::hasElementwiseMappableTraits(op))
    return evaluateScalarized(op);
  return failure();
}

FailureOr<Interpreter::Results> Interpreter::evaluateCall(func::CallOp op) {
  auto callee = dyn_cast_or_null<func::FuncOp>(
      SymbolTable::lookupNearestSymbolFrom(op, op.getCalleeAttr()));
  constexpr unsigned kDeepest = 8;
  if (!callee || callee.isDeclaration() || depth == kDeepest)
    return failure();
  Interpreter inner(callee, outOfRange);
  inner.depth = depth + 1;
  SmallVector<TensorRef> arguments;
  for (Value operand : op.getOperands())
    arguments.push_back(get(operand));
  FailureOr<SmallVector<TensorRef>> results = inner.run(arguments);
  conversions |= inner.conversions;
  if (failed(results)) {
    unsupported = inner.unsupported;
    return failure();
  }
  return Results(results->begin(), results->end());
}

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

ScalarProgram *Interpreter::findProgram(Operation *op) const {
  auto it = programs.find(op);
  return it == programs.end() ? nullptr : it->second.get();
}

ScalarProgram *Interpreter::getProgram(Operation *op, Block &block,
                                       ValueRange extra) {
  std::unique_ptr<ScalarProgram> &program = programs[op];
  if (program)
    return program.get();
  FailureOr<ScalarProgram> compiled =
      ScalarProgram::compile(block, &unsupported, extra, outOfRange);
  if (failed(compiled))
    return nullptr;
  program = std::make_unique<ScalarProgram>(std::move(*compiled));
  conversions |= program->convertsToInteger();
  return program.get();
}

/// An elementwise operation on tensors is its scalar form on each element.
FailureOr<Interpreter::Results> Interpreter::evaluateScalarized(Operation *op) {
  ScalarProgram *program = findProgram(op);
  if (!program) {
    Location loc = op->getLoc();
    Block block;
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand,
                  block.addArgument(getElementTypeOrSelf(operand), loc));
    OpBuilder builder(op->getContext());
    builder.setInsertionPointToEnd(&block);
    Operation *scalar = builder.clone(*op, mapping);
    scalar->getResult(0).setType(getElementTypeOrSelf(op->getResult(0)));
    func::ReturnOp::create(builder, loc, scalar->getResults());
    program = getProgram(op, block, {});
    if (!program) {
      // The scalar form is gone when somebody asks.
      unsupported = op;
      return failure();
    }
  }
  auto result = makeTensor(op->getResult(0).getType());
  SmallVector<TensorRef> inputs;
  for (Value operand : op->getOperands())
    inputs.push_back(get(operand));
  size_t size = result->elements.size();
  for (size_t at = 0; at < size; at += ScalarProgram::kBlock) {
    size_t count = std::min(ScalarProgram::kBlock, size - at);
    for (auto [index, input] : llvm::enumerate(inputs)) {
      ScalarValue *to = program->getInput(index);
      if (input->elements.size() == size)
        std::copy_n(&input->elements[at], count, to);
      else
        std::fill_n(to, count, input->elements[0]);
    }
    program->runBlock(count);
    std::copy_n(program->getResult(0), count, &result->elements[at]);
  }
  return Results{result};
}

namespace {
/// How one operand of a linalg operation is walked: element `base` plus the sum
/// of the loops' indices times `steps`.
struct Walk {
  int64_t base = 0;
  SmallVector<int64_t> steps;
};
} // namespace

/// Fails on maps that are not linear.
static FailureOr<Walk> getWalk(AffineMap map, ArrayRef<int64_t> shape) {
  if (map.getNumSymbols() != 0)
    return failure();
  for (AffineExpr expr : map.getResults()) {
    bool isLinear = true;
    expr.walk([&](AffineExpr inner) {
      AffineExprKind kind = inner.getKind();
      isLinear &= kind != AffineExprKind::Mod &&
                  kind != AffineExprKind::FloorDiv &&
                  kind != AffineExprKind::CeilDiv;
    });
    if (!isLinear)
      return failure();
  }
  auto position = [&](ArrayRef<int64_t> index) {
    SmallVector<int64_t> at = map.compose(index);
    int64_t flat = 0;
    for (auto [value, size] : llvm::zip_equal(at, shape))
      flat = flat * size + value;
    return flat;
  };
  Walk walk;
  SmallVector<int64_t> index(map.getNumDims(), 0);
  walk.base = position(index);
  for (unsigned dim = 0; dim < map.getNumDims(); ++dim) {
    index[dim] = 1;
    walk.steps.push_back(position(index) - walk.base);
    index[dim] = 0;
  }
  return walk;
}

/// All indices of the loops `dims` in row-major order.
static std::vector<SmallVector<int64_t, 4>>
listIndices(ArrayRef<int64_t> ranges, ArrayRef<unsigned> dims) {
  std::vector<SmallVector<int64_t, 4>> all = {
      SmallVector<int64_t, 4>(dims.size(), 0)};
  int64_t count = 1;
  for (unsigned dim : dims)
    count *= ranges[dim];
  if (count == 0)
    return {};
  all.reserve(count);
  for (int64_t i = 1; i < count; ++i) {
    SmallVector<int64_t, 4> next = all.back();
    for (int d = int(dims.size()) - 1; d >= 0; --d) {
      if (++next[d] < ranges[dims[d]])
        break;
      next[d] = 0;
    }
    all.push_back(std::move(next));
  }
  return all;
}

FailureOr<Interpreter::Results>
Interpreter::evaluateLinalg(linalg::LinalgOp op) {
  if (op.hasDynamicShape() || !op.hasPureTensorSemantics())
    return failure();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  Block &body = *op.getBlock();

  // What the body reads beside its arguments: loop indices, and scalars from
  // outside.
  SmallVector<Value> extra;
  for (Operation &inner : body.without_terminator())
    if (isa<linalg::IndexOp>(inner))
      extra.push_back(inner.getResult(0));
  size_t numIndices = extra.size();
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (Value value : captured) {
    if (!get(value))
      return failure();
    // It reads elements of a tensor.
    if (isa<ShapedType>(value.getType()))
      return evaluateLoops(op);
    extra.push_back(value);
  }
  ScalarProgram *program = getProgram(op, body, extra);
  if (!program)
    return failure();

  SmallVector<Walk> walks;
  SmallVector<TensorRef> inputs;
  SmallVector<std::shared_ptr<Tensor>> outputs;
  for (OpOperand &operand : op->getOpOperands()) {
    TensorRef tensor = get(operand.get());
    FailureOr<Walk> walk =
        getWalk(op.getMatchingIndexingMap(&operand), tensor->shape);
    if (failed(walk))
      return failure();
    walks.push_back(*walk);
    if (op.isDpsInit(&operand)) {
      outputs.push_back(std::make_shared<Tensor>(*tensor));
      tensor = outputs.back();
    }
    inputs.push_back(tensor);
  }
  SmallVector<unsigned> parallel, reduction;
  for (auto [dim, iterator] : llvm::enumerate(op.getIteratorTypesArray()))
    (iterator == utils::IteratorType::parallel ? parallel : reduction)
        .push_back(dim);
  auto points = listIndices(ranges, parallel);
  auto terms = listIndices(ranges, reduction);
  auto offsetsOf = [&](const Walk &walk, ArrayRef<unsigned> dims,
                       const std::vector<SmallVector<int64_t, 4>> &indices) {
    std::vector<int64_t> offsets;
    offsets.reserve(indices.size());
    for (const auto &index : indices) {
      int64_t at = 0;
      for (auto [dim, value] : llvm::zip_equal(dims, index))
        at += walk.steps[dim] * value;
      offsets.push_back(at);
    }
    return offsets;
  };
  SmallVector<std::vector<int64_t>> pointOffsets, termOffsets;
  for (const Walk &walk : walks) {
    pointOffsets.push_back(offsetsOf(walk, parallel, points));
    termOffsets.push_back(offsetsOf(walk, reduction, terms));
  }
  unsigned firstOutput = op.getNumDpsInputs(), numOperands = walks.size();
  for (size_t k = 0; k < extra.size() - numIndices; ++k) {
    std::fill_n(program->getInput(numOperands + numIndices + k),
                ScalarProgram::kBlock, get(extra[numIndices + k])->elements[0]);
  }
  SmallVector<bool> isRead;
  for (OpOperand &operand : op->getOpOperands())
    isRead.push_back(op.payloadUsesValueFromOperand(&operand));

  for (size_t term = 0; term < terms.size(); ++term)
    for (size_t at = 0; at < points.size(); at += ScalarProgram::kBlock) {
      size_t count = std::min(ScalarProgram::kBlock, points.size() - at);
      for (unsigned operand = 0; operand < numOperands; ++operand) {
        if (!isRead[operand])
          continue;
        const ScalarValue *from = inputs[operand]->elements.data() +
                                  walks[operand].base +
                                  termOffsets[operand][term];
        const int64_t *offsets = &pointOffsets[operand][at];
        ScalarValue *to = program->getInput(operand);
        for (size_t i = 0; i < count; ++i)
          to[i] = from[offsets[i]];
      }
      for (size_t k = 0; k < numIndices; ++k) {
        unsigned loop =
            cast<linalg::IndexOp>(extra[k].getDefiningOp()).getDim();
        ScalarValue *to = program->getInput(numOperands + k);
        auto inner = llvm::find(parallel, loop);
        for (size_t i = 0; i < count; ++i)
          to[i].integer = inner != parallel.end()
                              ? points[at + i][inner - parallel.begin()]
                              : terms[term][llvm::find(reduction, loop) -
                                            reduction.begin()];
      }
      // A body without inputs still needs its memory.
      if (numOperands)
        program->getInput(0);
      program->runBlock(count);
      for (auto [index, output] : llvm::enumerate(outputs)) {
        unsigned operand = firstOutput + index;
        ScalarValue *to = output->elements.data() + walks[operand].base +
                          termOffsets[operand][term];
        const int64_t *offsets = &pointOffsets[operand][at];
        const ScalarValue *from = program->getResult(index);
        for (size_t i = 0; i < count; ++i)
          to[offsets[i]] = from[i];
      }
    }
  return Results(outputs.begin(), outputs.end());
}

/// One iteration at a time, one operation of the body at a time.
FailureOr<Interpreter::Results>
Interpreter::evaluateLoops(linalg::LinalgOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  Block &body = *op.getBlock();
  SmallVector<std::shared_ptr<Tensor>> operands;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  for (Value operand : op->getOperands())
    operands.push_back(std::make_shared<Tensor>(*get(operand)));
  auto position = [&](unsigned operand) {
    int64_t at = 0;
    for (auto [index, size] : llvm::zip_equal(maps[operand].compose(loopIndex),
                                              operands[operand]->shape))
      at = at * size + index;
    return at;
  };
  SmallVector<unsigned> dims =
      llvm::to_vector(llvm::seq<unsigned>(0, ranges.size()));
  SmallVector<int64_t> outer = std::move(loopIndex);
  unsigned firstOutput = op.getNumDpsInputs();
  for (const auto &index : listIndices(ranges, dims)) {
    loopIndex.assign(index.begin(), index.end());
    for (auto [k, argument] : llvm::enumerate(body.getArguments())) {
      auto scalar = std::make_shared<Tensor>();
      scalar->elements = {operands[k]->elements[position(k)]};
      values[argument] = scalar;
    }
    if (failed(runBlock(body)))
      return failure();
    for (auto [k, value] : llvm::enumerate(body.getTerminator()->getOperands()))
      operands[firstOutput + k]->elements[position(firstOutput + k)] =
          get(value)->elements[0];
  }
  loopIndex = std::move(outer);
  return Results(operands.begin() + firstOutput, operands.end());
}

/// exp(x - max) / sum, as upstream takes linalg.softmax apart.
FailureOr<Interpreter::Results>
Interpreter::evaluateSoftmax(linalg::SoftmaxOp op) {
  TensorRef input = get(op.getInput());
  if (!getElementTypeOrSelf(op.getInput().getType()).isF32())
    return failure();
  int64_t dim = op.getDimension(), size = input->shape[dim], inner = 1;
  for (int64_t rest : ArrayRef<int64_t>(input->shape).drop_front(dim + 1))
    inner *= rest;
  auto result = std::make_shared<Tensor>(*input);
  int64_t total = input->elements.size();
  for (int64_t outer = 0; size && outer < total / (size * inner); ++outer)
    for (int64_t i = 0; i < inner; ++i) {
      ScalarValue *row = &result->elements[outer * size * inner + i];
      float largest = float(row[0].real), sum = 0;
      for (int64_t k = 1; k < size; ++k)
        largest = std::fmax(largest, float(row[k * inner].real));
      for (int64_t k = 0; k < size; ++k) {
        float shifted = float(row[k * inner].real) - largest;
        row[k * inner].real = float(std::exp(double(shifted)));
        sum += float(row[k * inner].real);
      }
      for (int64_t k = 0; k < size; ++k)
        row[k * inner].real = float(row[k * inner].real) / sum;
    }
  return Results{result};
}
