//===- InputValues.cpp - What the elements of an input may be -------------===//

#include "InputValues.h"
#include "Footprint.h"
#include "quantopt/Dialect/QOpt/IR/QOpt.h"

#include <cmath>
#include <map>

using namespace mlir;
using namespace mlir::qopt;

static constexpr uint64_t kSeed = 0x9E3779B97F4A7C15;

/// A number in [0, 1). The library's distributions differ between platforms.
static double uniform(std::mt19937_64 &random) {
  return double(random() >> 11) * 0x1p-53;
}

static Domain getIntegers(unsigned width) {
  Domain domain;
  auto add = [&](int64_t value) {
    ScalarValue scalar;
    scalar.integer = width == 1   ? value & 1
                     : width < 64 ? llvm::SignExtend64(uint64_t(value), width)
                                  : value;
    domain.values.push_back(scalar);
  };
  constexpr unsigned kAll = 16;
  if (width <= kAll) {
    domain.isComplete = true;
    // Zero first, then up and around.
    for (int64_t value = 0; value < int64_t(1) << width; ++value)
      add(value);
    return domain;
  }
  add(0);
  for (unsigned power = 0; power < width; ++power)
    for (int64_t off : {-1, 0, 1}) {
      auto value = int64_t(uint64_t(1) << power);
      add(int64_t(uint64_t(value) + uint64_t(off)));
      add(int64_t(-uint64_t(value) + uint64_t(off)));
    }
  std::mt19937_64 random(kSeed);
  for (unsigned i = 0; i < 3072; ++i)
    add(int64_t(random()) >> (64 - width + random() % width));
  // Accumulators and their neighbourhood.
  for (int64_t value = -512; value <= 512; ++value)
    add(value);
  return domain;
}

static Domain getReals(Type type, const DomainOptions &options) {
  Domain domain;
  domain.isReal = true;
  double least = -std::numeric_limits<double>::infinity(), most = -least;
  double widest = 0;
  SmallVector<double> points = {0.0, 1.0, -1.0, 0.5, -0.5, 6.0, 1e-3, -1e-3};
  for (quant::QuantizedType quantized : options.types) {
    FailureOr<UniformParams> params = UniformParams::get(quantized);
    if (failed(params) || params->storageWidth > 16)
      continue;
    constexpr size_t kChannels = 4;
    for (size_t c = 0; c < params->scales.size(); ++c) {
      double scale = params->scales[c];
      int64_t zero = params->zeroPoints[c];
      double low = double(params->storageMin - zero) * scale;
      double high = double(params->storageMax - zero) * scale;
      least = std::max(least, low);
      most = std::min(most, high);
      widest = std::max({widest, -low, high});
      if (c >= kChannels)
        continue;
      int64_t from = params->storageMin - 2, to = params->storageMax + 2;
      int64_t step = std::max<int64_t>(1, (to - from) / 512);
      for (int64_t q = from; q <= to; q += step) {
        // All in f32, as the conversions are.
        auto center = float(q - zero) * float(scale);
        float tie = (float(q - zero) + 0.5f) * float(scale);
        points.append({center, tie, std::nextafter(tie, -INFINITY),
                       std::nextafter(tie, INFINITY)});
      }
    }
  }
  std::mt19937_64 random(kSeed);
  double reach = widest > 0 ? 1.25 * widest : 4.0;
  for (unsigned i = 0; i < 1024; ++i)
    points.push_back((2 * uniform(random) - 1) * reach);
  for (unsigned i = 0; i < 256; ++i)
    points.push_back(std::ldexp(uniform(random) < 0.5 ? -1.0 : 1.0,
                                int(random() % 32) - 24) *
                     (1 + uniform(random)));
  if (options.hugeReals)
    points.append({1e6, -1e6, 1e10, -1e10, 3e30, -3e30, 1e-40, -1e-40});
  for (double point : points) {
    if (options.withinRange && widest > 0 && !(point >= least && point <= most))
      continue;
    if (std::optional<ScalarValue> value =
            getScalarValue(getScalarAttr(ScalarValue{point}, type)))
      if (std::isfinite(value->real))
        domain.values.push_back(*value);
  }
  return domain;
}

Domain mlir::qopt::getDomain(Type type, const DomainOptions &options) {
  Type element = getStoredElementType(type);
  if (isa<FloatType>(element))
    return getReals(element, options);
  return getIntegers(element.isIndex() ? 64 : element.getIntOrFloatBitWidth());
}

TensorRef mlir::qopt::sampleTensor(Type type, const Domain &domain,
                                   uint64_t run, std::mt19937_64 &random) {
  auto tensor = std::make_shared<Tensor>();
  size_t size = 1;
  if (auto shaped = dyn_cast<RankedTensorType>(type)) {
    tensor->shape = llvm::to_vector(shaped.getShape());
    size = shaped.getNumElements();
  }
  ArrayRef<ScalarValue> values = domain.values;
  auto isLess = [&](ScalarValue lhs, ScalarValue rhs) {
    return domain.isReal ? lhs.real < rhs.real : lhs.integer < rhs.integer;
  };
  ScalarValue zero = values.front();
  ScalarValue low = *llvm::min_element(values, isLess);
  ScalarValue high = *llvm::max_element(values, isLess);
  auto any = [&] { return values[random() % values.size()]; };
  ScalarValue base = any();
  tensor->elements.resize(size, zero);
  for (auto [i, element] : llvm::enumerate(tensor->elements)) {
    if (run < 4) {
      element = run == 0   ? zero
                : run == 1 ? high
                : run == 2 ? low
                           : (i % 2 ? low : high);
      continue;
    }
    switch (run % 4) {
    case 0:
      element = any();
      break;
    case 1: // the same everywhere
      element = base;
      break;
    case 2: // next to each other, where sums and averages have their ties
      element = base;
      if (domain.isReal) {
        ScalarValue near;
        near.real = base.real * (1 + (int64_t(random() % 5) - 2) * 0.0625);
        near = *getScalarValue(getScalarAttr(near, getStoredElementType(type)));
        element.real = std::min(std::max(near.real, low.real), high.real);
      } else if (base.integer < high.integer - 2 &&
                 base.integer > low.integer + 2)
        element.integer = base.integer + int64_t(random() % 5) - 2;
      break;
    case 3: // few that are not zero
      element = random() % 8 ? zero : any();
      break;
    }
  }
  return tensor;
}

void mlir::qopt::restrictDomain(Domain &domain, Type type,
                                const InputRange &range) {
  if (!(range.low <= range.high))
    return;
  Type element = getStoredElementType(type);
  auto number = [&](ScalarValue value) {
    return domain.isReal ? value.real : double(value.integer);
  };
  if (!range.values.empty()) {
    domain.isComplete = false;
    domain.values.clear();
    for (double known : range.values) {
      ScalarValue value;
      if (domain.isReal)
        value.real = known;
      else
        value.integer = int64_t(known);
      domain.values.push_back(value);
    }
    return;
  }
  size_t size = domain.values.size();
  llvm::erase_if(domain.values, [&](ScalarValue value) {
    return number(value) < range.low || number(value) > range.high;
  });
  domain.isComplete &= domain.values.size() == size;
  for (double end : {range.low, range.high}) {
    ScalarValue value;
    if (domain.isReal)
      value.real = end;
    else
      value.integer = int64_t(end);
    domain.values.push_back(*getScalarValue(getScalarAttr(value, element)));
  }
  // Numbers all over it.
  for (int i = 1; i < 512; ++i) {
    double inner = range.low + (range.high - range.low) * i / 512;
    ScalarValue value;
    if (domain.isReal)
      value.real = inner;
    else
      value.integer = int64_t(inner);
    domain.values.push_back(*getScalarValue(getScalarAttr(value, element)));
  }
}

FailureOr<SmallVector<InputRange>>
mlir::qopt::getResultRanges(func::FuncOp func, uint64_t budget) {
  FunctionFootprint footprint = getFootprint(func);
  SmallVector<Domain> domains;
  DomainOptions options;
  options.types = footprint.types;
  for (Type type : func.getArgumentTypes()) {
    if (!isRepresentable(type))
      return failure();
    domains.push_back(getDomain(type, options));
  }
  SmallVector<InputRange> ranges(func.getNumResults());
  SmallVector<std::map<double, uint64_t>> seen(func.getNumResults());
  constexpr size_t kFew = 1024;
  Interpreter interpreter(func, ScalarProgram::OutOfRange::Saturate);
  std::mt19937_64 random(0x9E3779B97F4A7C15);
  double runs =
      std::min(256.0, std::max(6.0, double(budget) / 8 / (footprint.cost + 1)));
  for (uint64_t run = 0; run < uint64_t(runs); ++run) {
    SmallVector<TensorRef> inputs;
    for (auto [type, domain] :
         llvm::zip_equal(func.getArgumentTypes(), domains))
      inputs.push_back(sampleTensor(type, domain, run, random));
    FailureOr<SmallVector<TensorRef>> results = interpreter.run(inputs);
    if (failed(results))
      return failure();
    for (auto [range, counts, tensor, type] :
         llvm::zip_equal(ranges, seen, *results, func.getResultTypes())) {
      bool isReal = isa<FloatType>(getStoredElementType(type));
      for (ScalarValue element : tensor->elements) {
        double value = isReal ? element.real : double(element.integer);
        if (!std::isfinite(value))
          continue;
        range.low = std::min(range.low, value);
        range.high = std::max(range.high, value);
        if (counts.size() <= kFew)
          ++counts[value];
      }
    }
  }
  for (auto [range, counts] : llvm::zip_equal(ranges, seen)) {
    // Values that are stored integers, in the end: hardly one was seen once.
    size_t rare = llvm::count_if(
        counts, [](const auto &count) { return count.second == 1; });
    if (counts.size() <= kFew && rare * 8 <= counts.size())
      for (auto [value, count] : counts)
        range.values.push_back(value);
    // Samples do not reach the ends.
    range.low *= range.low < 0 ? 2 : 0.5;
    range.high *= range.high > 0 ? 2 : 0.5;
  }
  return ranges;
}
