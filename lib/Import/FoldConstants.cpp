//===- FoldConstants.cpp - Evaluate linalg operations on constants --------===//

#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Analysis/ElementwiseBody.h"
#include "quantopt/Analysis/ScalarProgram.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Import/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/DialectResourceBlobManager.h"

namespace mlir::qopt {
#define GEN_PASS_DEF_FOLDCONSTANTS
#include "quantopt/Import/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

namespace {
/// One constant input: its numbers, and the map from loops to their position.
struct Input {
  SmallVector<ScalarValue> values;
  /// Row-major step of each loop; several results of a map may share a loop.
  SmallVector<int64_t> steps;
};
} // namespace

/// Reads `values` as scalars of the program.
static FailureOr<SmallVector<ScalarValue>> readScalars(ElementsAttr values) {
  SmallVector<ScalarValue> scalars;
  if (isa<FloatType>(values.getElementType())) {
    FailureOr<ConstantValues<float>> floats = readFloats(values);
    if (failed(floats) || values.getElementType().isF64())
      return failure();
    scalars.reserve(floats->size());
    for (float value : *floats)
      scalars.push_back(ScalarValue{value});
    return scalars;
  }
  FailureOr<SmallVector<int64_t>> integers = readIntegers(values);
  if (failed(integers))
    return failure();
  scalars.resize(integers->size());
  for (auto [scalar, integer] : llvm::zip_equal(scalars, *integers))
    scalar.integer = integer;
  return scalars;
}

/// The row-major step of each loop through a tensor of `shape` read by `map`, a
/// projection with constants only where the dimension has size one.
static FailureOr<SmallVector<int64_t>>
getSteps(AffineMap map, ArrayRef<int64_t> shape, unsigned numLoops) {
  SmallVector<int64_t> steps(numLoops, 0);
  int64_t step = 1;
  for (int dim = int(shape.size()) - 1; dim >= 0; --dim) {
    AffineExpr result = map.getResult(dim);
    if (auto loop = dyn_cast<AffineDimExpr>(result))
      steps[loop.getPosition()] += step;
    else if (!isa<AffineConstantExpr>(result))
      return failure();
    step *= shape[dim];
  }
  return steps;
}

/// Stores `values` as elements of `type`, in a blob that no later rewrite
/// copies.
static ElementsAttr makeElements(RankedTensorType type,
                                 ArrayRef<ScalarValue> values) {
  Type element = type.getElementType();
  if (element.isF32()) {
    std::vector<float> floats;
    floats.reserve(values.size());
    for (ScalarValue value : values)
      floats.push_back(float(value.real));
    return DenseElementsAttr::get(type, llvm::ArrayRef<float>(floats));
  }
  if (element.isInteger(8)) {
    std::vector<int8_t> bytes;
    bytes.reserve(values.size());
    for (ScalarValue value : values)
      bytes.push_back(int8_t(value.integer));
    return DenseElementsAttr::get(type, llvm::ArrayRef<int8_t>(bytes));
  }
  SmallVector<Attribute> attributes;
  attributes.reserve(values.size());
  for (ScalarValue value : values)
    attributes.push_back(getScalarAttr(value, element));
  return DenseElementsAttr::get(type, attributes);
}

static FailureOr<ElementsAttr> evaluate(linalg::LinalgOp op) {
  if (!isElementwiseMapped(op) || op.hasDynamicShape() ||
      op.hasIndexSemantics())
    return failure();
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!type || !type.getElementType().isIntOrFloat())
    return failure();
  unsigned numLoops = op.getNumLoops();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  SmallVector<Input> inputs;
  int64_t largest = 0;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    std::optional<ConstantTensor> constant = getConstantTensor(operand->get());
    if (!constant)
      return failure();
    largest = std::max(largest, constant->values.getNumElements());
    Input input;
    FailureOr<SmallVector<ScalarValue>> values = readScalars(constant->values);
    FailureOr<SmallVector<int64_t>> steps =
        getSteps(constant->map.compose(op.getMatchingIndexingMap(operand)),
                 constant->values.getShapedType().getShape(), numLoops);
    if (failed(values) || failed(steps))
      return failure();
    input.values = std::move(*values);
    input.steps = std::move(*steps);
    inputs.push_back(std::move(input));
  }
  // Broadcasts stay broadcasts.
  if (inputs.empty() || type.getNumElements() > largest)
    return failure();
  FailureOr<ScalarProgram> program = ScalarProgram::compile(*op.getBlock());
  if (failed(program))
    return failure();

  SmallVector<ScalarValue> results(type.getNumElements());
  SmallVector<ScalarValue> arguments(op.getBlock()->getNumArguments(),
                                     ScalarValue{0.0});
  SmallVector<int64_t> index(numLoops, 0), position(inputs.size(), 0);
  for (ScalarValue &result : results) {
    for (auto [number, input] : llvm::enumerate(inputs))
      arguments[number] = input.values[position[number]];
    program->run(arguments, result);
    for (int loop = int(numLoops) - 1; loop >= 0; --loop) {
      ++index[loop];
      for (auto [number, input] : llvm::enumerate(inputs))
        position[number] += input.steps[loop];
      if (index[loop] < ranges[loop])
        break;
      for (auto [number, input] : llvm::enumerate(inputs))
        position[number] -= input.steps[loop] * ranges[loop];
      index[loop] = 0;
    }
  }
  return makeElements(type, results);
}

namespace {
struct FoldConstants : qopt::impl::FoldConstantsBase<FoldConstants> {
  void runOnOperation() override {
    // In program order, so that chains fold in one walk.
    getOperation()->walk([&](linalg::LinalgOp op) {
      if (!op.hasPureTensorSemantics() || op->getNumResults() != 1)
        return;
      FailureOr<ElementsAttr> folded = evaluate(op);
      if (failed(folded))
        return;
      OpBuilder builder(op);
      auto constant = arith::ConstantOp::create(
          builder, op.getLoc(), cast<TypedAttr>(Attribute(*folded)));
      op->getResult(0).replaceAllUsesWith(constant);
      op->erase();
    });
  }
};
} // namespace
