//===- StoredWeights.cpp - Weights of contractions in float ---------------===//

#include "StoredWeights.h"
#include "quantopt/Support/QuantArrays.h"
#include "quantopt/Support/RangeEstimator.h"
#include "quantopt/Support/ShortFloats.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Threading.h"

#include <atomic>
#include <cfloat>
#include <cmath>

using namespace mlir;
using namespace mlir::qopt;

double mlir::qopt::chooseSymmetricScale(ArrayRef<float> values, int64_t limit,
                                        bool byMse) {
  float largest = quantopt::largestMagnitude(values.data(), values.size());
  if (std::isinf(largest))
    return largest;
  if (double(largest) / double(limit) < double(FLT_MIN))
    return 0.0;
  std::optional<quantopt::QuantParams> params =
      byMse ? quantopt::chooseSymmetricByMse(values.data(), values.size(), 1,
                                             -limit, limit)
            : quantopt::chooseSymmetricInRange(largest, -limit, limit);
  return params ? params->scale : INFINITY;
}

double mlir::qopt::chooseNibbleScale(ArrayRef<float> values, bool byMse) {
  constexpr int64_t kLow = -8, kHigh = 7;
  // Zeros, next to them, and what is not finite.
  const double symmetric = chooseSymmetricScale(values, kHigh, /*byMse=*/false);
  if (symmetric == 0.0 || std::isinf(symmetric))
    return symmetric;
  if (!byMse) {
    float largest = 0.0f;
    for (float value : values)
      if (std::fabs(value) > std::fabs(largest))
        largest = value;
    return double(largest) / double(kLow);
  }
  std::vector<float> negated(values.size());
  for (auto [to, value] : llvm::zip_equal(negated, values))
    to = -value;
  auto search = [&](ArrayRef<float> data) {
    return *quantopt::chooseSymmetricByMse(data.data(), data.size(), 1, kLow,
                                           kHigh);
  };
  auto error = [](ArrayRef<float> data, const quantopt::QuantParams &params) {
    return quantopt::sumOfSquaredErrors(data.data(), data.size(), params);
  };
  const quantopt::QuantParams up = search(values), down = search(negated);
  return error(values, up) <= error(negated, down) ? up.scale : -down.scale;
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

static RankedTensorType getScalesType(RankedTensorType type, int64_t axis,
                                      int64_t size) {
  SmallVector<int64_t> shape(type.getShape());
  shape[axis] = llvm::divideCeil(shape[axis], size);
  return RankedTensorType::get(shape, type.getElementType());
}

GroupedWeights::GroupedWeights(RankedTensorType type, int64_t axis,
                               int64_t size)
    : type(type), axis(axis), size(size),
      groups(llvm::divideCeil(type.getDimSize(axis), size)),
      stored(type.clone(IntegerType::get(type.getContext(), 8))),
      scales(getScalesType(type, axis, size)) {
  for (int64_t extent : type.getShape().take_front(axis))
    outer *= extent;
  for (int64_t extent : type.getShape().drop_front(axis + 1))
    inner *= extent;
}

bool GroupedWeights::quantize(
    ArrayRef<float> values, int64_t qmin, int64_t qmax,
    llvm::function_ref<double(ArrayRef<float>)> chooseScale) {
  MutableArrayRef<int8_t> to = stored.getMutableData<int8_t>();
  MutableArrayRef<float> ofGroups = scales.getMutableData<float>();
  const int64_t extent = type.getDimSize(axis);
  std::atomic<bool> isGood = true;
  mlir::parallelFor(type.getContext(), 0, outer * groups, [&](size_t number) {
    const int64_t first = int64_t(number) % groups * size;
    const int64_t count = std::min(size, extent - first);
    const int64_t begin = (int64_t(number) / groups * extent + first) * inner;
    std::vector<float> group(count);
    std::vector<int8_t> integers(count);
    for (int64_t i = 0; i < inner; ++i) {
      for (int64_t k = 0; k < count; ++k)
        group[k] = values[begin + k * inner + i];
      double scale = chooseScale(group);
      if (std::isinf(scale))
        isGood = false;
      // A group of zeros stores zeros at any scale.
      float narrow = scale == 0.0 ? 1.0f : float(scale);
      ofGroups[int64_t(number) * inner + i] = narrow;
      quantopt::quantizeSymmetric(group.data(), count, &narrow,
                                  /*perElement=*/false, qmin, qmax,
                                  integers.data());
      for (int64_t k = 0; k < count; ++k)
        to[begin + k * inner + i] = integers[k];
    }
  });
  return isGood;
}

Value GroupedWeights::finish(OpOperand &operand, StringRef name) && {
  OpBuilder builder(operand.getOwner());
  Location loc = operand.get().getLoc();
  auto makeConstant = [&](ConstantBuilder values, const Twine &name) -> Value {
    return arith::ConstantOp::create(
        builder, loc, cast<TypedAttr>(std::move(values).finish(name.str())));
  };
  Value codes = makeConstant(std::move(stored), name);
  Value factors = makeConstant(std::move(scales), name + ".scales");
  return DequantizeGroupsOp::create(builder, loc, type, codes, factors,
                                    builder.getI64IntegerAttr(axis),
                                    builder.getI64IntegerAttr(size));
}

//===----------------------------------------------------------------------===//
// Shorter floats
//===----------------------------------------------------------------------===//

Value mlir::qopt::storeShortFloats(Operation *op, OpBuilder &builder,
                                   Location loc, RankedTensorType type,
                                   ArrayRef<float> values, WeightFormat format,
                                   StringRef name, StringRef what) {
  const bool isBFloat = format == WeightFormat::BFloat16;
  FloatType element = isBFloat ? FloatType(builder.getBF16Type())
                               : FloatType(builder.getF16Type());
  const size_t count = values.size();
  ConstantBuilder stored(type.clone(element));
  MutableArrayRef<uint16_t> to = stored.getMutableData<uint16_t>();
  constexpr size_t kBlock = 1 << 16;
  std::atomic<size_t> overflows = 0;
  mlir::parallelFor(
      op->getContext(), 0, llvm::divideCeil(count, kBlock), [&](size_t block) {
        size_t lost = 0;
        for (size_t i = block * kBlock,
                    end = std::min(count, (block + 1) * kBlock);
             i < end; ++i) {
          const float value = values[i];
          const uint16_t bits = isBFloat ? quantopt::roundToBFloat16(value)
                                         : quantopt::roundToFloat16(value);
          lost += (bits & 0x7FFF) == (isBFloat ? 0x7F80 : 0x7C00);
          to[i] = bits;
        }
        overflows += lost;
      });
  if (overflows > 0)
    op->emitWarning() << overflows.load() << " of " << count << " " << what
                      << " lie beyond the range of " << element
                      << " and become infinite; take "
                      << (isBFloat ? "'format: int8'" : "'format: bfloat16'");
  return arith::ConstantOp::create(
      builder, loc, cast<TypedAttr>(std::move(stored).finish(name.str())));
}

Value mlir::qopt::downcastWeights(Operation *op, OpOperand &operand,
                                  ArrayRef<float> values, WeightFormat format,
                                  StringRef name) {
  OpBuilder builder(op);
  Location loc = operand.get().getLoc();
  auto type = cast<RankedTensorType>(operand.get().getType());
  Value constant =
      storeShortFloats(op, builder, loc, type, values, format, name, "weights");
  Value empty = tensor::EmptyOp::create(builder, loc, type.getShape(),
                                        type.getElementType());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  SmallVector<utils::IteratorType> iterators(type.getRank(),
                                             utils::IteratorType::parallel);
  return linalg::GenericOp::create(
             builder, loc, type, constant, empty,
             ArrayRef<AffineMap>{identity, identity}, iterators,
             [&](OpBuilder &b, Location loc, ValueRange arguments) {
               linalg::YieldOp::create(
                   b, loc,
                   arith::ExtFOp::create(b, loc, type.getElementType(),
                                         arguments[0])
                       .getResult());
             })
      .getResult(0);
}
