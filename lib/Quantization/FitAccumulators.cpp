//===- FitAccumulators.cpp - Activations that sums in 32 bits hold --------===//
//
// A sum of products of 16-bit activations can leave 32 bits. Wider accumulators
// cost a multiple of the time, and a bit of the activation next to nothing: its
// range is cut into fewer steps, so that no input makes the sum overflow.
//
//===----------------------------------------------------------------------===//

#include "Selection.h"
#include "WeightSums.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Quantization/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"
#include <cmath>
#include <limits>

namespace mlir::qopt {
#define GEN_PASS_DEF_FITACCUMULATORS
#include "quantopt/Quantization/Passes.h.inc"
} // namespace mlir::qopt

using namespace mlir;
using namespace mlir::qopt;

/// The largest accumulator, less one for the rounding of the bias.
static constexpr double kRoom =
    double(std::numeric_limits<int32_t>::max()) - 1.0;
/// Fewer steps are no better than 8 bits.
static constexpr int64_t kLeastLimit = 255;

/// The observer of `operand`, where it holds 16 bits without a zero point.
static ObserveOp getWide(OpOperand &operand) {
  auto observe = operand.get().getDefiningOp<ObserveOp>();
  if (!observe || !isActivation(operand))
    return {};
  auto type = dyn_cast_or_null<quant::UniformQuantizedType>(
      observe.getType().value_or(quant::QuantizedType()));
  return type && type.getStorageTypeIntegralWidth() == 16 &&
                 type.getZeroPoint() == 0
             ? observe
             : ObserveOp();
}

static quant::UniformQuantizedType getType(ObserveOp op) {
  return cast<quant::UniformQuantizedType>(*op.getType());
}

/// The largest stored magnitude of `type`.
static double getLimit(quant::UniformQuantizedType type) {
  return double(std::max(std::abs(type.getStorageTypeMin()),
                         std::abs(type.getStorageTypeMax())));
}

/// The largest bias in units of the accumulator, with activations of `scale`
/// and weights of `weights`.
static double getLargestBias(QuantizableOpInterface op, double scale,
                             const UniformParams &weights) {
  double largest = 0.0;
  for (OpOperand &operand : op->getOpOperands()) {
    if (op.getOperandKind(operand) != OperandKind::Accumulator)
      continue;
    std::optional<ConstantTensor> bias = getConstantTensor(operand.get());
    if (!bias)
      continue;
    FailureOr<ConstantValues<float>> values = readFloats(bias->values);
    if (succeeded(values))
      for (float value : *values)
        largest = std::max(largest, double(std::fabs(value)));
  }
  return largest / (scale * *llvm::min_element(weights.scales));
}

namespace {
struct FitAccumulators : qopt::impl::FitAccumulatorsBase<FitAccumulators> {
  void runOnOperation() override {
    getOperation().walk([&](QuantizableOpInterface op) {
      if (isInteger(op) && getRole(op) == QuantRole::Contraction)
        fit(op);
    });
  }

  static void fit(QuantizableOpInterface op) {
    SmallVector<ObserveOp> wide;
    OpOperand *weight = nullptr;
    for (OpOperand &operand : op->getOpOperands()) {
      if (ObserveOp observe = getWide(operand))
        wide.push_back(observe);
      if (op.getOperandKind(operand) == OperandKind::Weight)
        weight = &operand;
    }
    if (wide.empty())
      return;
    if (!weight)
      return fitProduct(op, wide);
    auto stored = weight->get().getDefiningOp<DequantizeOp>();
    if (!stored)
      return;
    FailureOr<WeightSums> sums = sumWeights(op, *weight, stored.getInput());
    FailureOr<UniformParams> params = UniformParams::get(stored.getType());
    if (failed(sums) || failed(params))
      return;
    quant::UniformQuantizedType type = getType(wide.front());
    // Fewer steps make the bias smaller in units of the accumulator, too.
    double reach = (double(sums->getReach(type.getStorageTypeMin(),
                                          type.getStorageTypeMax())) +
                    getLargestBias(op, type.getScale(), *params)) /
                   getLimit(type);
    narrow(wide.front(), std::floor(kRoom / reach));
  }

  /// A product of two activations: what one leaves is for the other.
  static void fitProduct(QuantizableOpInterface op, ArrayRef<ObserveOp> wide) {
    auto result = cast<RankedTensorType>(op->getResult(0).getType());
    double depth = double(op.getNumProducts()) /
                   double(std::max<int64_t>(1, result.getNumElements()));
    double other = 1.0;
    for (OpOperand &operand : op->getOpOperands())
      if (auto observe = operand.get().getDefiningOp<ObserveOp>();
          observe && isActivation(operand) && !getWide(operand))
        if (auto type = dyn_cast_or_null<quant::UniformQuantizedType>(
                observe.getType().value_or(quant::QuantizedType())))
          other =
              double(std::max(type.getStorageTypeMax() - type.getZeroPoint(),
                              type.getZeroPoint() - type.getStorageTypeMin()));
    double room = kRoom / (depth * other);
    for (ObserveOp observe : wide)
      narrow(observe, std::floor(wide.size() == 2 ? std::sqrt(room) : room));
  }

  /// Cuts the range of `op`, and of all that it moves into or comes from, into
  /// steps up to `limit` either way; nothing where one of them is given.
  static void narrow(ObserveOp op, double limit) {
    quant::UniformQuantizedType type = getType(op);
    if (getLimit(type) <= limit || limit < double(kLeastLimit))
      return;
    llvm::SetVector<ObserveOp> sharing = getSharing(op);
    if (llvm::any_of(sharing, [](ObserveOp member) {
          return member.getFinal() ||
                 member->hasAttr(QOptDialect::getGivenAttrName());
        }))
      return;
    // Rounded up, so that no value of the range is lost.
    float scale =
        std::nextafter(float(type.getScale() * getLimit(type) / limit),
                       std::numeric_limits<float>::infinity());
    auto most = int64_t(limit);
    // Each side of the range keeps its share, rounded towards zero for the sum.
    auto share = [&](int64_t end) {
      return end * most / int64_t(getLimit(type));
    };
    auto cut = TypeAttr::get(quant::UniformQuantizedType::get(
        type.getFlags(), type.getStorageType(), type.getExpressedType(), scale,
        0, share(type.getStorageTypeMin()), share(type.getStorageTypeMax())));
    for (ObserveOp member : sharing) {
      member.setTypeAttr(cut);
      explain(member, [&] {
        return "cut to " + std::to_string(most) +
               " steps, for which sums in 32 bits have room";
      });
    }
  }

  /// `op` and the observers that movements tie to it: those of its type.
  static llvm::SetVector<ObserveOp> getSharing(ObserveOp op) {
    llvm::SetVector<ObserveOp> sharing;
    sharing.insert(op);
    auto add = [&](ObserveOp other) {
      if (other && other.getType() == op.getType())
        sharing.insert(other);
    };
    for (size_t i = 0; i < sharing.size(); ++i) {
      ObserveOp member = sharing[i];
      Value value = getObserved(member.getResult());
      for (ObserveOp other : getCounting(value))
        add(other);
      if (Operation *producer = value.getDefiningOp(); isMover(producer))
        for (OpOperand &operand : producer->getOpOperands())
          if (isActivation(operand))
            add(operand.get().getDefiningOp<ObserveOp>());
      for (OpOperand *use : getUses(value))
        if (isMover(use->getOwner()))
          for (ObserveOp other : getCounting(use->getOwner()->getResult(0)))
            add(other);
    }
    return sharing;
  }
};
} // namespace
