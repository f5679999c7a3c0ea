//===- MappedTypes.h - Quantized types and map entries ----------*- C++ -*-===//

#ifndef QUANTOPT_ANALYSIS_MAPPEDTYPES_H
#define QUANTOPT_ANALYSIS_MAPPEDTYPES_H

#include "quantopt/Dialect/QOpt/IR/QOpt.h"
#include "quantopt/Support/QuantizationMap.h"

namespace mlir::qopt {

/// What a quantization map says of `type`; scales are rounded to f32. Nothing
/// for types that a map does not hold: those of blocks, those with zero points
/// along an axis, and storage other than i8, u8 and i16.
std::optional<quantopt::MappedParams>
getMappedParams(quant::QuantizedType type);

/// The type that `params` describe for values of type `expressed`; null, and an
/// error by `emitError`, where there is none: a scale that f16 does not hold.
quant::QuantizedType
getMappedType(const quantopt::MappedParams &params, Type expressed,
              llvm::function_ref<InFlightDiagnostic()> emitError);

} // namespace mlir::qopt

#endif // QUANTOPT_ANALYSIS_MAPPEDTYPES_H
