//===- MappedTypes.cpp - Quantized types and map entries ------------------===//

#include "quantopt/Analysis/MappedTypes.h"

using namespace mlir;
using namespace mlir::qopt;

std::optional<quantopt::MappedParams>
mlir::qopt::getMappedParams(quant::QuantizedType type) {
  FailureOr<UniformParams> uniform = UniformParams::get(type);
  if (failed(uniform) || uniform->scales.empty() ||
      !(uniform->storageWidth == 8 ||
        (uniform->storageWidth == 16 && uniform->isSigned)) ||
      (uniform->axis &&
       llvm::any_of(uniform->zeroPoints, [](int64_t z) { return z != 0; })))
    return std::nullopt;
  quantopt::MappedParams params;
  params.bits = uniform->storageWidth;
  params.isSigned = uniform->isSigned;
  params.qmin = uniform->storageMin;
  params.qmax = uniform->storageMax;
  for (double scale : uniform->scales)
    params.scales.push_back(double(float(scale)));
  params.zeroPoints.assign(uniform->zeroPoints.begin(),
                           uniform->zeroPoints.end());
  params.axis = uniform->axis;
  return params;
}

quant::QuantizedType
mlir::qopt::getMappedType(const quantopt::MappedParams &params, Type expressed,
                          llvm::function_ref<InFlightDiagnostic()> emitError) {
  unsigned flags = params.isSigned ? quant::QuantizationFlags::Signed : 0;
  Type storage = IntegerType::get(expressed.getContext(), params.bits);
  if (params.axis)
    return quant::UniformQuantizedPerAxisType::getChecked(
        emitError, flags, storage, expressed, params.scales, params.zeroPoints,
        int32_t(*params.axis), params.qmin, params.qmax);
  return quant::UniformQuantizedType::getChecked(
      emitError, flags, storage, expressed, params.scales[0],
      params.zeroPoints[0], params.qmin, params.qmax);
}
