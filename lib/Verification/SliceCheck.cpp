//===- SliceCheck.cpp - Two functions on all inputs, or on many -----------===//

#include "SliceCheck.h"
#include "Footprint.h"
#include "InputValues.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace mlir::qopt;

namespace {
class SliceChecker {
public:
  SliceChecker(func::FuncOp before, func::FuncOp after,
               const RewriteTolerance &tolerance, uint64_t budget,
               ArrayRef<InputRange> ranges)
      : before(before), after(after), tolerance(tolerance), budget(budget),
        ranges(ranges) {}
  SliceVerdict check();

private:
  /// One side: it runs twice where a conversion may be undefined, with either
  /// legal result.
  struct Side {
    Side(func::FuncOp func)
        : saturate(func, ScalarProgram::OutOfRange::Saturate),
          lowest(func, ScalarProgram::OutOfRange::Lowest) {}
    Interpreter saturate, lowest;
    TensorRef result, other;
    bool isUndefined(size_t i, bool isReal) const {
      return other && !isSame(result->elements[i], other->elements[i], isReal);
    }
  };
  static bool isSame(ScalarValue lhs, ScalarValue rhs, bool isReal) {
    if (!isReal)
      return lhs.integer == rhs.integer;
    return lhs.real == rhs.real ||
           (std::isnan(lhs.real) && std::isnan(rhs.real));
  }

  bool prepare();
  bool runSide(Side &side, ArrayRef<TensorRef> inputs);
  bool runBoth(ArrayRef<TensorRef> inputs);
  double getAllowed() const;
  bool differs(size_t element, double allowed) const;
  std::optional<size_t> compare(function_ref<bool(size_t)> counts);
  bool checkPointwise();
  bool checkSingle();
  bool checkSampled();
  void note(ArrayRef<TensorRef> inputs, std::optional<size_t> found,
            bool isPointwise);
  bool finish();
  void report(SmallVector<TensorRef> inputs, size_t element, bool isPointwise);
  SmallVector<TensorRef> minimize(SmallVector<TensorRef> inputs,
                                  size_t &element);
  std::string formatValue(ScalarValue value, Type type) const;

  func::FuncOp before, after;
  RewriteTolerance tolerance;
  uint64_t budget;
  ArrayRef<InputRange> ranges;
  SliceVerdict verdict;
  std::optional<Side> first, second;
  FunctionFootprint footprint, other;
  SmallVector<Type> inputTypes;
  SmallVector<Domain> domains;
  Type resultType;
  bool isReal = false;
  double unit = 1;
};
} // namespace

static std::string formatIndex(size_t element, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> index(shape.size());
  for (int dim = int(shape.size()) - 1; dim >= 0; --dim) {
    index[dim] = int64_t(element) % shape[dim];
    element /= shape[dim];
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(index, os);
  os << ']';
  return text;
}

std::string SliceChecker::formatValue(ScalarValue value, Type type) const {
  std::string text;
  llvm::raw_string_ostream os(text);
  Type element = getStoredElementType(type);
  if (isa<FloatType>(element))
    os << llvm::format("%.9g", value.real);
  else
    os << value.integer;
  return text;
}

//===----------------------------------------------------------------------===//
// Running and comparing
//===----------------------------------------------------------------------===//

/// What argument `index` of `func` stores where that is part of 16 bits, as
/// qopt-fit-accumulators has it: sums are exact within it alone. Empty
/// elsewhere.
static InputRange getStoredRange(func::FuncOp func, unsigned index) {
  InputRange range;
  for (Operation *user : func.getArgument(index).getUsers())
    if (auto dequantize = dyn_cast<DequantizeOp>(user)) {
      quant::QuantizedType type = dequantize.getType();
      if (type.getStorageTypeIntegralWidth() != 16)
        continue;
      range.low = double(type.getStorageTypeMin());
      range.high = double(type.getStorageTypeMax());
    }
  return range;
}

bool SliceChecker::prepare() {
  resultType = before.getResultTypes()[0];
  inputTypes = llvm::to_vector(before.getArgumentTypes());
  for (Type type : llvm::concat<const Type>(inputTypes, ArrayRef(resultType)))
    if (!isRepresentable(type)) {
      bool isDynamic = isa<RankedTensorType>(type) &&
                       !cast<RankedTensorType>(type).hasStaticShape();
      llvm::raw_string_ostream os(verdict.reason);
      if (isDynamic)
        os << "tensors of dynamic shape cannot be evaluated";
      else if (isa<BaseMemRefType>(type))
        os << "buffers cannot be evaluated";
      else if (isa<VectorType>(type))
        os << "vectors cannot be evaluated";
      else
        os << "values of type " << type << " cannot be evaluated";
      return false;
    }
  if (after.getResultTypes()[0] != resultType) {
    llvm::raw_string_ostream(verdict.reason)
        << "the type has become " << after.getResultTypes()[0];
    return false;
  }
  isReal = isa<FloatType>(getStoredElementType(resultType));
  footprint = getFootprint(before);
  other = getFootprint(after);
  for (quant::QuantizedType type : other.types)
    if (!llvm::is_contained(footprint.types, type))
      footprint.types.push_back(type);
  bool addsFloats = footprint.addsFloats || other.addsFloats;
  if (tolerance.sumsOnly && !addsFloats)
    tolerance.steps = tolerance.relative = 0;
  if (tolerance.perRounding && other.roundings > footprint.roundings)
    tolerance.steps *= other.roundings - footprint.roundings;
  double scale = 0;
  for (quant::QuantizedType type : footprint.types)
    if (FailureOr<UniformParams> params = UniformParams::get(type);
        succeeded(params) && params->storageWidth <= 16)
      scale = std::max(scale, *llvm::max_element(params->scales));
  unit = isReal ? scale : 1;
  DomainOptions options;
  options.types = footprint.types;
  options.withinRange = tolerance.withinRange;
  options.hugeReals =
      !tolerance.withinRange && !addsFloats && tolerance.relative == 0;
  for (auto [index, type] : llvm::enumerate(inputTypes)) {
    domains.push_back(getDomain(type, options));
    if (index < ranges.size())
      restrictDomain(domains.back(), type, ranges[index]);
    restrictDomain(domains.back(), type, getStoredRange(before, index));
  }
  first.emplace(before);
  second.emplace(after);
  return true;
}

bool SliceChecker::runSide(Side &side, ArrayRef<TensorRef> inputs) {
  FailureOr<SmallVector<TensorRef>> results = side.saturate.run(inputs);
  if (succeeded(results)) {
    side.result = results->front();
    side.other = nullptr;
    if (!side.saturate.convertsToInteger())
      return true;
    results = side.lowest.run(inputs);
    if (succeeded(results)) {
      side.other = results->front();
      return true;
    }
  }
  llvm::raw_string_ostream os(verdict.reason);
  if (Operation *op = side.saturate.getUnsupported())
    os << "'" << op->getName() << "' cannot be evaluated";
  else
    os << "an operation cannot be evaluated";
  return false;
}

bool SliceChecker::runBoth(ArrayRef<TensorRef> inputs) {
  return runSide(*first, inputs) && runSide(*second, inputs);
}

/// The largest difference that the tolerance allows in this run.
double SliceChecker::getAllowed() const {
  double allowed = tolerance.steps * unit;
  if (tolerance.relative > 0) {
    double largest = 0;
    for (ScalarValue value : first->result->elements)
      if (double magnitude =
              std::fabs(isReal ? value.real : double(value.integer));
          std::isfinite(magnitude))
        largest = std::max(largest, magnitude);
    allowed = std::max(allowed, tolerance.relative * largest);
  }
  return allowed;
}

bool SliceChecker::differs(size_t i, double allowed) const {
  // Where the program was undefined before, anything is right.
  if (first->isUndefined(i, isReal))
    return false;
  if (second->isUndefined(i, isReal))
    return true;
  ScalarValue left = first->result->elements[i];
  ScalarValue right = second->result->elements[i];
  if (isSame(left, right, isReal))
    return false;
  if (allowed == 0)
    return true;
  if (isReal) {
    // What the bound is for is computed in floats itself.
    double slack =
        0x1p-21 * std::max(std::fabs(left.real), std::fabs(right.real));
    return !(std::fabs(left.real - right.real) <= allowed + slack);
  }
  // Unsigned storage keeps its patterns sign extended: neighbours may wrap.
  auto distance = uint64_t(std::max(left.integer, right.integer)) -
                  uint64_t(std::min(left.integer, right.integer));
  unsigned width =
      getStoredElementType(resultType).isIndex()
          ? 64
          : getStoredElementType(resultType).getIntOrFloatBitWidth();
  if (width <= 16)
    distance = std::min(distance, (uint64_t(1) << width) - distance);
  return double(distance) > allowed;
}

/// Counts the elements that differ; the first of them.
std::optional<size_t> SliceChecker::compare(function_ref<bool(size_t)> counts) {
  std::optional<size_t> found;
  double allowed = getAllowed();
  for (size_t i = 0; i < first->result->elements.size(); ++i) {
    if (!counts(i))
      continue;
    ++verdict.compared;
    if (!differs(i, allowed))
      continue;
    ++verdict.different;
    if (!found)
      found = i;
  }
  return found;
}

/// The first difference is the counterexample.
void SliceChecker::note(ArrayRef<TensorRef> inputs, std::optional<size_t> found,
                        bool isPointwise) {
  if (!found || verdict.kind == SliceVerdict::Different)
    return;
  verdict.kind = SliceVerdict::Different;
  report(llvm::to_vector(inputs), *found, isPointwise);
}

/// All inputs were run.
bool SliceChecker::finish() {
  if (verdict.kind != SliceVerdict::Different)
    verdict.kind = SliceVerdict::Equal;
  return true;
}

//===----------------------------------------------------------------------===//
// Which inputs
//===----------------------------------------------------------------------===//

/// Every element is a function of the elements of inputs at its own index: each
/// group of elements that are the same function takes all combinations.
bool SliceChecker::checkPointwise() {
  if (!footprint.result.isPointwise || !other.result.isPointwise)
    return false;
  llvm::SmallBitVector arguments = footprint.result.arguments;
  arguments |= other.result.arguments;
  double combinations = 1;
  bool isComplete = true;
  for (unsigned index : arguments.set_bits()) {
    combinations *= double(domains[index].values.size());
    isComplete &= domains[index].isComplete;
  }
  constexpr double kMost = 1 << 20;
  if (combinations > kMost || (!isComplete && arguments.count() > 1))
    return false;
  SmallVector<int64_t> shape;
  if (auto shaped = dyn_cast<RankedTensorType>(resultType))
    shape = llvm::to_vector(shaped.getShape());
  for (unsigned index : arguments.set_bits()) {
    auto shaped = dyn_cast<RankedTensorType>(inputTypes[index]);
    if (shaped && shaped.getShape() != ArrayRef<int64_t>(shape))
      return false;
    if (!shaped && !shape.empty())
      return false;
  }
  llvm::SmallBitVector varying = footprint.varying;
  varying |= other.varying;
  int64_t size = 1, group = 1;
  for (auto [dim, extent] : llvm::enumerate(shape)) {
    size *= extent;
    if (!varying.test(dim))
      group *= extent;
  }
  if (size == 0)
    return false;
  auto total = uint64_t(combinations);
  uint64_t runs = llvm::divideCeil(total, uint64_t(group));
  // A proof is worth more time than samples.
  constexpr double kWorth = 8;
  if (double(runs) * (footprint.cost + other.cost) > kWorth * double(budget))
    return false;

  // The rank of each element in its group.
  std::vector<uint64_t> ranks(size);
  SmallVector<int64_t> index(shape.size(), 0);
  for (int64_t i = 0; i < size; ++i) {
    uint64_t rank = 0;
    for (auto [dim, extent] : llvm::enumerate(shape))
      if (!varying.test(dim))
        rank = rank * extent + index[dim];
    ranks[i] = rank;
    for (int dim = int(shape.size()) - 1; dim >= 0; --dim) {
      if (++index[dim] < shape[dim])
        break;
      index[dim] = 0;
    }
  }
  verdict.isExhaustive = isComplete;
  for (uint64_t run = 0; run < runs; ++run) {
    SmallVector<TensorRef> inputs;
    uint64_t divisor = 1;
    for (auto [argument, type] : llvm::enumerate(inputTypes)) {
      auto tensor = std::make_shared<Tensor>();
      if (auto shaped = dyn_cast<RankedTensorType>(type))
        tensor->shape = llvm::to_vector(shaped.getShape());
      const std::vector<ScalarValue> &values = domains[argument].values;
      if (!arguments.test(argument)) {
        int64_t count = 1;
        for (int64_t extent : tensor->shape)
          count *= extent;
        tensor->elements.assign(count, values.front());
      } else {
        for (uint64_t rank : ranks)
          tensor->elements.push_back(
              values[((run * group + rank) % total) / divisor % values.size()]);
        divisor *= values.size();
      }
      inputs.push_back(tensor);
    }
    if (!runBoth(inputs))
      return true;
    // The last run may begin again: that counts once.
    std::optional<size_t> found =
        compare([&](size_t i) { return run * group + ranks[i] < total; });
    note(inputs, found, /*isPointwise=*/true);
  }
  return finish();
}

/// Every element is a function of one element of one input, wherever that lies:
/// all elements take all values.
bool SliceChecker::checkSingle() {
  if (footprint.result.elements > 1 || other.result.elements > 1)
    return false;
  uint64_t runs = 1;
  for (const Domain &domain : domains) {
    if (!domain.isComplete)
      return false;
    runs = std::max<uint64_t>(runs, domain.values.size());
  }
  if (double(runs) * (footprint.cost + other.cost) > 8 * double(budget))
    return false;
  verdict.isExhaustive = true;
  for (uint64_t run = 0; run < runs; ++run) {
    SmallVector<TensorRef> inputs;
    for (auto [type, domain] : llvm::zip_equal(inputTypes, domains)) {
      auto tensor = std::make_shared<Tensor>();
      int64_t size = 1;
      if (auto shaped = dyn_cast<RankedTensorType>(type)) {
        tensor->shape = llvm::to_vector(shaped.getShape());
        size = shaped.getNumElements();
      }
      // Neighbours differ, so that a wrong place is seen.
      for (int64_t i = 0; i < size; ++i)
        tensor->elements.push_back(
            domain.values[(run + uint64_t(i) * 37) % domain.values.size()]);
      inputs.push_back(tensor);
    }
    if (!runBoth(inputs))
      return true;
    std::optional<size_t> found = compare([](size_t) { return true; });
    note(inputs, found, /*isPointwise=*/false);
  }
  return finish();
}

bool SliceChecker::checkSampled() {
  double cost = std::max(1.0, footprint.cost + other.cost);
  constexpr double kFewest = 6, kMost = 2048;
  auto runs =
      uint64_t(std::min(kMost, std::max(kFewest, double(budget) / 8 / cost)));
  // Without inputs there is nothing to vary.
  if (inputTypes.empty())
    runs = 1;
  verdict.isExhaustive = inputTypes.empty();
  std::mt19937_64 random(0x2545F4914F6CDD1D);
  for (uint64_t run = 0; run < runs; ++run) {
    SmallVector<TensorRef> inputs;
    for (auto [type, domain] : llvm::zip_equal(inputTypes, domains))
      inputs.push_back(sampleTensor(type, domain, run, random));
    if (!runBoth(inputs))
      return true;
    std::optional<size_t> found = compare([](size_t) { return true; });
    note(inputs, found, /*isPointwise=*/false);
  }
  return finish();
}

//===----------------------------------------------------------------------===//
// Counterexamples
//===----------------------------------------------------------------------===//

/// Sets as many elements of the inputs to zero as possible.
SmallVector<TensorRef> SliceChecker::minimize(SmallVector<TensorRef> inputs,
                                              size_t &element) {
  constexpr unsigned kTries = 200;
  double spent = 0;
  unsigned tries = 0;
  auto stillDiffers = [&](ArrayRef<TensorRef> candidate) {
    ++tries;
    spent += footprint.cost + other.cost;
    if (!runBoth(candidate))
      return false;
    double allowed = getAllowed();
    for (size_t i = 0; i < first->result->elements.size(); ++i)
      if (differs(i, allowed)) {
        element = i;
        return true;
      }
    return false;
  };
  for (unsigned k = 0; k < inputs.size(); ++k) {
    size_t size = inputs[k]->elements.size();
    ScalarValue zero = domains[k].values.front();
    for (size_t chunk = size; chunk > 0; chunk /= 2)
      for (size_t at = 0; at < size; at += chunk) {
        if (tries >= kTries || spent > double(budget))
          return inputs;
        auto tensor = std::make_shared<Tensor>(*inputs[k]);
        size_t count = std::min(chunk, size - at);
        bool isZero = true;
        for (size_t i = at; i < at + count; ++i) {
          isZero &= isSame(tensor->elements[i], zero, domains[k].isReal);
          tensor->elements[i] = zero;
        }
        if (isZero)
          continue;
        SmallVector<TensorRef> candidate = inputs;
        candidate[k] = tensor;
        if (stillDiffers(candidate))
          inputs = candidate;
      }
  }
  return inputs;
}

void SliceChecker::report(SmallVector<TensorRef> inputs, size_t element,
                          bool isPointwise) {
  SliceVerdict counts = verdict;
  if (!isPointwise) {
    size_t found = element;
    inputs = minimize(inputs, found);
    // The last candidate need not have been one that differs.
    if (runBoth(inputs)) {
      double allowed = getAllowed();
      for (size_t i = 0; i < first->result->elements.size(); ++i)
        if (differs(i, allowed)) {
          element = i;
          break;
        }
    }
  }
  verdict = counts;
  llvm::raw_string_ostream os(verdict.inputs);
  for (auto [k, input] : llvm::enumerate(inputs)) {
    if (k)
      os << ", ";
    os << "%arg" << k;
    if (isPointwise) {
      size_t at = std::min(element, input->elements.size() - 1);
      os << (input->shape.empty() ? "" : formatIndex(at, input->shape)) << " = "
         << formatValue(input->elements[at], inputTypes[k]);
      continue;
    }
    ScalarValue zero = domains[k].values.front();
    constexpr unsigned kShown = 8;
    unsigned shown = 0;
    os << " = " << formatValue(zero, inputTypes[k]);
    for (auto [i, value] : llvm::enumerate(input->elements)) {
      if (isSame(value, zero, domains[k].isReal))
        continue;
      if (++shown > kShown) {
        os << ", ...";
        break;
      }
      os << (shown == 1 ? " but for " : ", ") << formatIndex(i, input->shape)
         << " = " << formatValue(value, inputTypes[k]);
    }
  }
  verdict.element = first->result->shape.empty()
                        ? std::string()
                        : formatIndex(element, first->result->shape);
  verdict.isUndefined = second->isUndefined(element, isReal);
  verdict.resultBefore =
      formatValue(first->result->elements[element], resultType);
  verdict.resultAfter =
      formatValue(second->result->elements[element], resultType);
  if (verdict.isUndefined)
    verdict.resultAfter +=
        " or " + formatValue(second->other->elements[element], resultType);
}

SliceVerdict SliceChecker::check() {
  if (!prepare())
    return verdict;
  if (!checkPointwise() && !checkSingle())
    checkSampled();
  return verdict;
}

SliceVerdict mlir::qopt::checkSlice(func::FuncOp before, func::FuncOp after,
                                    const RewriteTolerance &tolerance,
                                    uint64_t budget,
                                    ArrayRef<InputRange> ranges) {
  return SliceChecker(before, after, tolerance, budget, ranges).check();
}
