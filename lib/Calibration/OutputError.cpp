//===- OutputError.cpp - What rounding a value does to its users ----------===//

#include "OutputError.h"
#include "quantopt/Analysis/ConstantTensor.h"
#include "quantopt/Interfaces/QuantizableOpInterface.h"
#include "quantopt/Support/QuantArrays.h"
#include "quantopt/Support/RangeEstimator.h"

#include <cmath>

using namespace mlir;
using namespace mlir::qopt;

/// The variance of the finite values.
static double getVariance(const quantopt::Histogram &histogram) {
  double sum = 0.0, squares = 0.0, count = double(histogram.finite());
  for (const quantopt::HistogramBin &bin : histogram.bins()) {
    sum += bin.representative * double(bin.count);
    squares += bin.representative * bin.representative * double(bin.count);
  }
  if (count == 0.0)
    return 0.0;
  double mean = sum / count;
  return std::max(0.0, squares / count - mean * mean);
}

/// The sum of squared weights behind one result element, on average over output
/// channels.
static std::optional<double> getWeightGain(QuantizableOpInterface op) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (op.getOperandKind(operand) != OperandKind::Weight)
      continue;
    Value weight = operand.get();
    double scale = 1.0;
    ElementsAttr values;
    if (auto given = weight.getDefiningOp<DequantizeOp>()) {
      FailureOr<UniformParams> params = UniformParams::get(given.getType());
      if (failed(params) || params->isPerAxis())
        return std::nullopt;
      scale = params->scales[0];
      weight = given.getInput();
    }
    std::optional<ConstantTensor> constant = getConstantTensor(weight);
    if (!constant || !constant->map.isIdentity())
      return std::nullopt;
    double squares = 0.0;
    if (isa<FloatType>(constant->values.getElementType())) {
      FailureOr<ConstantValues<float>> floats = readFloats(constant->values);
      if (failed(floats))
        return std::nullopt;
      squares = quantopt::sumOfSquares(floats->begin(), floats->size());
    } else {
      FailureOr<ConstantValues<int8_t>> bytes = readBytes(constant->values);
      if (failed(bytes))
        return std::nullopt;
      int64_t sum = 0;
      for (int8_t value : *bytes)
        sum += int32_t(value) * int32_t(value);
      squares = double(sum);
    }
    std::optional<int64_t> axis = op.getWeightChannelDim(operand);
    double channels =
        axis ? double(cast<ShapedType>(weight.getType()).getDimSize(*axis))
             : 1.0;
    return squares * scale * scale / channels;
  }
  return std::nullopt;
}

std::optional<double>
mlir::qopt::getOutputSQNR(ObserveOp op, const quantopt::CalibrationTable &table,
                          const quantopt::QuantParams &params) {
  const quantopt::CalibrationRecord *record = table.lookup(op.getId());
  if (!record)
    return std::nullopt;
  double noise = quantopt::quantizationMse(record->histogram, params);
  std::optional<double> worst;
  SmallVector<Value> worklist = {op.getResult()};
  while (!worklist.empty()) {
    Value value = worklist.pop_back_val();
    for (Operation *user : value.getUsers()) {
      auto quantizable = dyn_cast<QuantizableOpInterface>(user);
      if (!quantizable)
        continue;
      if (quantizable.getQuantRole() == QuantRole::SameScale) {
        worklist.push_back(user->getResult(0));
        continue;
      }
      if (quantizable.getQuantRole() != QuantRole::Contraction)
        continue;
      std::optional<double> gain = getWeightGain(quantizable);
      for (Operation *observer : user->getResult(0).getUsers()) {
        auto output = dyn_cast<ObserveOp>(observer);
        const quantopt::CalibrationRecord *seen =
            output ? table.lookup(output.getId()) : nullptr;
        if (!gain || !seen || !(noise * *gain > 0.0))
          continue;
        double ratio =
            10.0 * std::log10(getVariance(seen->histogram) / (noise * *gain));
        worst = std::min(worst.value_or(ratio), ratio);
      }
    }
  }
  return worst;
}
