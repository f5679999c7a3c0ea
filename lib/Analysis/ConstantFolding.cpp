//===- ConstantFolding.cpp - Elementwise operations on constants ----------===//

#include "quantopt/Analysis/ConstantFolding.h"
#include "quantopt/Analysis/ScalarProgram.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace mlir::qopt;

//===----------------------------------------------------------------------===//
// Where an element of the result comes from
//===----------------------------------------------------------------------===//

/// The row-major step of each dimension of the result through a tensor of
/// `shape` that is read by `map`, a projection with constants only where a
/// dimension has size one.
static FailureOr<SmallVector<int64_t>>
getSteps(AffineMap map, ArrayRef<int64_t> shape, unsigned rank) {
  SmallVector<int64_t> steps(rank, 0);
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

/// Calls `visit` with the position in each of `steps` for every index of the
/// dimensions of `shape`, in row-major order.
template <typename Visit>
static void forEachPosition(ArrayRef<int64_t> shape,
                            ArrayRef<SmallVector<int64_t>> steps, Visit visit) {
  SmallVector<int64_t> index(shape.size(), 0), position(steps.size(), 0);
  if (llvm::is_contained(shape, 0))
    return;
  while (true) {
    visit(ArrayRef<int64_t>(position));
    int dim = int(shape.size()) - 1;
    for (; dim >= 0; --dim) {
      for (auto [at, step] : llvm::zip_equal(position, steps))
        at += step[dim];
      if (++index[dim] < shape[dim])
        break;
      for (auto [at, step] : llvm::zip_equal(position, steps))
        at -= step[dim] * shape[dim];
      index[dim] = 0;
    }
    if (dim < 0)
      return;
  }
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// to[i, j] = from[j * step + i]: in squares, so that both sides are walked
/// along their cache lines.
template <typename T>
static void transpose(const T *from, int64_t step, T *to, int64_t stride,
                      int64_t rows, int64_t columns) {
  constexpr int64_t kSquare = 32;
  for (int64_t i = 0; i < rows; i += kSquare)
    for (int64_t j = 0; j < columns; j += kSquare)
      for (int64_t y = i, ye = std::min(rows, i + kSquare); y < ye; ++y)
        for (int64_t x = j, xe = std::min(columns, j + kSquare); x < xe; ++x)
          to[y * stride + x] = from[x * step + y];
}

/// Element `index` of `to`, which has `shape`, is the one of `from` at the sum
/// of the index times `steps`.
template <typename T>
static void copyElements(const T *from, ArrayRef<int64_t> shape,
                         ArrayRef<int64_t> steps, T *to) {
  if (shape.empty()) {
    *to = *from;
    return;
  }
  const unsigned last = shape.size() - 1;
  SmallVector<int64_t> strides(shape.size(), 1);
  for (unsigned dim = last; dim > 0; --dim)
    strides[dim - 1] = strides[dim] * shape[dim];
  // The dimension along which `from` is contiguous, where it is not the last.
  std::optional<unsigned> row;
  for (unsigned dim = 0; dim < last; ++dim)
    if (steps[dim] == 1 && steps[last] > 1 && shape[dim] > 1)
      row = dim;
  SmallVector<int64_t> outer(shape.drop_back());
  if (row)
    outer[*row] = 1;
  SmallVector<int64_t> fromSteps(steps.drop_back());
  SmallVector<int64_t> toSteps(ArrayRef<int64_t>(strides).drop_back());
  forEachPosition(outer, {fromSteps, toSteps}, [&](ArrayRef<int64_t> at) {
    const T *source = from + at[0];
    T *target = to + at[1];
    if (row)
      return transpose(source, steps[last], target, strides[*row], shape[*row],
                       shape[last]);
    if (steps[last] == 1) {
      std::copy_n(source, shape[last], target);
      return;
    }
    for (int64_t i = 0; i < shape[last]; ++i)
      target[i] = source[i * steps[last]];
  });
}

/// The bytes of a constant that has all its elements in memory.
static ArrayRef<char> getBytes(ElementsAttr values) {
  if (auto dense = dyn_cast<DenseElementsAttr>(values))
    return dense.isSplat() && values.getNumElements() != 1 ? ArrayRef<char>()
                                                           : dense.getRawData();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(values))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return blob->getData();
  return {};
}

template <typename T>
static ElementsAttr copyAs(ArrayRef<char> from, RankedTensorType type,
                           ArrayRef<int64_t> steps) {
  ConstantBuilder result(type);
  copyElements(reinterpret_cast<const T *>(from.data()), type.getShape(), steps,
               result.getMutableData<T>().data());
  return std::move(result).finish("folded");
}

/// A constant in another order; null where its elements are no whole words.
static ElementsAttr copy(ElementsAttr from, RankedTensorType type,
                         ArrayRef<int64_t> steps) {
  ArrayRef<char> bytes = getBytes(from);
  size_t bits = type.getElementTypeBitWidth(), size = bits / 8;
  if (bits % 8 != 0 || bytes.size() != size * from.getNumElements() ||
      reinterpret_cast<uintptr_t>(bytes.data()) % size != 0)
    return {};
  switch (size) {
  case 1:
    return copyAs<int8_t>(bytes, type, steps);
  case 2:
    return copyAs<int16_t>(bytes, type, steps);
  case 4:
    return copyAs<int32_t>(bytes, type, steps);
  case 8:
    return copyAs<int64_t>(bytes, type, steps);
  }
  return {};
}

ElementsAttr mlir::qopt::materialize(const ConstantTensor &tensor,
                                     RankedTensorType type) {
  if (tensor.map.isIdentity())
    return tensor.values;
  if (auto dense = dyn_cast<DenseElementsAttr>(tensor.values);
      dense && dense.isSplat())
    return dense.resizeSplat(type);
  FailureOr<SmallVector<int64_t>> steps =
      getSteps(tensor.map, tensor.values.getShapedType().getShape(),
               unsigned(type.getRank()));
  return failed(steps) ? ElementsAttr() : copy(tensor.values, type, *steps);
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

namespace {
/// The numbers of one input, whatever they are stored as.
struct Numbers {
  std::optional<ConstantValues<float>> floats;
  std::optional<ConstantValues<int8_t>> bytes;
  SmallVector<int64_t> integers;

  LogicalResult read(ElementsAttr values);
  /// `count` numbers `step` apart.
  void load(int64_t position, int64_t step, int64_t count,
            ScalarValue *to) const;
};
} // namespace

LogicalResult Numbers::read(ElementsAttr values) {
  Type element = values.getElementType();
  if (element.isF64())
    return failure();
  if (isa<FloatType>(element)) {
    FailureOr<ConstantValues<float>> read = readFloats(values);
    if (succeeded(read))
      floats.emplace(std::move(*read));
    return success(succeeded(read));
  }
  if (element.isInteger(8)) {
    FailureOr<ConstantValues<int8_t>> read = readBytes(values);
    if (succeeded(read))
      bytes.emplace(std::move(*read));
    return success(succeeded(read));
  }
  FailureOr<SmallVector<int64_t>> read = readIntegers(values);
  if (succeeded(read))
    integers = std::move(*read);
  return success(succeeded(read));
}

void Numbers::load(int64_t position, int64_t step, int64_t count,
                   ScalarValue *to) const {
  if (floats) {
    const float *from = floats->begin() + position;
    for (int64_t i = 0; i < count; ++i)
      to[i].real = from[i * step];
  } else if (bytes) {
    const int8_t *from = bytes->begin() + position;
    for (int64_t i = 0; i < count; ++i)
      to[i].integer = from[i * step];
  } else {
    const int64_t *from = integers.begin() + position;
    for (int64_t i = 0; i < count; ++i)
      to[i].integer = from[i * step];
  }
}

namespace {
/// The elements of the result, in order.
class Results {
public:
  explicit Results(RankedTensorType type) : type(type) {
    Type element = type.getElementType();
    if (element.isF32() || element.isInteger(8) || element.isInteger(32))
      builder.emplace(type);
  }

  void append(ArrayRef<ScalarValue> values) {
    Type element = type.getElementType();
    if (!builder) {
      for (ScalarValue value : values)
        attributes.push_back(getScalarAttr(value, element));
    } else if (element.isF32()) {
      float *to = builder->getMutableData<float>().data() + size;
      for (auto [index, value] : llvm::enumerate(values))
        to[index] = float(value.real);
    } else if (element.isInteger(8)) {
      int8_t *to = builder->getMutableData<int8_t>().data() + size;
      for (auto [index, value] : llvm::enumerate(values))
        to[index] = int8_t(value.integer);
    } else {
      int32_t *to = builder->getMutableData<int32_t>().data() + size;
      for (auto [index, value] : llvm::enumerate(values))
        to[index] = int32_t(value.integer);
    }
    size += values.size();
  }

  ElementsAttr finish() && {
    if (!builder)
      return DenseElementsAttr::get(type, attributes);
    return std::move(*builder).finish("folded");
  }

private:
  RankedTensorType type;
  std::optional<ConstantBuilder> builder;
  SmallVector<Attribute> attributes;
  size_t size = 0;
};
} // namespace

static FailureOr<ElementsAttr> compute(linalg::LinalgOp op,
                                       RankedTensorType type,
                                       ArrayRef<ElementsAttr> values,
                                       ArrayRef<SmallVector<int64_t>> steps) {
  FailureOr<ScalarProgram> program = ScalarProgram::compile(*op.getBlock());
  if (failed(program))
    return failure();
  std::vector<Numbers> inputs(values.size());
  for (auto [input, value] : llvm::zip_equal(inputs, values))
    if (failed(input.read(value)))
      return failure();
  Results results(type);
  int64_t length = type.getRank() == 0 ? 1 : type.getShape().back();
  SmallVector<int64_t> inner;
  SmallVector<SmallVector<int64_t>> outer;
  for (ArrayRef<int64_t> each : steps) {
    inner.push_back(each.empty() ? 0 : each.back());
    outer.emplace_back(each.empty() ? each : each.drop_back());
  }
  ArrayRef<int64_t> shape = type.getShape();
  forEachPosition(
      shape.empty() ? shape : shape.drop_back(), outer,
      [&](ArrayRef<int64_t> position) {
        for (int64_t at = 0; at < length; at += ScalarProgram::kBlock) {
          int64_t count = std::min<int64_t>(ScalarProgram::kBlock, length - at);
          for (auto [number, input] : llvm::enumerate(inputs))
            input.load(position[number] + at * inner[number], inner[number],
                       count, program->getInput(number));
          program->runBlock(count);
          results.append({program->getResult(0), size_t(count)});
        }
      });
  return std::move(results).finish();
}

FailureOr<ElementsAttr> mlir::qopt::evaluateOnConstants(linalg::LinalgOp op,
                                                        bool mayGrow) {
  if (op.getNumLoops() != op.getNumParallelLoops() ||
      op->getNumResults() != 1 || op.getNumDpsInputs() == 0 ||
      op.hasDynamicShape() || op.hasIndexSemantics())
    return failure();
  OpOperand *init = op.getDpsInitOperand(0);
  AffineMap toResult = op.getMatchingIndexingMap(init);
  auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
  if (!type || !type.getElementType().isIntOrFloat() ||
      !toResult.isPermutation() || op.payloadUsesValueFromOperand(init))
    return failure();
  AffineMap toLoops = inversePermutation(toResult);

  SmallVector<ElementsAttr> values;
  SmallVector<SmallVector<int64_t>> steps;
  int64_t largest = 0;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    std::optional<ConstantTensor> constant = getConstantTensor(operand->get());
    if (!constant)
      return failure();
    AffineMap map = constant->map.compose(op.getMatchingIndexingMap(operand))
                        .compose(toLoops);
    FailureOr<SmallVector<int64_t>> step = getSteps(
        map, constant->values.getShapedType().getShape(), type.getRank());
    if (failed(step))
      return failure();
    largest = std::max(largest, constant->values.getNumElements());
    values.push_back(constant->values);
    steps.push_back(std::move(*step));
  }
  if (!mayGrow && type.getNumElements() > largest)
    return failure();

  auto copied =
      dyn_cast<BlockArgument>(op.getBlock()->getTerminator()->getOperand(0));
  if (copied && copied.getOwner() == op.getBlock()) {
    unsigned number = copied.getArgNumber();
    if (ElementsAttr result = copy(values[number], type, steps[number]))
      return result;
  }
  return compute(op, type, values, steps);
}
